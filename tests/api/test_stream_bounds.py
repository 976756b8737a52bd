"""A stream ends, however its provider and its reader behave."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import cast

import httpx2
import pytest

from jackfield.actions import streaming
from jackfield.http import download
from jackfield.http.connection import BoundedProtocol
from jackfield.sandbox.iterable.server import Sandbox
from tests.api.test_streaming import KEY, ORDER, begin, linking, listening, stream
from tests.support.running import PATIENCE, Running
from tests.support.scripted import Seen, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Run on the event loop of a server."""
    return "asyncio", {"use_uvloop": True}


class Endless:
    """An export without an end, that knows when its reader is gone."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def __call__(self, writer: asyncio.StreamWriter, _seen: Seen) -> None:
        await begin(writer)
        with suppress(ConnectionError):
            while True:
                writer.write(b'{"n": 1}\n' * 1000)
                await writer.drain()
        self.let_go.set()


async def last_code(hub: Running) -> str:
    await hub.hub.write_buffer.flush()
    (run,) = (await hub.api.post("/logs/actions", json={})).json()["data"]
    return str(run["error_code"])


@pytest.mark.parametrize(("bound", "most"), [("MOST_BYTES", 1_000_000), ("MOST_SECONDS", 0.2)])
async def test_a_provider_that_never_ends_is_left(
    data_dir: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, bound: str, most: float
) -> None:
    monkeypatch.setattr(streaming, bound, most)
    export = Endless()
    async with (
        scripted(linking(export)) as provider,
        listening(data_dir, sandbox, provider.url) as hub,
    ):
        account_id = await hub.link(key=KEY)
        with pytest.raises(httpx2.TransportError):
            async with stream(hub, account_id) as response:
                await response.aread()
        await asyncio.wait_for(export.let_go.wait(), PATIENCE)

        assert await last_code(hub) == "provider_stream_too_long"


async def unread(hub: Running, account_id: str) -> asyncio.StreamWriter:
    """Ask for a stream on a connection of its own and read no more than its head."""
    request = httpx2.Request(
        "POST",
        f"{hub.hub.public_url}/actions/rpc?stream=true",
        headers={"x-account-id": account_id},
        json=ORDER,
    )
    (signed,) = httpx2.BasicAuth(hub.api_key, "").auth_flow(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in signed.headers.items())
    assert request.url.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", request.url.port)
    writer.write(f"POST {request.url.raw_path.decode()} HTTP/1.1\r\n{head}\r\n".encode())
    writer.write(request.read())
    assert b" 200 " in await reader.readline()
    cast("asyncio.Transport", writer.transport).pause_reading()
    return writer


@pytest.mark.parametrize("is_time_over", [False, True])
async def test_a_reader_that_stops_reading_does_not_keep_the_provider(
    data_dir: Path,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_time_over: bool,
) -> None:
    if is_time_over:
        monkeypatch.setattr(streaming, "MOST_SECONDS", 0.1)
        monkeypatch.setattr(download, "_FAREWELL_SECONDS", 0.1)
    else:
        monkeypatch.setattr(BoundedProtocol, "stall_seconds", 0.1)
    export = Endless()
    async with (
        scripted(linking(export)) as provider,
        listening(data_dir, sandbox, provider.url) as hub,
    ):
        account_id = await hub.link(key=KEY)
        writer = await unread(hub, account_id)
        try:
            await asyncio.wait_for(export.let_go.wait(), PATIENCE)
        finally:
            writer.close()
        alive = await hub.api.get("/healthz")
        code = await last_code(hub)

    assert (alive.status_code, code) == (200, "run_interrupted")
