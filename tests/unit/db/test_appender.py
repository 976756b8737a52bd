"""Rows that are written a moment later."""

import asyncio
from collections.abc import Sequence

import pytest

from jackfield.db.tx import Database, Tx
from jackfield.db.write_buffer import Rows, WriteBuffer
from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId
from tests.support.actor import TESTER
from tests.support.clock import NOW

pytestmark = pytest.mark.anyio

PROJECT = ProjectId.new(NOW)
INSERT = """
    insert into events (id, project_id, type, subject, body, created_at)
    values (:id, :project_id, 'test', 'nobody', '{}', :now)
"""


@pytest.fixture(autouse=True)
async def project(db: Database) -> None:
    async with db.write(PROJECT, TESTER) as tx:
        await tx.run(
            "insert into projects (id, name, created_at) values (:project_id, 'ours', :now)"
        )


async def written(db: Database) -> list[str]:
    return [row["id"] for row in await db.unscoped("select id from events order by id")]


def rows_of(appender: WriteBuffer, count: int, start: int = 0) -> list[str]:
    ids = [f"evt_{number:03}" for number in range(start, start + count)]
    for each in ids:
        appender.append(PROJECT, INSERT, {"id": each, "now": NOW})
    return ids


async def test_a_flush_waits_for_what_another_one_is_writing(db: Database) -> None:
    appender = WriteBuffer(db)
    ids = rows_of(appender, 50)
    first = asyncio.create_task(appender.flush())
    await asyncio.sleep(0)

    await appender.flush()

    assert await written(db) == ids
    await first
    await appender.close()


async def test_closing_loses_nothing_that_is_waiting_or_being_written(db: Database) -> None:
    appender = WriteBuffer(db)
    ids = rows_of(appender, 50)
    first = asyncio.create_task(appender.flush())
    await asyncio.sleep(0)
    ids += rows_of(appender, 50, start=50)

    await appender.close()

    assert await written(db) == ids
    await first


async def test_what_a_function_writes_of_rows_is_written_together_or_not_at_all(
    db: Database,
) -> None:
    fails = True

    async def write(tx: Tx, rows: Rows) -> None:
        await tx.executemany(INSERT, rows)
        await tx.run(INSERT, id=f"evt_of_{len(rows)}")
        if fails:
            raise HubError

    async def written_of(ids: Sequence[str]) -> list[str]:
        appender = WriteBuffer(db)
        for each in ids:
            appender.append(PROJECT, write, {"id": each, "now": NOW})
        await appender.close()
        return await written(db)

    assert await written_of(["evt_1", "evt_2"]) == []
    fails = False
    assert await written_of(["evt_3", "evt_4"]) == ["evt_3", "evt_4", "evt_of_2"]


async def test_rows_of_a_project_that_was_deleted_meanwhile_do_not_cost_those_of_others(
    db: Database,
) -> None:
    appender = WriteBuffer(db)
    appender.append(ProjectId("prj_gone"), INSERT, {"id": "evt_lost", "now": NOW})
    ids = rows_of(appender, 2)

    await appender.close()

    assert await written(db) == ids
