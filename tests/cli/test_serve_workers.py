"""`jackfield serve --workers`: several processes behind one port."""

import asyncio
import json
import os
import signal
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from jackfield.client import AsyncHub
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.test_killed import ORDER
from tests.clients.conftest import link
from tests.support.running import PATIENCE
from tests.support.scripted import Seen, reply, scripted
from tests.support.workers import Workers, serving_workers

_LIMIT = 3
_WAITING = 32

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_several_workers_are_one_server_that_stops_as_one(
    data_dir: Path, sandbox: Sandbox, jackfield: Command
) -> None:
    key = (await jackfield("keys", "create", "--name", "x", "--json")).json["key"]
    async with serving_workers(data_dir, sandbox.us.url, RATE_LIMIT=str(_LIMIT)) as hub:
        started = len(hub.pids)
        async with httpx2.AsyncClient(
            base_url=hub.url,
            auth=(key, ""),
            # Each request on a connection of its own, to a worker by chance.
            limits=httpx2.Limits(max_keepalive_connections=0),
        ) as api:
            answers = Counter([(await api.get("/accounts")).status_code for _ in range(20)])
        port = hub.url.rpartition(":")[2]
        second = await jackfield("serve", "--port", port, "--workers", "2")
        hub.process.send_signal(signal.SIGTERM)
        _, rest = await asyncio.wait_for(hub.process.communicate(), PATIENCE)

    assert started == 2
    assert (second.status, "[port_in_use]" in second.err) == (1, True)
    # Another one is allowed each third of a minute.
    assert answers[200] in (_LIMIT, _LIMIT + 1)
    assert answers[200] + answers[429] == 20
    assert (hub.process.returncode, rest) == (0, b"")
    left = [name for name in os.listdir(data_dir) if name.startswith("jackfield.db")]  # noqa: PTH208 - a coroutine
    assert left == ["jackfield.db"]


async def test_a_worker_that_ends_again_and_again_leaves_its_connections_to_the_others(
    data_dir: Path, sandbox: Sandbox
) -> None:
    async with serving_workers(data_dir, sandbox.us.url, count=3) as hub:
        before = hub.pids
        async with (
            asyncio.timeout(PATIENCE),
            httpx2.AsyncClient(
                base_url=hub.url,
                limits=httpx2.Limits(max_keepalive_connections=0),
            ) as api,
        ):
            os.kill(min(before), signal.SIGSTOP)
            # Some of them wait at the worker that takes none: none would be as likely as 1 in 400,000.
            waiting = [await _asked(hub.url) for _ in range(_WAITING)]
            os.kill(min(before), signal.SIGKILL)
            while len(hub.pids - before) != 1:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)
            # Before it is ready: the next one is not started at once.
            (again,) = hub.pids - before
            os.kill(again, signal.SIGKILL)
            await _says(hub, again)
            statuses = Counter([(await api.get("/healthz")).status_code for _ in range(20)])
            answers = Counter([await _status(*each) for each in waiting])
            while len(hub.pids) < len(before):
                await api.get("/healthz")

    assert statuses == {200: 20}
    assert answers == {200: _WAITING}


async def test_where_no_worker_is_left_clients_are_refused_until_there_is_one(
    data_dir: Path, sandbox: Sandbox
) -> None:
    async with serving_workers(data_dir, sandbox.us.url) as hub, asyncio.timeout(PATIENCE):
        before = hub.pids
        for each in before:
            os.kill(each, signal.SIGKILL)
        while len(hub.pids - before) != 2:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
        again = hub.pids - before
        for each in again:
            os.kill(each, signal.SIGKILL)
        await _says(hub, *again)

        async with httpx2.AsyncClient(base_url=hub.url) as api:
            with pytest.raises(httpx2.ConnectError):
                await api.get("/healthz")
            while len(hub.pids) < len(before):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0)
            answer = await api.get("/healthz")

    assert answer.status_code == 200


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
    async with scripted(answer) as provider, serving_workers(data_dir, provider.url) as hub:
        async with AsyncHub(hub.url, key) as client:
            account = {"x-account-id": await link(client, "k" * 32)}
        async with httpx2.AsyncClient(base_url=hub.url, auth=(key, "")) as api:
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
    async with serving_workers(data_dir, sandbox.us.url) as hub:
        hub.process.kill()
        # Its log ends when the last process that writes to it does.
        await asyncio.wait_for(hub.process.communicate(), PATIENCE)

        async with httpx2.AsyncClient(base_url=hub.url) as api:
            with pytest.raises(httpx2.ConnectError):
                await api.get("/healthz")


async def _asked(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Ask on a connection of its own."""
    host, _, port = url.rpartition("/")[2].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /healthz HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n")
    return reader, writer


async def _status(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    try:
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()


async def _says(hub: Workers, *pids: int) -> None:
    """Wait until the log says that workers have ended."""
    assert hub.process.stderr is not None
    left = set(pids)
    while left:
        left.discard(json.loads(await hub.process.stderr.readline()).get("process"))
