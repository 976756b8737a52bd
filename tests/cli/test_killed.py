"""What is left of a write when the hub is killed in the middle of it."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from jackfield.client import AsyncHub
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.clients.conftest import link
from tests.support.clock import FrozenClock
from tests.support.forked import Forked, start
from tests.support.running import PATIENCE, US, running_hub
from tests.support.scripted import Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ORDER = {"action": "iterable_create_list", "body": {"name": "VIP"}}


@contextlib.asynccontextmanager
async def serving(data_dir: Path, provider: str) -> AsyncGenerator[tuple[str, Forked]]:
    """Serve a hub in a process of its own; yield its URL and the process."""
    process = await start(
        *("serve", "--port", "0"),
        DATA_DIR=str(data_dir),
        PROVIDER_REWRITE=f"{US}={provider}",
        LOG_LEVEL="error",
    )
    said = await asyncio.wait_for(process.stderr.readline(), PATIENCE)
    url = re.search(r"listens on (http://\S+)", json.loads(said)["event"])
    assert url is not None, said
    try:
        yield url[1], process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def test_a_write_that_was_killed_is_not_done_again_but_said_to_be_unknown(
    data_dir: Path, jackfield: Command, sandbox: Sandbox
) -> None:
    asked = asyncio.Event()
    orders: list[Seen] = []

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        if seen.line.startswith("POST /api/lists"):
            orders.append(seen)
            asked.set()
            await asyncio.Event().wait()
        await reply('{"channels": [], "lists": []}')(writer, seen)

    key = (await jackfield("keys", "create", "--name", "killed", "--json")).json["key"]
    async with scripted(answer) as provider:
        async with serving(data_dir, provider.url) as (url, process):
            async with AsyncHub(url, key) as client:
                account = await link(client, "k" * 32)
            headers = {"x-account-id": account, "idempotency-key": "once"}
            async with httpx2.AsyncClient(base_url=url, auth=(key, "")) as api:
                order = asyncio.create_task(api.post("/actions/rpc", json=ORDER, headers=headers))
                await asyncio.wait_for(asked.wait(), PATIENCE)
                process.kill()
                with pytest.raises(httpx2.TransportError):
                    await order
        clock = FrozenClock(datetime.now(UTC) + timedelta(minutes=3))  # noqa: TID251 - the killed hub's time was the real one
        async with running_hub(
            sandbox, data_dir=data_dir, clock=clock, provider=provider.url
        ) as hub:
            after = await hub.api.post("/actions/rpc", json=ORDER, headers=headers, auth=(key, ""))

    assert (after.status_code, after.json()["code"]) == (409, "unknown")
    assert len(orders) == 1
