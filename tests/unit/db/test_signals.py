import asyncio

import pytest

from jackfield.db.postgres import PostgresDatabase
from jackfield.db.tx import Database
from jackfield.kit.ids import ProjectId
from tests.support.actor import TESTER
from tests.support.clock import NOW

pytestmark = pytest.mark.anyio

OURS = ProjectId.new(NOW)


async def test_what_waits_is_woken_once_what_signals_it_is_on_disk(db: Database) -> None:
    async with db.listen("work") as work, db.listen("other") as other:
        async with db.write(OURS, TESTER) as tx:
            tx.signal("work")
            early = work.is_set()

        assert (early, work.is_set(), other.is_set()) == (False, True, False)


async def test_a_transaction_that_fails_wakes_nothing(db: Database) -> None:
    async with db.listen("work") as work:
        with pytest.raises(ZeroDivisionError):
            async with db.write(OURS, TESTER) as tx:
                tx.signal("work")
                _ = 1 / 0

        assert not work.is_set()


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_on_postgresql_another_process_is_woken_also_after_its_connection_was_lost(
    own_db: Database, database_url: str
) -> None:
    other = await PostgresDatabase.open(database_url)

    async def signal_until(woken: asyncio.Event) -> None:
        # It takes a moment until a process listens.
        while not woken.is_set():
            async with own_db.write(OURS, TESTER) as tx:
                tx.signal("work")

    try:
        async with other.listen("work") as woken, asyncio.timeout(20):
            await signal_until(woken)
            await own_db.unscoped(
                """
                select pg_terminate_backend(pid)
                  from pg_stat_activity
                 where datname = current_database() and query like 'LISTEN%'
                """
            )
            woken.clear()
            await signal_until(woken)
    finally:
        await other.close()
