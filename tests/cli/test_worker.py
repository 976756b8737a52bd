"""Background work as processes of its own, and what is left of it when they are killed."""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.cli import server
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.support.running import EU, OWNER, US
from tests.support.scripted import Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

Start = Callable[..., Any]


@pytest.fixture
async def start(data_dir: Path, sandbox: Sandbox) -> AsyncGenerator[Start]:
    """Start commands that go on until they are killed."""
    settings = {
        "JACKFIELD_DATA_DIR": str(data_dir),
        "JACKFIELD_ALLOW_PRIVATE_NETWORKS": "true",
        "JACKFIELD_PROVIDER_REWRITE": f"{US}={sandbox.us.url},{EU}={sandbox.eu.url}",
        "PATH": "",
    }

    @asynccontextmanager
    async def running(*words: str) -> AsyncGenerator[Process]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "jackfield", *words, env=settings, stderr=asyncio.subprocess.PIPE
        )
        assert process.stderr is not None
        async with asyncio.timeout(20):
            while True:
                line = await process.stderr.readline()
                assert line, "the command ended before it was ready"
                if b"listens on" in line or b"working" in line:
                    break
        reading = asyncio.create_task(process.stderr.read())
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await reading

    async with AsyncExitStack() as stack:
        yield lambda *words: stack.enter_async_context(running(*words))


async def test_nothing_is_lost_when_the_server_is_killed(
    start: Start, jackfield: Command, sandbox: Sandbox
) -> None:
    refused, taken = asyncio.Event(), asyncio.Event()

    async def receive(writer: asyncio.StreamWriter, seen: Seen) -> None:
        first = not refused.is_set()
        await reply(status=503 if first else 200)(writer, seen)
        (refused if first else taken).set()

    free = server.listen("127.0.0.1", 0)
    port = free.getsockname()[1]
    free.close()
    key = (await jackfield("keys", "create", "--name", "x", "--json")).json["key"]
    async with scripted(receive) as receiver, asyncio.timeout(45):
        hub = await start("serve", "--port", str(port))
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", auth=(key, "")) as api:
            webhook = await api.post(
                "/jackfield/webhooks", json={"url": receiver.url, "events": ["*"]}
            )
            account = await link(api, sandbox)
            await refused.wait()
            path = f"/jackfield/webhooks/{webhook.json()['id']}/deliveries"
            # What came of the attempt is written a moment after the receiver has answered.
            for _ in range(200):
                if (await api.get(path)).json()["data"][0]["attempts"] > 0:
                    break
                await asyncio.sleep(0.05)
        hub.send_signal(signal.SIGKILL)
        await hub.wait()

        await start("worker")
        await taken.wait()

    assert account in receiver.seen[1].body.decode()
    first, second = [seen.headers["webhook-id"] for seen in receiver.seen]
    assert first == second


async def link(api: httpx2.AsyncClient, sandbox: Sandbox) -> str:
    session = (await api.post("/connect_sessions", json={**OWNER, "provider": "iterable"})).json()
    headers = {"x-hub-session-token": session["token"]}
    offered = (await api.get("/hub/connectors", headers=headers)).json()["integrations"][0]
    body = {
        "integration_id": offered["integration_id"],
        "credentials": {"api_key": sandbox.us.api_keys["server_side"], "region": "us"},
    }
    response = await api.post("/hub/accounts", headers=headers, json=body)
    assert response.status_code == 201, response.text
    return response.json()["id"]
