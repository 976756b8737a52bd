"""A SQLite file that rows are moved from or to."""

import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

from jackfield.db import sqlite_schema
from jackfield.db.sqlite import SqliteDatabase, bind, translated_errors
from jackfield.db.transfer.end import TransferRefused, Values, in_use, require_version
from jackfield.db.transfer.tables import Table


@asynccontextmanager
async def opened(file: Path, *, alone: bool) -> AsyncGenerator["SqliteEnd"]:
    """
    Open a file at one moment; with `alone`, no other process has it open until the end.

    Raises:
        TransferRefused: there is no such file, or it is in use.
    """
    with translated_errors(), closing(_connect(file)) as connection:
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
        require_version(sqlite_schema.pending(connection), _shown(file))
        yield SqliteEnd(connection)


async def make(file: Path) -> None:
    """Make a database at this version, unless the file is there."""
    if not file.exists():  # noqa: ASYNC240 - a command waits for nothing else
        db = SqliteDatabase(file)
        await db.migrate()
        await db.close()


def _connect(file: Path) -> sqlite3.Connection:
    if not file.is_file():
        msg = f"there is no database at {str(file.absolute())!r}"
        raise TransferRefused(msg)
    connection = sqlite3.connect(file, isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES)
    connection.row_factory = sqlite3.Row
    return connection


def _shown(file: Path) -> str:
    return f"the database {str(file)!r}"


class SqliteEnd:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def has_rows(self, table: Table) -> bool:
        found = self._connection.execute(f"select 1 from {table.name} limit 1")  # noqa: S608
        return bool(found.fetchall())

    async def rows(self, table: Table) -> AsyncGenerator[Values]:
        found = self._connection.execute(f"select {table.listed} from {table.name}")  # noqa: S608
        for row in found:
            yield tuple(row)

    async def insert(self, table: Table, rows: Sequence[Values]) -> None:
        marks = ", ".join("?" * len(table.columns))
        self._connection.executemany(  # house: tenant_scope - those of every project
            f"insert into {table.name} ({table.listed}) values ({marks})",  # noqa: S608
            ([bind(value) for value in row] for row in rows),
        )

    async def commit(self) -> None:
        self._connection.execute("commit")
