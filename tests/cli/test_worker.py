"""Background work as processes of its own, and what is left of it when they are killed."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.support import forked
from tests.support.forked import Forked
from tests.support.running import EU, OWNER, PATIENCE, US
from tests.support.scripted import Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

Start = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Started:
    """A command that goes on; what it logs is read line by line, by whoever waits for one."""

    process: Forked
    first: bytes = b""

    @property
    def url(self) -> str:
        """Return the address it said it listens on."""
        found = re.search(rb"listens on (http://\S+)", self.first)
        assert found is not None, self.first
        return found[1].decode()

    async def says(self, *words: bytes) -> bytes:
        """Wait until it logs a line with one of `words`, and return it."""
        async for line in self.process.stderr:
            if any(word in line for word in words):
                return line
        msg = f"the command ended and never said {words}"
        raise AssertionError(msg)

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        # Reads what is left of its log, too: a pipe that is full would keep it.
        await self.process.communicate()


@pytest.fixture
async def start(data_dir: Path, sandbox: Sandbox) -> AsyncGenerator[Start]:
    """Start commands that go on until they are killed."""
    settings = {
        "DATA_DIR": str(data_dir),
        "ALLOW_PRIVATE_NETWORKS": "true",
        "PROVIDER_REWRITE": f"{US}={sandbox.us.url},{EU}={sandbox.eu.url}",
    }

    @asynccontextmanager
    async def running(*words: str) -> AsyncGenerator[Started]:
        started = Started(await forked.start(*words, **settings))
        try:
            async with asyncio.timeout(PATIENCE):
                first = await started.says(b"listens on", b"working")
            yield replace(started, first=first)
        finally:
            await started.kill()

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

    key = (await jackfield("keys", "create", "--name", "x", "--json")).json["key"]
    async with scripted(receive) as receiver, asyncio.timeout(3 * PATIENCE):
        hub = await start("serve", "--port", "0")
        async with httpx2.AsyncClient(base_url=hub.url, auth=(key, "")) as api:
            webhook = await api.post(
                "/jackfield/webhooks", json={"url": receiver.url, "events": ["*"]}
            )
            account = await link(api, sandbox)
            await refused.wait()
            # Logged once it is on disk, a moment after the receiver has answered.
            await hub.says(b"webhook_told")
            path = f"/jackfield/webhooks/{webhook.json()['id']}/deliveries"
            (delivery,) = (await api.get(path)).json()["data"]
        await hub.kill()

        await start("worker")
        await taken.wait()

    assert (delivery["status"], delivery["attempts"]) == ("pending", 1)
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
