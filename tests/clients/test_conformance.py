"""The official MCP conformance suite, unmodified: every scenario about what a hub has."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.clients.conftest import Run, Served
from tests.support.node import node

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SCENARIOS = (
    "server-initialize",
    "logging-set-level",
    "ping",
    "tools-list",
    "dns-rebinding-protection",
)


@pytest.fixture
async def keyless(served: Served) -> AsyncGenerator[str]:
    """Yield an address of the hub that adds the key and account: the suite can send neither."""
    host, _, port = served.url.removeprefix("http://").partition(":")
    added = f"authorization: Bearer {served.key}\r\nx-account-id: {served.account}\r\n".encode()
    conversations: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        conversations.add(task)
        hub_reader, hub_writer = await asyncio.open_connection(host, int(port))
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            line, _, rest = head.partition(b"\r\n")
            hub_writer.write(line + b"\r\n" + added + b"connection: close\r\n" + rest)
            copying = asyncio.create_task(_copy(reader, hub_writer))
            await _copy(hub_reader, writer)
            copying.cancel()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            conversations.discard(task)
            hub_writer.close()
            writer.close()

    proxy = await asyncio.start_server(converse, "127.0.0.1", 0)
    yield f"http://localhost:{proxy.sockets[0].getsockname()[1]}/mcp"
    proxy.close()
    for task in list(conversations):
        task.cancel()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(65_536):
        writer.write(part)
        await writer.drain()


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_the_official_suite_finds_nothing_wrong(
    keyless: str, published_node: Path, run: Run, scenario: str
) -> None:
    suite = published_node / "node_modules/@modelcontextprotocol/conformance/dist/index.js"

    said = await run(
        node(), suite, "server", "--url", keyless, "--scenario", scenario, as_json=False
    )

    assert "failed" in said
    assert "0 failed" in said, said
