"""The official MCP client, over HTTP and standard input and output, in each era of the protocol."""

import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import mcp_types
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.clients.conftest import FOLDER, Run, Served

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

NEWEST = mcp_types.version.KNOWN_PROTOCOL_VERSIONS[-1]


async def over_http(stack: AsyncExitStack, served: Served, query: str = "") -> Any:
    headers = {"x-account-id": served.account, "authorization": f"Bearer {served.key}"}
    http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers))
    return streamable_http_client(f"{served.url}/mcp{query}", http_client=http)


def over_stdio(served: Served, *options: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "jackfield", "mcp", "--account", served.account, *options],
        env={"JACKFIELD_URL": served.url, "JACKFIELD_API_KEY": served.key},
    )


@pytest.mark.parametrize(("mode", "version"), [("auto", NEWEST), ("legacy", "2025-11-25")])
@pytest.mark.parametrize("transport", ["http", "stdio"])
async def test_the_official_client_lists_and_calls_tools(
    served: Served, transport: str, mode: Any, version: str
) -> None:
    async with AsyncExitStack() as stack:
        target = await over_http(stack, served) if transport == "http" else over_stdio(served)
        client = await stack.enter_async_context(Client(target, mode=mode))

        tools = (await client.list_tools()).tools
        called = await client.call_tool(
            "iterable_get_user_by_email", {"query": {"email": "avery.abbott@example.com"}}
        )
        written = await client.call_tool("iterable_create_list", {"body": {"name": transport}})
        refused = await client.call_tool("iterable_get_list_size", {"path": {"listId": 999_999}})

        assert client.protocol_version == version
        assert client.server_info is not None
        assert client.server_info.name == "jackfield"
        assert len(tools) > 100
        assert {tool.name: tool for tool in tools}[
            "iterable_list_channels"
        ].annotations.read_only_hint is True
        assert called.is_error is False
        assert called.structured_content["result"]["data"]["email"] == "avery.abbott@example.com"
        assert written.structured_content["result"]["data"]["listId"]
        assert refused.is_error is True
        assert refused.structured_content["statusCode"] == 502


async def test_two_tools_stand_for_all_over_stdio(served: Served) -> None:
    async with Client(over_stdio(served, "--tool-mode", "search_execute")) as client:
        tools = (await client.list_tools()).tools
        found = await client.call_tool("iterable_search_actions", {"query": "send an email"})

    assert [tool.name for tool in tools] == ["iterable_search_actions", "iterable_execute_action"]
    assert found.structured_content["actions"][0]["action_id"] == "iterable_send_email"


async def test_the_official_client_of_the_first_line_lists_and_calls_tools(
    served: Served, published_python: Path, run: Run
) -> None:
    said = await run(
        published_python,
        FOLDER / "python" / "session.py",
        served.url,
        served.account,
        JACKFIELD_API_KEY=served.key,
    )

    listed, read, written, refused = said["calls"]
    every = len(served.hub.catalog.get("iterable").actions)
    assert (listed, said["slash"], said["two"], said["flat"]) == (every, [every], [2], [every])
    assert read["structuredContent"]["result"]["data"]["email"] == "avery.abbott@example.com"
    assert written["structuredContent"]["result"]["data"]["listId"]
    assert (refused["isError"], refused["structuredContent"]["statusCode"]) == (True, 502)
    assert "400 Bad Request" in said["unknown account"][0]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_official_client_reads_why_an_account_is_refused(
    served: Served, mode: Any
) -> None:
    headers = {"x-account-id": "acc_0", "authorization": f"Bearer {served.key}"}
    refused = pytest.RaisesExc(MCPError, match="No account with this id")
    with pytest.RaisesGroup(refused, flatten_subgroups=True):
        async with httpx2.AsyncClient(headers=headers) as http:
            target = streamable_http_client(f"{served.url}/mcp/", http_client=http)
            async with Client(target, mode=mode):
                pass
