"""What both drivers promise, on a real SQLite file and a real PostgreSQL."""

import asyncio

import pytest

from jackfield.db.tx import Database, InvalidText, Tx
from jackfield.kit.ids import ProjectId
from tests.support.actor import TESTER
from tests.support.clock import NOW, FrozenClock

pytestmark = pytest.mark.anyio

OURS, THEIRS = ProjectId.new(NOW), ProjectId.new(NOW)


@pytest.fixture
async def projects(db: Database) -> None:
    for project_id, name in ((OURS, "ours"), (THEIRS, "theirs")):
        async with db.write(project_id, TESTER) as tx:
            await tx.run(
                "insert into projects (id, name, created_at) values (:project_id, :name, :now)",
                name=name,
            )


async def add_event(tx: Tx, event_id: str) -> None:
    await tx.run(
        """
        insert into events (id, project_id, type, subject, body, created_at)
        values (:id, :project_id, 'test', 'nobody', '{}', :now)
        """,
        id=event_id,
    )


async def event_ids(db: Database, project_id: ProjectId = OURS) -> list[str]:
    async with db.read(project_id) as tx:
        rows = await tx.all("select id from events where project_id = :project_id order by id")
    return [row["id"] for row in rows]


@pytest.mark.usefixtures("projects")
async def test_a_row_is_seen_by_its_own_project_only(db: Database) -> None:
    async with db.write(OURS, TESTER) as tx:
        await add_event(tx, "evt_1")

    assert await event_ids(db, OURS) == ["evt_1"]
    assert await event_ids(db, THEIRS) == []


@pytest.mark.usefixtures("projects")
async def test_a_failed_block_leaves_no_trace_and_spoils_no_other(db: Database) -> None:
    async def write(event_id: str, *, fail: bool) -> None:
        async with db.write(OURS, TESTER) as tx:
            await add_event(tx, event_id)
            if fail:
                raise ZeroDivisionError

    results = await asyncio.gather(
        *(write(f"evt_{number}", fail=number % 2 == 1) for number in range(6)),
        return_exceptions=True,
    )

    assert [type(result) for result in results] == [type(None), ZeroDivisionError] * 3
    assert await event_ids(db) == ["evt_0", "evt_2", "evt_4"]


@pytest.mark.usefixtures("projects")
async def test_a_cancelled_writer_leaves_no_trace(db: Database) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with db.write(OURS, TESTER) as tx:
            await add_event(tx, "evt_cancelled")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    await asyncio.wait([task])
    async with db.write(OURS, TESTER) as tx:
        await add_event(tx, "evt_after")

    assert await event_ids(db) == ["evt_after"]


@pytest.mark.usefixtures("projects")
async def test_times_come_back_as_they_went(db: Database, clock: FrozenClock) -> None:
    clock.advance(microseconds=1)
    async with db.write(OURS, TESTER) as tx:
        await add_event(tx, "evt_1")

    async with db.read(OURS) as tx:
        row = await tx.one("select created_at from events where project_id = :project_id")

    assert row == {"created_at": clock.now}


@pytest.mark.usefixtures("projects")
async def test_a_time_is_compared_as_a_time(db: Database, clock: FrozenClock) -> None:
    async with db.write(OURS, TESTER) as tx:
        await add_event(tx, "evt_1")
    clock.advance(seconds=1)

    async with db.read(OURS) as tx:
        earlier = await tx.all(
            "select id from events where project_id = :project_id and created_at < :now"
        )

    assert earlier == [{"id": "evt_1"}]


@pytest.mark.usefixtures("projects")
@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 40])
async def test_a_list_fills_a_parenthesis(db: Database, count: int) -> None:
    async with db.write(OURS, TESTER) as tx:
        for number in range(5):
            await add_event(tx, f"evt_{number}")

    async with db.read(OURS) as tx:
        rows = await tx.all(
            "select id from events where project_id = :project_id and id in (:ids) order by id",
            ids=[f"evt_{number}" for number in range(count)],
        )

    assert [row["id"] for row in rows] == [f"evt_{number}" for number in range(min(count, 5))]


@pytest.mark.usefixtures("projects")
async def test_many_rows_are_written_in_one_trip(db: Database) -> None:
    async with db.write(OURS, TESTER) as tx:
        await tx.executemany(
            """
            insert into events (id, project_id, type, subject, body, created_at)
            values (:id, :project_id, 'test', 'nobody', '{}', :now)
            """,
            [{"id": f"evt_{number}"} for number in range(3)],
        )

    assert await event_ids(db) == ["evt_0", "evt_1", "evt_2"]


@pytest.mark.usefixtures("projects")
async def test_a_quoted_colon_is_no_parameter(db: Database) -> None:
    async with db.read(OURS) as tx:
        row = await tx.one(
            "select ':name' as text from projects -- not :this\n where id = :project_id"
        )

    assert row == {"text": ":name"}


async def test_migrations_run_once(db: Database) -> None:
    assert await db.migrate() == []
    assert await db.pending() == []


async def test_a_migration_that_was_changed_after_it_ran_is_refused(own_db: Database) -> None:
    await own_db.unscoped("update migrations set hash = 'other' where number = 1")

    with pytest.raises(Exception, match="was changed after it was applied"):
        await own_db.migrate()


async def test_a_database_of_a_newer_version_is_refused(own_db: Database) -> None:
    await own_db.unscoped(
        "insert into migrations (number, name, hash, applied_at) values (9999, 'x', 'x', :now)"
    )

    with pytest.raises(Exception, match="newer version of Jackfield"):
        await own_db.migrate()


@pytest.mark.usefixtures("projects")
async def test_what_a_transaction_read_is_so_until_it_ends(db: Database) -> None:
    async def append(letter: str) -> None:
        async with db.write(OURS, TESTER) as tx:
            row = await tx.one("select name from projects where id = :project_id")
            assert row is not None
            await asyncio.sleep(0)
            await tx.run(
                "update projects set name = :name where id = :project_id",
                name=row["name"] + letter,
            )

    await asyncio.gather(*map(append, "abcdefghijkl"))

    async with db.read(OURS) as tx:
        row = await tx.one("select name from projects where id = :project_id")
    assert row is not None
    assert sorted(row["name"].removeprefix("ours")) == [*"abcdefghijkl"]


@pytest.mark.usefixtures("projects")
@pytest.mark.parametrize("value", ["a\0b", ["a", "b\0"]], ids=["text", "list"])
async def test_a_text_that_cannot_be_stored_everywhere_is_refused_everywhere(
    db: Database, value: object
) -> None:
    with pytest.raises(InvalidText):
        async with db.read(OURS) as tx:
            await tx.all(
                "select id from events where project_id = :project_id and id in (:ids)",
                ids=value if isinstance(value, list) else [value],
            )
    with pytest.raises(InvalidText):
        async with db.write(OURS, TESTER) as tx:
            await add_event(tx, value if isinstance(value, str) else value[1])

    assert await event_ids(db) == []


@pytest.mark.usefixtures("projects")
async def test_a_list_that_nothing_is_to_be_in_may_be_long(db: Database) -> None:
    async with db.write(OURS, TESTER) as tx:
        await add_event(tx, "evt_1")
    ids = [f"evt_{number}" for number in range(2, 100_000)]

    async with db.read(OURS) as tx:
        rows = await tx.all(
            "select id from events where project_id = :project_id and id not in (:ids)", ids=ids
        )

    assert rows == [{"id": "evt_1"}]
