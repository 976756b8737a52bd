"""A PostgreSQL that is slow, locked, full of connections or cut off: 503, and nothing is lost."""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

import asyncpg
import httpx2
import pytest

from jackfield.db.postgres import PostgresDatabase
from jackfield.db.transfer.tables import tables
from jackfield.db.tx import DatabaseBusy, DatabaseUnusable
from jackfield.installation import open_database
from jackfield.kit.ids import ProjectId
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.settings import Settings
from tests.support.clock import NOW, FrozenClock
from tests.support.pooler import pooled
from tests.support.running import OWNER, HubWith, Running, running_hub

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.parametrize("database_url", ["postgres"], indirect=True),
]

SLOW = """
create function wait() returns trigger language plpgsql as $$
begin perform pg_sleep(60); return new; end $$;
create trigger slow before insert on connect_sessions for each row execute function wait();
"""
LOCKED = "begin; lock table connect_sessions in access exclusive mode"
CUT = """
select pg_terminate_backend(pid) from pg_stat_activity
 where datname = current_database() and application_name <> 'operator'
"""


class Operator:
    """A person who spoils and mends the database."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    async def do(self, sql: str) -> None:
        async with self._turn:
            await self._connection.execute(sql)

    async def sessions(self) -> set[int]:
        """Return the ids of the connect sessions that are there."""
        async with self._turn:
            rows = await self._connection.fetch("select id from connect_sessions")
        return {row["id"] for row in rows}


@pytest.fixture
async def operator(database_url: str) -> AsyncGenerator[Operator]:
    named = {"application_name": "operator"}
    connection = await asyncpg.connect(database_url, server_settings=named)
    yield Operator(connection)
    await connection.close()


@pytest.fixture
def hub_on(sandbox: Sandbox, data_dir: Path, clock: FrozenClock) -> HubWith:
    """Return how to open a hub on a database."""
    return partial(running_hub, sandbox, data_dir=data_dir, clock=clock)


async def ask(hub: Running) -> httpx2.Response:
    return await hub.api.post("/connect_sessions", json=OWNER)


def said(response: httpx2.Response) -> tuple[int, str, str]:
    """Return what a client goes by: status, code and when to come again."""
    return response.status_code, response.json()["code"], response.headers["retry-after"]


async def ready(hub: Running) -> None:
    """Let the hub notice connections that the server closed."""
    async with asyncio.timeout(10):
        while (await hub.api.get("/readyz")).status_code != 200:
            pass


@pytest.mark.parametrize(
    ("limit", "spoil", "mend"),
    [
        ("statement_timeout", SLOW, "drop function wait() cascade"),
        ("lock_timeout", LOCKED, "rollback"),
    ],
)
async def test_what_takes_too_long_is_503_and_not_half_done(
    hub_on: HubWith, operator: Operator, database_url: str, limit: str, spoil: str, mend: str
) -> None:
    async with hub_on(database_url=f"{database_url}?{limit}=100ms") as hub:
        account = await hub.link()
        before = await operator.sessions()
        await operator.do(spoil)
        refused = await asyncio.gather(*(ask(hub) for _ in range(3)))
        beside = await hub.run(account, "iterable_list_channels")
        await operator.do(mend)
        asked = await ask(hub)

    assert {said(each) for each in refused} == {(503, "database_busy", "1")}
    assert (beside.status_code, asked.status_code) == (200, 201)
    assert await operator.sessions() == before | {asked.json()["id"]}


@pytest.mark.parametrize("keeps_sessions", [False, True])
async def test_a_lock_is_waited_for_as_long_as_on_sqlite(
    database_url: str, *, keeps_sessions: bool
) -> None:
    db = await PostgresDatabase.open(database_url, keeps_sessions=keeps_sessions)
    rows = await db.unscoped("select current_setting('lock_timeout') as it")
    async with db.read(ProjectId.new(NOW)) as tx:
        row = await tx.one("select current_setting('lock_timeout') as it")
    await db.close()

    assert [*rows, row] == [{"it": "5s"}, {"it": "5s"}]


async def test_a_server_without_a_connection_to_spare_is_503_until_it_has_one(
    hub_on: HubWith, operator: Operator, database_url: str
) -> None:
    name = database_url.rpartition("/")[2]
    await operator.do(
        f"create role {name} login; grant all on all tables in schema public to {name}"
    )
    async with hub_on(database_url=database_url.replace("//jackfield@", f"//{name}@")) as hub:
        await operator.do(f"alter role {name} connection limit 1")
        await operator.do(CUT)
        await ready(hub)
        async with hub.hub.db.read(hub.project.id):
            refused = [await ask(hub), await hub.api.get("/accounts"), await hub.api.get("/readyz")]
        asked = await ask(hub)

    await operator.do(f"drop owned by {name}; drop role {name}")
    assert {said(each) for each in refused} == {(503, "database_away", "2")}
    assert asked.status_code == 201


@pytest.mark.parametrize("is_pooled", [False, True], ids=["direct", "pooler"])
async def test_connections_that_are_cut_under_load_lose_no_acknowledged_write(
    hub_on: HubWith, operator: Operator, database_url: str, *, is_pooled: bool
) -> None:
    done = list[httpx2.Response]()

    async def ask_and_cut(hub: Running) -> None:
        done.append(await ask(hub))
        if len(done) % 10 == 0:
            await operator.do(CUT)

    async with pooled(database_url, sessions=3) as through:
        url = through if is_pooled else database_url
        async with hub_on(database_url=url, database_pooler=is_pooled) as hub:
            for _ in range(5):
                await asyncio.gather(*(ask_and_cut(hub) for _ in range(10)))
            await ready(hub)
            last = await ask(hub)

    made = {each.json()["id"] for each in done if each.status_code == 201}
    failed = [said(each) for each in done if each.status_code != 201]
    kept = await operator.sessions()
    assert last.status_code == 201
    assert made < kept
    assert len(kept) <= len(done) + 1
    assert set(failed) <= {(503, "database_away", "2")}


async def test_a_pooler_in_transaction_mode_serves_a_hub_that_is_told_so(
    hub_on: HubWith, operator: Operator, database_url: str
) -> None:
    async with pooled(database_url, sessions=2) as through:
        async with hub_on(database_url=through, database_pooler=True) as hub:
            account = await hub.link()
            answers = await asyncio.gather(
                *(ask(hub) for _ in range(20)),
                *(hub.run(account, "iterable_list_channels") for _ in range(10)),
                *(hub.api.get("/accounts") for _ in range(10)),
            )
        await operator.do("drop schema public cascade; create schema public")
        async with open_database(Settings(Path(), through, database_pooler=True)) as db:
            applied = await db.migrate()
            left = await db.pending()

    assert {each.status_code for each in answers} == {200, 201}
    assert (len(applied) > 1, left) == (True, [])


async def test_a_pooler_in_transaction_mode_that_the_hub_is_not_told_of_is_named(
    database_url: str,
) -> None:
    async with pooled(database_url, sessions=2) as through:
        db = await PostgresDatabase.open(through)
        await db.unscoped("select 1 as one")
        other = await asyncpg.connect(through)
        async with other.transaction():
            await other.execute("select 1")
            with pytest.raises(DatabaseUnusable, match="JACKFIELD_DATABASE_POOLER=1"):
                await db.unscoped("select 1 as one")
        await other.close()
        await db.close()


async def test_a_hub_goes_on_while_a_migration_adds_to_its_tables(
    hub_on: HubWith, operator: Operator, database_url: str
) -> None:
    async def add_columns() -> None:
        for table in tables():
            await operator.do(f"alter table {table.name} add column later text not null default ''")

    async with hub_on(database_url=database_url) as hub:
        account = await hub.link()
        answers, _ = await asyncio.gather(
            asyncio.gather(
                *(ask(hub) for _ in range(20)),
                *(hub.run(account, "iterable_list_channels") for _ in range(20)),
                *(hub.api.get("/accounts") for _ in range(20)),
            ),
            add_columns(),
        )
        after = await ask(hub)

    assert {each.status_code for each in answers} == {200, 201}
    assert after.status_code == 201


async def test_a_migration_does_not_wait_for_a_lock_with_all_others_behind_it(
    operator: Operator, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "jackfield.db.postgres_schema._WAIT_FOR_TABLES", "set local lock_timeout = '100ms'"
    )
    await operator.do("delete from migrations where name = 'undelivered_writes'")
    await operator.do("drop table undelivered_writes")
    await operator.do("begin; lock table projects")
    async with open_database(Settings(Path(), database_url)) as db:
        with pytest.raises(DatabaseBusy):
            await db.migrate()
        waiting = await db.pending()
        await operator.do("rollback")
        applied = await db.migrate()

    assert waiting == applied == ["undelivered_writes"]
