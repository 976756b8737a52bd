"""What the official client of the first line does, as most published frameworks use it."""

import asyncio
import json
import os
import sys

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def ask(address: str, account: str, *calls: tuple[str, dict]) -> list:
    """Introduce ourselves, list the tools and call some; what went wrong is text."""
    headers = {
        "authorization": f"Bearer {os.environ['JACKFIELD_API_KEY']}",
        "x-account-id": account,
    }
    said: list = []
    try:
        async with (
            streamablehttp_client(address, headers=headers) as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            said.append(len((await session.list_tools()).tools))
            for name, arguments in calls:
                said.append((await session.call_tool(name, arguments)).model_dump(mode="json"))
    except* Exception as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        said.append(f"{type(error).__name__}: {error}")
    return said


async def main(url: str, account: str) -> None:
    read = ("iterable_get_user_by_email", {"query": {"email": "avery.abbott@example.com"}})
    write = ("iterable_create_list", {"body": {"name": "Made by a client"}})
    refused = ("iterable_get_list_size", {"path": {"listId": 999_999}})
    address = f"{url}/mcp"
    said = {
        "calls": await ask(address, account, read, write, refused),
        "slash": await ask(f"{address}/", account),
        "two": await ask(f"{address}?tool-mode=search_execute", account),
        "flat": await ask(f"{address}?param-style=flat_smart", account),
        "unknown account": await ask(address, "acc_0"),
    }
    print(json.dumps(said))


asyncio.run(main(*sys.argv[1:]))
