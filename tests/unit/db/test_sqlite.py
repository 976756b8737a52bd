"""What only the SQLite driver has to deal with."""

import asyncio
import io
import json
import re
import sqlite3
import stat
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jackfield.db import migrate
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


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError])
async def test_a_write_that_fails_leaves_the_file_to_other_processes(
    tmp_path: Path, error: type[BaseException]
) -> None:
    file = tmp_path / "jackfield.db"
    db = SqliteDatabase(file)
    await db.migrate()

    with suppress(error):
        async with db.write(ProjectId.new(NOW), TESTER) as tx:
            await tx.run("delete from projects where id = :project_id")
            raise error

    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("begin immediate")
    await db.close()


async def test_commits_are_written_through_to_the_disk(tmp_path: Path) -> None:
    db = SqliteDatabase(tmp_path / "jackfield.db")
    await db.migrate()

    rows = [*await db.unscoped("select * from pragma_synchronous()")]
    modes = [*await db.unscoped("select * from pragma_journal_mode()")]

    assert (rows, modes) == ([{"synchronous": 2}], [{"journal_mode": "wal"}])
    await db.close()


async def test_what_is_deleted_is_left_neither_in_the_file_nor_at_the_end_of_a_long_log(
    tmp_path: Path,
) -> None:
    db = SqliteDatabase(tmp_path / "jackfield.db")
    await db.migrate()

    # By itself, SQLite does as who built it chose, and never shortens the log.
    secure = [*await db.unscoped("select * from pragma_secure_delete()")]
    limit = [*await db.unscoped("select * from pragma_journal_size_limit()")]

    assert [[*row.values()] for row in (*secure, *limit)] == [[1], [4 << 20]]
    await db.close()


async def test_few_statements_are_kept_however_many_rows_are_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: set[str] = set()

    class Watched(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            texts.add(sql)
            return super().execute(sql, *values)

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Watched))
    db = SqliteDatabase(tmp_path / "jackfield.db")
    await db.unscoped("create table rows (size integer, nth integer)")
    sizes = [*range(1, 65), 127, 200, 500]

    async with db.write(ProjectId.new(NOW), TESTER) as tx:
        for size in sizes:
            rows = [{"size": size, "nth": nth} for nth in range(size)]
            await tx.executemany("insert into rows (size, nth) values (:size, :nth)", rows)

    counted = await db.unscoped("select size, nth from rows order by size, nth")
    assert counted == [{"size": size, "nth": nth} for size in sizes for nth in range(size)]
    assert len([each for each in texts if each.startswith("insert into rows")]) <= 8
    await db.close()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "jackfield.db").write_text("this is a shopping list, " * 100, encoding="utf-8")

    with pytest.raises(DatabaseUnusable, match="cannot open the database"):
        SqliteDatabase(tmp_path / "jackfield.db")


async def test_what_is_migrated_is_copied_before_and_the_way_back_is_named(
    tmp_path: Path, log_lines: io.StringIO
) -> None:
    file = tmp_path / "jackfield.db"
    db = SqliteDatabase(file)
    await db.migrate()
    assert [each.name for each in copies_in(tmp_path)] == []
    last = migrate.migrations()[-1]
    await db.unscoped("delete from migrations where number = :number", number=last.number)
    for table in re.findall(r"create table (\w+)", last.sql):
        await db.unscoped(f"drop table {table}")  # pyright: ignore[reportArgumentType]
    for index in re.findall(r"create (?:unique )?index (\w+)", last.sql):
        await db.unscoped(f"drop index if exists {index}")  # pyright: ignore[reportArgumentType]
    for name, kind in re.findall(r"alter table (\w+)\s+add column (\w+)", last.sql):
        await db.unscoped(f"alter table {name} drop column {kind}")  # pyright: ignore[reportArgumentType]
    async with db.write(ProjectId.new(NOW), TESTER) as tx:
        await tx.run("insert into projects (id, name, created_at) values (:project_id, 'a', :now)")

    older = [tmp_path / f"jackfield.db.before-{number:04}" for number in (2, 3, 4)]
    for each in older:
        each.touch()
    applied = await db.migrate()
    assert {*copies_in(tmp_path)} > {*older[1:]}
    (copy,) = {*copies_in(tmp_path)} - {*older[1:]}
    await db.unscoped(
        "update migrations set number = :newer where number = :last",
        last=last.number,
        newer=last.number + 1,
    )
    with pytest.raises(DatabaseUnusable, match=re.escape(str(copy))):
        await db.pending()
    await db.close()

    assert applied == [last.name]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as before:
        assert before.execute("select name from projects").fetchall() == [("a",)]
        assert before.execute("select max(number) from migrations").fetchone() < (last.number,)
    line = next(json.loads(each) for each in log_lines.getvalue().splitlines() if "copy" in each)
    assert (line["event"], line["copy"]) == ("database_migrated", str(copy))


def copies_in(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if ".before-" in each.name]
