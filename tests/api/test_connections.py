"""What one connection may cost before anybody is known, on real sockets."""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest

from jackfield.http.connection import BoundedProtocol
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.running import PATIENCE, Running, serving_hub

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Run on the event loop of a server."""
    return "asyncio", {"use_uvloop": True}


GET = b"GET /healthz HTTP/1.1\r\nhost: hub\r\n"


@pytest.fixture
async def served(sandbox: Sandbox, data_dir: Path) -> AsyncGenerator[Running]:
    async with serving_hub(sandbox, data_dir=data_dir) as running:
        yield running


@contextlib.asynccontextmanager
async def connected(
    hub: Running,
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    parts = urlsplit(hub.hub.public_url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def answer_to(hub: Running, *parts: bytes) -> bytes:
    """Send bytes, as long as somebody takes them, and return what comes until the hub hangs up."""
    async with connected(hub) as (reader, writer), asyncio.timeout(PATIENCE):
        with contextlib.suppress(OSError):
            for part in parts:
                writer.write(part)
                await writer.drain()
        with contextlib.suppress(OSError):
            return await reader.read()
        return b""


async def statuses(hub: Running, *parts: bytes) -> list[bytes]:
    answer = await answer_to(hub, *parts)
    return re.findall(rb"HTTP/1\.1 (\d+)", answer)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([GET, *[b"x-filler: " + b"a" * 1000 + b"\r\n"] * 300], id="many headers"),
        pytest.param([GET + b"x-filler: ", *[b"a" * 65_536] * 20], id="one endless header"),
        pytest.param([b"GET /", *[b"a" * 65_536] * 20], id="an endless address"),
        pytest.param(
            [GET + b"x-filler: " + b"a" * 70_000 + b"\r\n\r\n"], id="whole, and all at once"
        ),
        pytest.param([GET + b"a: b\r\n" * 201 + b"\r\n"], id="too many small ones"),
    ],
)
async def test_a_head_that_is_too_large_is_refused(served: Running, parts: list[bytes]) -> None:
    answer = await answer_to(served, *parts)

    assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert b'"code":"head_too_large"' in answer
    assert b"x-request-id: req_" in answer


async def test_an_endless_trailer_ends_the_connection(served: Running) -> None:
    head = b"POST /connect_sessions HTTP/1.1\r\nhost: hub\r\ntransfer-encoding: chunked\r\n\r\n"
    trailer = b"0\r\nx-filler: "

    found = await statuses(served, head, trailer, *[b"a" * 65_536] * 20)

    assert found in ([b"401"], [b"401", b"431"])


async def test_a_large_head_within_the_bound_is_answered(served: Running) -> None:
    found = await statuses(
        served, GET + b"x-filler: " + b"a" * 60_000 + b"\r\nconnection: close\r\n\r\n"
    )

    assert found == [b"200"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(GET, [b"408"], id="half a head"),
        pytest.param(b"\r\n", [], id="a blank line"),
        pytest.param(GET + b"\r\n", [b"200"], id="nothing after an answer"),
        pytest.param(GET + b"\r\n" + GET, [b"200", b"408"], id="half a head after an answer"),
        pytest.param(
            b"POST /connect_sessions HTTP/1.1\r\nhost: hub\r\ncontent-length: 1000\r\n\r\nhalf",
            [b"401"],
            id="half a body that nobody reads",
        ),
    ],
)
async def test_a_connection_that_says_nothing_more_is_ended(
    served: Running, monkeypatch: pytest.MonkeyPatch, sent: bytes, expected: list[bytes]
) -> None:
    monkeypatch.setattr(BoundedProtocol, "head_seconds", 0.2)

    assert await statuses(served, sent) == expected


async def test_an_answer_that_nobody_takes_is_given_up(
    served: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedProtocol, "head_seconds", 0.1)
    monkeypatch.setattr(BoundedProtocol, "stall_seconds", 0.1)
    gone = asyncio.Event()
    was_lost = BoundedProtocol.connection_lost

    def lost(self: BoundedProtocol, exc: Exception | None) -> None:
        was_lost(self, exc)
        gone.set()

    monkeypatch.setattr(BoundedProtocol, "connection_lost", lost)
    async with connected(served) as (reader, writer), asyncio.timeout(PATIENCE):
        cast("asyncio.Transport", writer.transport).pause_reading()
        page = b"GET /openapi.json HTTP/1.1\r\nhost: hub\r\n\r\n"
        asked = 0
        while not gone.is_set() and asked < 200:
            writer.write(page)
            await asyncio.wait({asyncio.create_task(gone.wait())}, timeout=0.05)
            asked += 1
        await gone.wait()

    assert reader.at_eof() or gone.is_set()


async def test_who_says_nothing_makes_room_for_who_does(
    served: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedProtocol, "most_connections", 3)
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(connected(served))

        found = await statuses(served, GET + b"connection: close\r\n\r\n")

    assert found == [b"200"]


async def test_where_every_connection_is_at_work_another_is_told_to_come_again(
    served: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedProtocol, "most_connections", 2)
    key = served.api_key
    head = (
        b"POST /connect_sessions HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer %s\r\n"
        b"content-type: application/json\r\ncontent-length: 1000\r\nexpect: 100-continue\r\n\r\n"
    ) % key.encode()
    async with contextlib.AsyncExitStack() as stack, asyncio.timeout(PATIENCE):
        for _ in range(2):
            reader, writer = await stack.enter_async_context(connected(served))
            writer.write(head)
            # Whoever is told to go on is at work.
            assert (await reader.readline()).startswith(b"HTTP/1.1 100")

        answer = await answer_to(served, GET + b"\r\n")

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1\r\n" in answer
    assert b'"code":"too_many_connections"' in answer
