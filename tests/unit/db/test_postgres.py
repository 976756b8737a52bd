"""What only the PostgreSQL driver has to deal with: a server that goes, locks and is migrated."""

import asyncio
import gc
from contextlib import ExitStack
from typing import Any

import asyncpg
import pytest

from jackfield.db import postgres_hosts
from jackfield.db.postgres import PostgresDatabase
from jackfield.db.tx import DatabaseAway, DatabaseBusy
from jackfield.kit.ids import ProjectId
from tests.support import postgres
from tests.support.actor import TESTER
from tests.support.clock import NOW
from tests.support.running import PATIENCE

pytestmark = pytest.mark.anyio

OURS = ProjectId.new(NOW)
INSERT = "insert into projects (id, name, created_at) values (:project_id, :name, :now)"


@pytest.fixture
def url(database_url: str) -> str:
    return database_url


@pytest.mark.slow
async def test_a_server_that_has_gone_is_said_to_be_away() -> None:
    with ExitStack() as stack:
        url = await asyncio.to_thread(stack.enter_context, postgres.running())
        db = await PostgresDatabase.open(f"{url}/jackfield_template")
        async with db.write(OURS, TESTER) as tx:
            await tx.run(INSERT, name="ours")
        await asyncio.to_thread(stack.close)

        with pytest.raises(DatabaseAway) as unscoped:
            await db.unscoped("select 1 as one")
        with pytest.raises(DatabaseAway):
            async with db.read(OURS) as tx:
                await tx.one("select name from projects where id = :project_id")
        with pytest.raises(DatabaseAway):
            async with db.write(OURS, TESTER) as tx:
                await tx.run(INSERT, name="again")
        with pytest.raises(DatabaseAway):
            await db.pending()
        await db.close()

    assert (unscoped.value.status, unscoped.value.retry_after) == (503, 2)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_connection_given_up_at_any_moment_while_it_is_made_leaves_no_error(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    untaken: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "call_exception_handler", untaken.append)
    made: object = None
    turns = 0
    while not isinstance(made, asyncpg.Connection):
        turns += 1
        making = asyncio.create_task(postgres_hosts.connect(url, timeout=PATIENCE))
        for _ in range(turns):
            await asyncio.sleep(0)
        making.cancel()
        [made] = await asyncio.gather(making, return_exceptions=True)
        assert isinstance(made, asyncpg.Connection | asyncio.CancelledError), made
        del making
        # Its sockets are closed in the turns after.
        for _ in range(5):
            await asyncio.sleep(0)
    made.terminate()
    gc.collect()

    assert turns > 5
    assert untaken == []


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_connection_that_is_cut_within_a_transaction_writes_nothing(url: str) -> None:
    db = await PostgresDatabase.open(url, connections=2)
    other = await asyncpg.connect(url)

    with pytest.raises(DatabaseAway):
        async with db.write(OURS, TESTER) as tx:
            row = await tx.one("select pg_backend_pid() as pid")
            assert row is not None
            await tx.run(INSERT, name="ours")
            await other.execute("select pg_terminate_backend($1)", row["pid"])
            await tx.run("update projects set name = 'cut' where id = :project_id")

    assert await db.unscoped("select name from projects") == []
    await other.close()
    await db.close()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_who_waits_too_long_for_a_lock_may_try_again(url: str) -> None:
    db = await PostgresDatabase.open(url)
    async with db.write(OURS, TESTER) as tx:
        await tx.run("set lock_timeout = '10ms'")
    other = await asyncpg.connect(url)
    async with other.transaction():
        await other.execute("lock table projects in access exclusive mode")

        with pytest.raises(DatabaseBusy) as busy:
            async with db.write(OURS, TESTER) as tx:
                await tx.run("set local lock_timeout = '10ms'")
                await tx.run(INSERT, name="ours")

    assert busy.value.retry_after == 1
    await other.close()
    await db.close()


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("before", [0, 1, 2])
async def test_a_migration_under_a_running_process_fails_no_transaction(
    url: str, before: int
) -> None:
    db = await PostgresDatabase.open(url, connections=1)
    other = await asyncpg.connect(url)
    all_of_it = "select * from projects where id = :project_id"
    async with db.write(OURS, TESTER) as tx:
        await tx.run(INSERT, name="0")
        await tx.one(all_of_it)
    await other.execute("alter table projects add column later int")

    async with db.write(OURS, TESTER) as tx:
        for number in range(before):
            await tx.run(
                "update projects set name = name || :said where id = :project_id", said=str(number)
            )
        row = await tx.one(all_of_it)

    expected = "0" + "".join(str(number) for number in range(before))
    assert row is not None
    assert row["name"] == expected
    async with db.read(OURS) as tx:
        kept = await tx.one("select name from projects where id = :project_id")
    assert kept == {"name": expected}
    await other.close()
    await db.close()
