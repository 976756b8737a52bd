"""Several processes that write to one SQLite file."""

import asyncio
import sqlite3
import sys
import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from jackfield.db import sqlite_turns
from jackfield.db.sqlite import SqliteDatabase
from jackfield.db.sqlite_turns import Turns
from jackfield.db.tx import DatabaseBusy
from jackfield.kit.ids import ProjectId
from tests.support.actor import TESTER
from tests.support.running import PATIENCE

_PROCESSES = 4
_TIMES = 100
_COUNTS = """
import asyncio, pathlib, sys
from jackfield.db.sqlite import SqliteDatabase
from jackfield.kit.ids import ProjectId
from tests.support.actor import TESTER

async def count(db):
    for _ in range(int(sys.argv[2])):
        async with db.write(ProjectId("prj_1"), TESTER) as tx:
            row = await tx.one("select number from counted")
            await tx.run("update counted set number = :number", number=row["number"] + 1)

async def main():
    db = SqliteDatabase(pathlib.Path(sys.argv[1]))
    await asyncio.gather(count(db), count(db))
    await db.close()

asyncio.run(main())
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "some.db")) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table counted (number integer)")
        connection.execute("insert into counted values (0)")
        connection.commit()
    return tmp_path / "some.db"


@pytest.fixture
def writers(file: Path) -> Generator[list[tuple[Turns, sqlite3.Connection]]]:
    found = [
        (Turns(file), sqlite3.connect(file, isolation_level=None, check_same_thread=False))
        for _ in range(2)
    ]
    yield found
    for turns, connection in found:
        turns.close()
        connection.close()


@pytest.mark.anyio
@pytest.mark.slow
async def test_processes_that_write_at_once_never_fail_and_lose_nothing(file: Path) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _COUNTS, str(file), str(_TIMES)), cwd=Path(__file__).parents[3]
        )
        for _ in range(_PROCESSES)
    ]
    async with asyncio.timeout(PATIENCE):
        statuses = [await each.wait() for each in processes]

    assert statuses == [0] * _PROCESSES
    with closing(sqlite3.connect(file)) as connection:
        number = connection.execute("select number from counted").fetchone()
    assert number == (2 * _PROCESSES * _TIMES,)


def test_a_process_that_waits_to_write_is_the_next_one(
    writers: list[tuple[Turns, sqlite3.Connection]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (ours, busy), (theirs, waiting) = writers
    order = list[str]()
    waits = threading.Event()
    ours.begin(busy)
    slept = sqlite_turns.time.sleep

    def sleep(seconds: float) -> None:
        waits.set()
        slept(seconds)

    monkeypatch.setattr(sqlite_turns.time, "sleep", sleep)

    def write() -> None:
        theirs.begin(waiting)
        order.append("theirs")
        waiting.execute("commit")

    thread = threading.Thread(target=write)
    thread.start()
    assert waits.wait(PATIENCE)
    busy.execute("commit")
    ours.begin(busy)
    order.append("ours")
    busy.execute("commit")
    thread.join()

    assert order == ["theirs", "ours"]


@pytest.mark.anyio
async def test_a_process_that_writes_for_too_long_is_an_error_that_says_when_to_try_again(
    file: Path, writers: list[tuple[Turns, sqlite3.Connection]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_turns, "BUSY_TIMEOUT_MS", 1)
    turns, connection = writers[0]
    turns.begin(connection)
    db = SqliteDatabase(file)

    with pytest.raises(DatabaseBusy) as busy:
        async with db.write(ProjectId("prj_1"), TESTER):
            pass
    connection.execute("rollback")
    async with db.write(ProjectId("prj_1"), TESTER) as tx:
        row = await tx.one("select number from counted")
    await db.close()

    assert busy.value.retry_after == 1
    assert row is not None
