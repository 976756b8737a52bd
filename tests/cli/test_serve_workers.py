"""`jackfield serve --workers`: several processes behind one port."""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from jackfield.client import AsyncHub
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.test_killed import ORDER
from tests.clients.conftest import link
from tests.support.processes import children
from tests.support.running import PATIENCE, US
from tests.support.scripted import Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class Workers:
    """A supervisor, and where it serves."""

    process: Process
    url: str

    @property
    def pids(self) -> set[int]:
        return children(self.process.pid)


@contextlib.asynccontextmanager
async def serving(data_dir: Path, provider: str, count: int = 2) -> AsyncGenerator[Workers]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jackfield", "serve", "--port", "0", "--workers", str(count)),
        stderr=PIPE,
        env={
            "PATH": os.defpath,
            "JACKFIELD_DATA_DIR": str(data_dir),
            "JACKFIELD_PROVIDER_REWRITE": f"{US}={provider}",
            "JACKFIELD_LOG_LEVEL": "error",
            "PYTHONWARNINGS": "error",
        },
    )
    assert process.stderr is not None
    said = await asyncio.wait_for(process.stderr.readline(), PATIENCE)
    url = re.search(r"listens on (http://\S+)", json.loads(said)["event"])
    assert url is not None, said
    pids = children(process.pid)
    try:
        yield Workers(process, url[1])
    finally:
        for each in {process.pid, *pids, *children(process.pid)}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        await process.communicate()


async def test_several_workers_are_one_server_that_stops_as_one(
    data_dir: Path, sandbox: Sandbox
) -> None:
    async with serving(data_dir, sandbox.us.url) as hub:
        started = len(hub.pids)
        async with httpx2.AsyncClient(base_url=hub.url, timeout=PATIENCE) as api:
            answers = [await api.get("/readyz") for _ in range(20)]
        hub.process.send_signal(signal.SIGTERM)
        _, rest = await asyncio.wait_for(hub.process.communicate(), PATIENCE)

    assert started == 2
    assert {each.status_code for each in answers} == {200}
    assert (hub.process.returncode, rest) == (0, b"")
    left = [name for name in os.listdir(data_dir) if name.startswith("jackfield.db")]  # noqa: PTH208 - a coroutine
    assert left == ["jackfield.db"]


async def test_requests_under_way_are_finished_when_a_service_manager_asks_all_processes_to_stop(
    data_dir: Path, jackfield: Command
) -> None:
    asked, stopped = asyncio.Event(), asyncio.Event()

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        if seen.line.startswith("POST /api/lists"):
            asked.set()
            await stopped.wait()
            await reply('{"listId": 7}')(writer, seen)
        else:
            await reply('{"channels": []}')(writer, seen)

    key = (await jackfield("keys", "create", "--name", "stopped", "--json")).json["key"]
    async with scripted(answer) as provider, serving(data_dir, provider.url) as hub:
        async with AsyncHub(hub.url, key) as client:
            account = {"x-account-id": await link(client, "k" * 32)}
        async with httpx2.AsyncClient(base_url=hub.url, auth=(key, ""), timeout=PATIENCE) as api:
            order = asyncio.create_task(api.post("/actions/rpc", json=ORDER, headers=account))
            await asyncio.wait_for(asked.wait(), PATIENCE)
            for each in {*hub.pids, hub.process.pid}:
                os.kill(each, signal.SIGTERM)
            stopped.set()
            done = await order
        status = await asyncio.wait_for(hub.process.wait(), PATIENCE)

    assert (done.status_code, status) == (200, 0), done.text


async def test_workers_that_cannot_start_say_why_once(data_dir: Path, jackfield: Command) -> None:
    await jackfield("keys", "create", "--name", "first")
    (data_dir / "keyring.json").write_text("{}")

    failed = await jackfield("serve", "--port", "0", "--workers", "2")

    assert failed.status == 1
    assert failed.err.count("[keyring_unusable]") == 1
    assert "listens" not in failed.err


async def test_workers_end_by_themselves_when_their_supervisor_is_killed(
    data_dir: Path, sandbox: Sandbox
) -> None:
    async with serving(data_dir, sandbox.us.url) as hub:
        hub.process.kill()
        # Its log ends when the last process that writes to it does.
        await asyncio.wait_for(hub.process.communicate(), PATIENCE)

        async with httpx2.AsyncClient(base_url=hub.url) as api:
            with pytest.raises(httpx2.ConnectError):
                await api.get("/healthz")


async def test_a_port_that_workers_serve_is_taken(
    data_dir: Path, sandbox: Sandbox, jackfield: Command
) -> None:
    async with serving(data_dir, sandbox.us.url) as hub:
        port = hub.url.rpartition(":")[2]
        second = await jackfield("serve", "--port", port, "--workers", "2")

    assert second.status == 1
    assert "[port_in_use]" in second.err
