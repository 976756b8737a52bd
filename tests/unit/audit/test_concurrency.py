"""Processes that write to one project at once make one chain, in which nothing is missing."""

from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest

from jackfield.audit.database import verify_chains
from jackfield.db.postgres import PostgresDatabase
from jackfield.db.sqlite import SqliteDatabase
from jackfield.db.tx import Database
from tests.support.audit_log import KEYS, ONE, OTHER, add, sign
from tests.support.clock import NOW, FrozenClock

pytestmark = [pytest.mark.anyio, pytest.mark.database]

EACH = 15


@pytest.fixture
async def elsewhere(
    db: Database, hub_database_url: str | None, tmp_path: Path, clock: FrozenClock
) -> AsyncGenerator[Database]:
    """Open the same database as another process does."""
    assert db is not None
    if hub_database_url is None:
        opened: Database = SqliteDatabase(tmp_path / "test.db", clock=clock)
    else:
        opened = await PostgresDatabase.open(hub_database_url, clock=clock)
    yield opened
    await opened.close()


@pytest.mark.slow
async def test_what_two_processes_write_at_once_is_one_sound_chain_a_project(
    db: Database, elsewhere: Database
) -> None:
    async with anyio.create_task_group() as all_of_them:
        for database in (db, elsewhere):
            for project_id in (ONE, OTHER):
                all_of_them.start_soon(add, database, project_id, EACH, None)
    await sign(db, ONE)
    await sign(elsewhere, OTHER)

    found = await verify_chains(db, KEYS, NOW)

    assert found.fault is None
    assert [each.records for each in found.chains] == [2 * EACH, 2 * EACH]
