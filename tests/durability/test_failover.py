"""A PostgreSQL that fails over to its standby, under a hub that serves."""

import asyncio
import random
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest

from jackfield.db.postgres import PostgresDatabase
from jackfield.db.postgres_limits import PostgresLimits
from jackfield.db.tx import DatabaseBusy, DatabaseNotWritable
from jackfield.kit.ids import ProjectId
from jackfield.kit.limit_store import LimitStoreFailed, SlotsAsked
from jackfield.sandbox.iterable.server import Sandbox
from tests.durability.checks import check_what_is_left, subscribe
from tests.durability.load import Answer, Client, Ledger
from tests.durability.processes import processes, say
from tests.support.actor import TESTER
from tests.support.clock import NOW
from tests.support.failover import Pair, servers
from tests.support.receiver import Receiver
from tests.support.running import EU, PATIENCE, US

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.database]

_SERVE: Final = "serve --port 0 --workers 2"
_CLIENTS: Final = 4
_OURS: Final = ProjectId.new(NOW)
_SLOT: Final = [SlotsAsked(1, 10.0, 0.0, 1, 1.0)]
_NAME: Final = "update projects set name = :name where id = :project_id"


@pytest.fixture(scope="module")
def both() -> Generator[Pair]:
    with servers() as found:
        yield found


@pytest.fixture
async def pair(both: Pair) -> Pair:
    """Return a primary and its standby, whichever is which by now."""
    if both.standby.process is None and both.is_whole:
        await both.begin()
    await both.mend()
    return both


class PatientClient(Client):
    """A product's code that comes again when the hub says so."""

    async def ask(self, method: str, path: str, **sent: Any) -> Answer | None:
        """Return the hub's answer; nothing if it said to come again, and whether it did it not."""
        self._hub.count_request()
        answer = await self._api.request(method, f"{self._hub.url}{path}", **sent)
        if answer.status_code < 500:
            return answer
        assert answer.status_code == 503, answer.text
        assert answer.headers["retry-after"] in {"1", "2", "10"}
        self._ledger.did[answer.json()["code"]] += 1
        while (await self._api.get(f"{self._hub.url}/readyz")).status_code != 200:
            self._hub.count_request()
        return None


async def test_a_primary_killed_under_load_loses_nothing_and_repeats_nothing(
    pair: Pair,
    data_dir: Path,
    sandbox: Sandbox,
    receiver: Receiver,
    request: pytest.FixtureRequest,
) -> None:
    seed = request.config.option.randomly_seed
    chosen, done, ledger = random.Random(seed), asyncio.Event(), Ledger()  # noqa: S311
    settings = {
        "DATA_DIR": str(data_dir),
        "PROVIDER_REWRITE": f"{US}={sandbox.us.url},{EU}={sandbox.eu.url}",
        "DATABASE_URL": pair.url,
    }
    async with processes(_SERVE, "worker", **settings) as hub:
        key = (await say(hub.settings, "keys", "create", "--name", "x"))["key"]
        clients = [
            PatientClient(f"client-{n}", hub, key, sandbox, ledger, chosen.getrandbits(32))
            for n in range(_CLIENTS)
        ]
        await hub.start()
        await subscribe(clients[0], receiver)
        async with asyncio.timeout(2 * PATIENCE), asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(client.run(done))
            await hub.work(chosen)
            pair.kill()
            await hub.work(chosen)
            await pair.promote()
            done_before = ledger.did["order"]
            while ledger.did["order"] < done_before + _CLIENTS:
                await hub.work(chosen)
            done.set()
        await hub.kill()
    assert ledger.did["database_away"] > 0
    await check_what_is_left(
        {key: ledger}, receiver, sandbox, data_dir=data_dir, database_url=pair.url
    )


async def test_connections_to_a_server_that_takes_no_writes_any_more_are_left(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jackfield.db.postgres._LISTEN_SECONDS", 1)
    db, other = [await PostgresDatabase.open(pair.url, connections=3) for _ in range(2)]
    limits = PostgresLimits(pair.url)
    await limits.reserve(_SLOT)
    async with other.listen("work") as woken, asyncio.timeout(PATIENCE):
        await signal_until(db, woken)
        await pair.fence()
        await pair.promote()
        with pytest.raises(DatabaseNotWritable):
            await write(db)
        with pytest.raises(LimitStoreFailed):
            await limits.reserve(_SLOT)
        limits.abandon()

        await write(db)
        await limits.reserve(_SLOT)
        woken.clear()
        await signal_until(db, woken)
    await limits.close()
    await db.close()
    await other.close()


async def test_a_primary_that_is_silent_is_left_for_its_standby(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jackfield.db.postgres._STATEMENT_SECONDS", 3)
    monkeypatch.setattr("jackfield.db.postgres._CANCEL_SECONDS", 0.1)
    monkeypatch.setattr("jackfield.db.postgres._LISTEN_SECONDS", 1)
    monkeypatch.setattr("jackfield.db.postgres_errors._CONNECT_SECONDS", 2)
    db, other = [await PostgresDatabase.open(pair.url, connections=3) for _ in range(2)]
    limits = PostgresLimits(pair.url)
    await limits.reserve(_SLOT)
    async with other.listen("work") as woken, asyncio.timeout(PATIENCE):
        await signal_until(db, woken)
        pair.freeze()
        await pair.promote()
        with pytest.raises(DatabaseBusy):
            await write(db)
        limits.abandon()

        await write(db)
        await limits.reserve(_SLOT)
        woken.clear()
        await signal_until(db, woken)
    await limits.close()
    await db.close()
    await other.close()


async def write(db: PostgresDatabase) -> None:
    async with db.write(_OURS, TESTER) as tx:
        await tx.run(_NAME, name="written")
        tx.signal("work")


async def signal_until(db: PostgresDatabase, woken: asyncio.Event) -> None:
    # It takes a moment until a process listens.
    while not woken.is_set():
        await write(db)
