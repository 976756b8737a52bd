"""What only the SQLite driver has to deal with."""

import sqlite3
from pathlib import Path

import pytest

from jackfield.db.sqlite import SqliteDatabase
from jackfield.db.tx import DatabaseUnusable
from jackfield.kit.ids import ProjectId
from tests.support.actor import TESTER
from tests.support.clock import NOW

pytestmark = pytest.mark.anyio


async def test_an_acknowledged_write_is_seen_by_another_process(tmp_path: Path) -> None:
    file = tmp_path / "jackfield.db"
    db = SqliteDatabase(file)
    await db.migrate()

    async with db.write(ProjectId.new(NOW), TESTER) as tx:
        await tx.run("insert into projects (id, name, created_at) values (:project_id, 'a', :now)")

    with sqlite3.connect(file) as other:
        assert other.execute("select name from projects").fetchall() == [("a",)]
    other.close()
    await db.close()


async def test_commits_are_written_through_to_the_disk(tmp_path: Path) -> None:
    db = SqliteDatabase(tmp_path / "jackfield.db")
    await db.migrate()

    rows = [*await db.unscoped("select * from pragma_synchronous()")]
    modes = [*await db.unscoped("select * from pragma_journal_mode()")]

    assert (rows, modes) == ([{"synchronous": 2}], [{"journal_mode": "wal"}])
    await db.close()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "jackfield.db").write_text("this is a shopping list, " * 100, encoding="utf-8")

    with pytest.raises(DatabaseUnusable, match="cannot open the database"):
        SqliteDatabase(tmp_path / "jackfield.db")
