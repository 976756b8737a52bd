"""A SQLite file that rows are moved from or to."""

import os
import secrets
import sqlite3
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Final

from jackfield.db import copy_state, sqlite_schema
from jackfield.db.sqlite import SqliteDatabase, bind, execute_many, query_rows
from jackfield.db.sqlite_errors import translated_errors
from jackfield.db.transfer.end import (
    OneTransaction,
    TransferRefused,
    Values,
    in_use,
    not_taken,
    require_hub,
    require_version,
)
from jackfield.db.transfer.tables import Table
from jackfield.db.tx import InvalidText, Row, Transactions
from jackfield.kit.clock import system_clock

_OWNER_ONLY: Final = 0o600
_PART: Final = ".restoring-"
# Of values that are no hub's; `InvalidText` is of those that PostgreSQL would not take.
_ROW_ERRORS: Final = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    InvalidText,
    ValueError,
    OverflowError,
)


@asynccontextmanager
async def opened(file: Path, *, alone: bool) -> AsyncGenerator["SqliteEnd"]:
    """
    Open a file at one moment; with `alone`, no other process has it open until the end.

    Raises:
        TransferRefused: there is no such file, or it is in use.
        DatabaseMoved: the hub went on elsewhere, and what it did there is not in this file.
    """
    with translated_errors(), closing(connect(file)) as connection:
        # Before the file is read: then it is locked against all others, not only their writes.
        connection.execute(f"pragma locking_mode = {'exclusive' if alone else 'normal'}")
        connection.execute("pragma foreign_keys = on")
        try:
            connection.execute("begin immediate" if alone else "begin")
            connection.execute("select 1 from sqlite_master").fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname.startswith("SQLITE_BUSY"):
                raise in_use(_shown(file)) from error
            raise
        copy_state.require_not_moved(connection)
        require_version(sqlite_schema.pending(connection), _shown(file))
        yield SqliteEnd(connection)


@asynccontextmanager
async def snapshot(file: Path) -> AsyncGenerator["SqliteEnd"]:
    """
    Open a file to read it as it is at one moment, at this version or an earlier one.

    Raises:
        TransferRefused: there is no such file.
        DatabaseMoved: the hub went on elsewhere, and what it did there is not in this file.
        DatabaseUnusable: a newer version wrote it.
    """
    with translated_errors(), closing(connect(file)) as connection:
        connection.execute("pragma query_only = on")
        connection.execute("begin")
        copy_state.require_not_moved(connection)
        sqlite_schema.pending(connection)
        require_hub(sqlite_schema.applied(connection), _shown(file))
        yield SqliteEnd(connection)


@asynccontextmanager
async def new(file: Path, numbers: Collection[int]) -> AsyncGenerator["NewSqliteEnd"]:
    """
    Make a database to which those migrations were applied; it is there once it is committed.

    Until then it has another name.

    Raises:
        TransferRefused: there is a database.
    """
    _require_absent(file)
    for left in file.parent.glob(f"{file.name}{_PART}*"):
        left.unlink(missing_ok=True)
    part = file.with_name(f"{file.name}{_PART}{secrets.token_hex(4)}")
    try:
        part.touch(_OWNER_ONLY)
        with translated_errors(), closing(connect(part)) as connection:
            # It goes with the whole file.
            connection.execute("pragma journal_mode = off")
            connection.execute("pragma synchronous = off")
            connection.execute("pragma foreign_keys = on")
            connection.execute("begin immediate")
            connection.execute("pragma defer_foreign_keys = on")
            sqlite_schema.apply(connection, numbers, bind(system_clock()))
            end = NewSqliteEnd(connection)
            yield end
        if end.is_committed:
            _publish(part, file)
    except OSError as error:
        msg = f"{_shown(file)} cannot be made: {error.strerror}"
        raise TransferRefused(msg) from error
    finally:
        for each in (part, part.with_name(f"{part.name}-journal")):
            each.unlink(missing_ok=True)


async def make(file: Path) -> None:
    """Make a database at this version, unless the file is there."""
    if not file.exists():  # noqa: ASYNC240 - a command waits for nothing else
        db = SqliteDatabase(file)
        await db.migrate()
        await db.close()


def _require_absent(file: Path) -> None:
    log = file.with_name(f"{file.name}-wal")
    if file.exists() and file.stat().st_size:
        msg = f"there is a database at {str(file.absolute())!r}; restore into an empty directory"
        raise TransferRefused(msg)
    if log.exists():
        # Its writes would be taken for those of the new database.
        msg = f"{str(log.absolute())!r} is left of another database; move it away"
        raise TransferRefused(msg)


def _publish(part: Path, file: Path) -> None:
    """Give a complete file its name, on disk, unless another has taken it."""
    with part.open("rb") as content:
        os.fsync(content.fileno())
    if file.exists() and not file.stat().st_size:
        file.unlink()
    os.link(part, file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def connect(file: Path) -> sqlite3.Connection:
    """
    Open a file that is there.

    Raises:
        TransferRefused: it is not.
    """
    if not file.is_file():
        msg = f"there is no database at {str(file.absolute())!r}"
        raise TransferRefused(msg)
    connection = sqlite3.connect(file, isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES)
    connection.row_factory = sqlite3.Row
    # Or rows that move as others come leave copies, of shredding keys too, that no deletion finds.
    connection.execute("pragma secure_delete = on")
    return connection


def _shown(file: Path) -> str:
    return f"the database {str(file)!r}"


class SqliteEnd:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def applied(self) -> dict[int, str]:
        return sqlite_schema.applied(self._connection)

    async def has_rows(self, table: Table) -> bool:
        found = self._connection.execute(f"select 1 from {table.name} limit 1")  # noqa: S608
        return bool(found.fetchall())

    async def rows(self, table: Table) -> AsyncGenerator[Values]:
        found = self._connection.execute(f"select {table.listed} from {table.name}")  # noqa: S608
        try:
            for row in found:
                yield tuple(row)
        except ValueError as error:
            # Such as a moment that is none.
            raise not_taken(table, "SQLite", error) from None

    async def insert(self, table: Table, rows: Sequence[Values]) -> None:
        marks = ", ".join("?" * len(table.columns))
        try:
            self._connection.executemany(  # house: tenant_scope - those of every project
                f"insert into {table.name} ({table.listed}) values ({marks})",  # noqa: S608
                ([bind(value) for value in row] for row in rows),
            )
        except _ROW_ERRORS as error:
            raise not_taken(table, "SQLite", error) from None

    async def commit(self) -> None:
        self._connection.execute("commit")


class NewSqliteEnd(SqliteEnd):
    """A database that has its name only once it is committed."""

    is_committed = False

    async def upgrade(self) -> Transactions:
        sqlite_schema.apply_pending(self._connection, bind(system_clock()))
        return OneTransaction(_Connection(self._connection))

    async def commit(self) -> None:
        try:
            await super().commit()
        except sqlite3.IntegrityError:
            msg = "there are rows that refer to others which are not there; nothing was written"
            raise TransferRefused(msg) from None
        self.is_committed = True


class _Connection:
    """The connection of a transfer, as transactions ask it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def query(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        return [dict(row) for row in query_rows(self._connection, sql, values)]

    async def look_up(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        return await self.query(sql, values)

    async def executemany(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        execute_many(self._connection, sql, rows)
