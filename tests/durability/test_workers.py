"""What clients of several workers notice of one that is killed, and of all that are replaced."""

import asyncio
import base64
import contextlib
import os
import random
import signal
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.durability.checks import check_what_is_left, subscribe
from tests.durability.load import Client, Ledger
from tests.durability.processes import Processes, say
from tests.support.receiver import Receiver
from tests.support.running import PATIENCE
from tests.support.workers import children

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

_SERVE = "serve --port 0 --workers 2"
_CLIENTS = 4
_KILLS = 3


@pytest.fixture
def commands() -> tuple[str, ...]:
    return (_SERVE,)


async def test_a_killed_worker_loses_nothing_repeats_nothing_and_the_others_go_on(
    hub_processes: Processes,
    database_url: str | None,
    data_dir: Path,
    sandbox: Sandbox,
    receiver: Receiver,
    request: pytest.FixtureRequest,
) -> None:
    seed = request.config.option.randomly_seed
    chosen, done, ledger = random.Random(seed), asyncio.Event(), Ledger()  # noqa: S311
    key = (await say(hub_processes.settings, "keys", "create", "--name", "x"))["key"]
    clients = [
        Client(f"client-{n}", hub_processes, key, sandbox, ledger, chosen.getrandbits(32))
        for n in range(_CLIENTS)
    ]
    await hub_processes.start()
    await subscribe(clients[0], receiver)
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client.run(done))
        for _ in range(_KILLS):
            await hub_processes.work(chosen)
            pids = children(hub_processes.pid(_SERVE))
            os.kill(chosen.choice(sorted(pids)), signal.SIGKILL)
        await hub_processes.work(chosen)
        done.set()
    await hub_processes.stop(_SERVE)
    assert Counter(_event(line) for line in hub_processes.errors) == {"worker_ended": _KILLS}

    await check_what_is_left(
        {key: ledger}, receiver, sandbox, data_dir=data_dir, database_url=database_url
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_request_fails_while_all_workers_are_replaced(hub_processes: Processes) -> None:
    key = (await say(hub_processes.settings, "keys", "create", "--name", "x"))["key"]
    await hub_processes.start()
    pid = hub_processes.pid(_SERVE)
    before, statuses = children(pid), Counter[int]()

    def are_replaced() -> bool:
        now = children(pid)
        return len(now) == len(before) and now.isdisjoint(before)

    async def ask() -> None:
        async with httpx2.AsyncClient(base_url=hub_processes.url, auth=(key, "")) as api:
            while not are_replaced():
                statuses[(await api.get("/accounts")).status_code] += 1

    async def ask_on_one_connection() -> bytes:
        """Ask until a response says that it is the last; return what comes to another request."""
        host, port = hub_processes.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, port)
        secret = base64.b64encode(f"{key}:".encode()).decode()
        asked = f"GET /accounts HTTP/1.1\r\nhost: x\r\nauthorization: Basic {secret}\r\n\r\n"
        head = b""
        while b"connection: close" not in head:
            writer.write(asked.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            await reader.readexactly(len(b"[]"))
        with contextlib.suppress(ConnectionError):
            writer.write(asked.encode())
            return await reader.read()
        return b""

    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        for _ in range(_CLIENTS):
            group.create_task(ask())
        last = group.create_task(ask_on_one_connection())
        os.kill(pid, signal.SIGHUP)
    await hub_processes.stop(_SERVE)

    assert statuses.keys() == {200}
    assert last.result() == b""
    assert hub_processes.errors == []


def _event(line: str) -> str:
    return line.partition('"event":"')[2].partition('"')[0]
