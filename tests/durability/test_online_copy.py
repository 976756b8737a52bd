"""A hub under load that moves to PostgreSQL, and is killed meanwhile."""

import asyncio
import random
import signal
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx2
import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.durability.checks import check_what_is_left, subscribe
from tests.durability.load import Answer, Client, Ledger
from tests.durability.processes import Processes, processes, say
from tests.support.forked import Forked, start
from tests.support.receiver import Receiver
from tests.support.running import EU, PATIENCE, US

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.parametrize("database_url", ["postgres"], indirect=True),
]

_CLIENTS: Final = 4
_COPY: Final = ("migrate", "--online", "--from", "sqlite", "--to", "postgresql")


class PatientClient(Client):
    """A product's code that comes again when the hub says so, or is being started."""

    async def ask(self, method: str, path: str, **sent: Any) -> Answer | None:
        self._hub.count_request()
        try:
            answer = await self._api.request(method, f"{self._hub.url}{path}", **sent)
        except httpx2.TransportError:
            return await self._come_again()
        if answer.status_code < 500:
            return answer
        assert answer.status_code == 503, answer.text
        self._ledger.did[answer.json()["code"]] += 1
        return await self._come_again()

    async def _come_again(self) -> None:
        """Wait until the hub is ready, wherever it is by then: an order is asked for three times."""
        while True:
            self._hub.count_request()
            try:
                if (await self._api.get(f"{self._hub.url}/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.01)


async def copying(settings: Mapping[str, str], url: str, *words: str) -> Forked:
    return await start(*_COPY, *words, **{**settings, "DATABASE_URL": url})


async def copied(settings: Mapping[str, str], url: str, *words: str) -> None:
    process = await copying(settings, url, *words)
    async with asyncio.timeout(PATIENCE):
        _, err = await process.communicate()
    assert process.returncode == 0, err.decode()


async def test_a_busy_hub_moves_and_all_that_was_acknowledged_is_there_with_its_logs(
    data_dir: Path, database_url: str, sandbox: Sandbox, receiver: Receiver
) -> None:
    serve = "serve --port 0 --workers 2"
    async with processes(serve, "worker", **settings_of(data_dir, sandbox)) as hub:
        ledger, done = Ledger(), asyncio.Event()
        key = (await say(hub.settings, "keys", "create", "--name", "x"))["key"]
        clients = clients_of(hub, key, sandbox, ledger, random.Random(1))  # noqa: S311
        await hub.start()
        await subscribe(clients[0], receiver)
        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(client.run(done))
            await hub.work(random.Random(1))  # noqa: S311
            await copied(hub.settings, database_url)
            statuses = [await hub.end(serve), await hub.end("worker")]
            refused = await start(*serve.split(), **hub.settings)
            _, said = await refused.communicate()
            hub.settings = {**hub.settings, "DATABASE_URL": database_url}
            await hub.start()
            await hub.work(random.Random(2))  # noqa: S311
            done.set()
        await hub.stop(serve)
        await hub.stop("worker")
    assert statuses == [1, 1]
    assert (refused.returncode, b"was moved to the database at 127.0.0.1" in said) == (1, True)
    assert not [line for line in hub.errors if "rows_not_written" in line or "Traceback" in line]
    assert ledger.did["database_moving"] > 0
    connection = await asyncpg.connect(database_url)
    reads = await connection.fetchval(
        "select count(*) from runs where action_id like '%list_channels'"
    )
    await connection.close()
    assert reads >= ledger.did["read"] > 0

    await check_what_is_left(
        {key: ledger}, receiver, sandbox, data_dir=data_dir, database_url=database_url
    )


async def test_a_hub_and_its_copy_that_are_killed_again_and_again_lose_nothing(
    data_dir: Path,
    database_url: str,
    sandbox: Sandbox,
    receiver: Receiver,
    request: pytest.FixtureRequest,
) -> None:
    seed = request.config.option.randomly_seed
    chosen, done, ledger = random.Random(seed), asyncio.Event(), Ledger()  # noqa: S311
    serve = "serve --port 0"
    async with processes(serve, **settings_of(data_dir, sandbox)) as hub:
        key = (await say(hub.settings, "keys", "create", "--name", "x"))["key"]
        clients = clients_of(hub, key, sandbox, ledger, chosen)
        await hub.start()
        await subscribe(clients[0], receiver)
        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(client.run(done))
            for number in range(int(request.config.option.kills)):
                copy = await copying(hub.settings, database_url)
                # Up to the cut-over: the process is forked, and begins at once.
                await asyncio.sleep(chosen.uniform(0, 2))
                # Where the machine is quick, it has come to its end by then.
                with suppress(ProcessLookupError):
                    copy.kill()
                _, said = await copy.communicate()
                assert copy.returncode in {-signal.SIGKILL, 0}, said.decode()
                if phase_of(data_dir) == "moved":
                    break
                if number % 2:
                    await hub.kill()
                    await hub.start()
                await hub.work(chosen)
            await copied(hub.settings, database_url)
            assert await hub.end(serve) == 1
            hub.settings = {**hub.settings, "DATABASE_URL": database_url}
            await hub.start()
            await hub.work(chosen)
            done.set()
        await hub.kill()

    await check_what_is_left(
        {key: ledger}, receiver, sandbox, data_dir=data_dir, database_url=database_url
    )


def phase_of(data_dir: Path) -> str | None:
    with closing(sqlite3.connect(data_dir / "jackfield.db")) as connection:
        try:
            (row,) = connection.execute("select phase from online_copy")
        except (sqlite3.OperationalError, ValueError):
            return None
        return row[0]


def settings_of(data_dir: Path, sandbox: Sandbox) -> dict[str, str]:
    rewrite = f"{US}={sandbox.us.url},{EU}={sandbox.eu.url}"
    return {"DATA_DIR": str(data_dir), "PROVIDER_REWRITE": rewrite}


def clients_of(
    hub: Processes, key: str, sandbox: Sandbox, ledger: Ledger, chosen: random.Random
) -> list[PatientClient]:
    return [
        PatientClient(f"client-{n}", hub, key, sandbox, ledger, chosen.getrandbits(32))
        for n in range(_CLIENTS)
    ]
