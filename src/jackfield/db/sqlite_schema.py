"""Schema of a SQLite database: its migrations, and copies as it was before them, kept beside it."""

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from jackfield.db import migrate as migrations
from jackfield.db.migrate import Migration

_OWNER_ONLY: Final = 0o600
_MARK: Final = ".before-"
_MOST_COPIES: Final = 3

_log = structlog.get_logger()


def migrate(connection: sqlite3.Connection, now: object) -> list[str]:
    connection.execute("begin immediate")
    try:
        connection.execute(migrations.LEDGER)
        todo = pending(connection)
        is_new = not applied(connection)
        copy = None if is_new or not todo else _make_copy(_file(connection), todo[0].number)
        _apply(connection, todo, now)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
    names = [migration.name for migration in todo]
    if copy is not None:
        _log.info("database_migrated", applied=names, copy=str(copy))
    return names


def pending(connection: sqlite3.Connection) -> list[Migration]:
    file = _file(connection)
    return migrations.pending(applied(connection), find_copy=partial(_find_copy, file))


def apply(connection: sqlite3.Connection, numbers: Collection[int], now: object) -> None:
    """Apply those migrations to a database with nothing in it, in the caller's transaction."""
    connection.execute(migrations.LEDGER)
    _apply(connection, [each for each in migrations.migrations() if each.number in numbers], now)


def apply_pending(connection: sqlite3.Connection, now: object) -> None:
    """Apply what this version has beyond what was applied, in the caller's transaction."""
    _apply(connection, pending(connection), now)


def _apply(connection: sqlite3.Connection, todo: Sequence[Migration], now: object) -> None:
    for migration in todo:
        for statement in migration.statements:
            connection.execute(statement)
        connection.execute(
            "insert into migrations (number, name, hash, applied_at) values (?, ?, ?, ?)",
            (migration.number, migration.name, migration.hash, now),
        )


def applied(connection: sqlite3.Connection) -> dict[int, str]:
    """Return the hash of each migration that was applied, by its number."""
    # Asking makes nothing: there may be no ledger yet.
    if not connection.execute("select 1 from sqlite_master where name = 'migrations'").fetchall():
        return {}
    rows = connection.execute("select number, hash from migrations").fetchall()
    return {row["number"]: row["hash"] for row in rows}


def _file(connection: sqlite3.Connection) -> Path:
    (row,) = connection.execute("select file from pragma_database_list where name = 'main'")
    return Path(row["file"])


def _make_copy(file: Path, number: int) -> Path:
    """
    Copy what is committed in `file`, to which migration `number` is applied next.

    A copy of that number made earlier is of an older day, and replaced.
    """
    copy = file.with_name(f"{file.name}{_MARK}{number:04}")
    part = copy.with_name(f"{copy.name}.part")
    part.unlink(missing_ok=True)
    part.touch(_OWNER_ONLY)
    with (
        closing(sqlite3.connect(file)) as source,
        closing(sqlite3.connect(part)) as target,
    ):
        source.backup(target)
        # One whole file, whatever the mode of the source.
        target.execute("pragma journal_mode = delete")
    part.replace(copy)
    for old in _copies(file)[:-_MOST_COPIES]:
        old.unlink()
    return copy


def _find_copy(file: Path, number: int) -> Path | None:
    """Return the newest copy to which migration `number` had not been applied."""
    copies = reversed(_copies(file))
    return next((each for each in copies if int(each.name[-4:]) <= number), None)


def _copies(file: Path) -> list[Path]:
    """Return the copies that there are, the oldest first."""
    return sorted(file.parent.glob(f"{file.name}{_MARK}[0-9][0-9][0-9][0-9]"))
