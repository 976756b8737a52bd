"""
SQLite driver: one file, one writer thread.

Lookups run on the event loop's own thread: one takes some ten microseconds, and a trip to a thread
several times that. Whatever may find many rows runs on threads of its own, so that nobody waits for
another's list. Writes belong to one thread, because a write may wait for the disk or for another
process.

Writers take turns, as SQLite requires anyway, and share commits: a writer leaves its changes behind
a savepoint if others wait, and returns when the commit of all of them is on disk. Processes take
turns as well.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, LiteralString, TypeVar, cast

from jackfield.db import sqlite_schema
from jackfield.db.signals import Signals
from jackfield.db.sqlite_errors import translated_errors
from jackfield.db.sqlite_turns import BUSY_TIMEOUT_MS, Turns
from jackfield.db.statement import repeated, storable, with_json_lists, without_locks
from jackfield.db.tx import (
    DatabaseNotWritable,
    DatabaseUnusable,
    InvalidText,
    Row,
    Tx,
)
from jackfield.kit.actor import Actor
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import encode

T = TypeVar("T")

# So that rows hold what PostgreSQL's do. By the declared type of a column: an expression or a
# `returning` has none, so times and booleans are read by name.
sqlite3.register_converter("timestamptz", lambda text: datetime.fromisoformat(text.decode()))
sqlite3.register_converter("boolean", lambda text: text == b"1")

_AS_THEY_ARE: Final = frozenset({int, float, bool, bytes})
# A power of two.
_MOST_ROWS_AT_ONCE: Final = 128
_READERS: Final = 4
# More than a usual write adds: that a small one finds room says little.
_TRIAL_BYTES: Final = 64 * 1024
_PRAGMAS: Final = (
    "journal_mode = wal",
    "synchronous = full",
    "foreign_keys = on",
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
    "trusted_schema = off",
    # What is deleted is not left in the file, nor what pages had when rows moved to others.
    "secure_delete = on",
    # A backup lets the log grow: what is beyond its usual size would stay there unused.
    "journal_size_limit = 4194304",
)


class SqliteDatabase:
    def __init__(
        self,
        file: Path,
        *,
        clock: Clock = system_clock,
        on_touch: Callable[[ProjectId], None] = lambda _: None,
    ) -> None:
        """
        Open `file`, which is created if there is none.

        `on_touch` is called after a commit whose transaction was touched.

        Raises:
            DatabaseUnusable: it cannot be opened, or is not a database.
        """
        self._writer = _Writer(file)
        self._reader = _Reader(file)
        self._clock = clock
        self._on_touch = on_touch
        self._signals = Signals()

    @asynccontextmanager
    async def read(self, project_id: ProjectId) -> AsyncGenerator[Tx]:
        yield Tx(self._reader, project_id, self._clock())

    @asynccontextmanager
    async def write(self, project_id: ProjectId, actor: Actor, /) -> AsyncGenerator[Tx]:
        tx = Tx(self._writer, project_id, self._clock(), actor)
        async with self._writer.transaction():
            yield tx
        if tx.touched:
            self._on_touch(project_id)
        self._signals.send(tx.signals)

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncGenerator[asyncio.Event]:
        with self._signals.listen(topic) as event:
            yield event

    async def unscoped(self, sql: LiteralString, /, **values: object) -> list[Row]:
        values["now"] = self._clock()
        if sql.lstrip().startswith("select"):
            return await self._reader.look_up(sql, values)
        async with self._writer.transaction():
            return await self._writer.query(sql, values)

    async def check(self) -> None:
        await self.unscoped("select 1 as one")
        await self._writer.check()

    async def migrate(self) -> list[str]:
        now = bind(self._clock())
        return await self._writer.do(lambda connection: sqlite_schema.migrate(connection, now))

    async def pending(self) -> list[str]:
        todo = await self._writer.do(sqlite_schema.pending)
        return [migration.name for migration in todo]

    async def close(self) -> None:
        await self._reader.close()
        await self._writer.close()


class _Reader:
    """Connections that only look: one for lookups, and one for each thread that makes lists."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection = _open(file)
        self._threads = ThreadPoolExecutor(_READERS, thread_name_prefix="sqlite-reader")
        self._idle: list[sqlite3.Connection] = []

    async def look_up(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        with translated_errors():
            return query_rows(self._connection, sql, values)

    async def query(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        with translated_errors():
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._query_aside, sql, values)

    async def executemany(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        msg = "a transaction for looking changes nothing"
        raise AssertionError(msg)

    async def close(self) -> None:
        # What is under way is finished: a connection may not be closed beneath its thread.
        await asyncio.to_thread(self._threads.shutdown)
        for each in (self._connection, *self._idle):
            each.close()

    def _query_aside(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _open(self._file)
        try:
            return query_rows(connection, sql, values)
        finally:
            self._idle.append(connection)


class _Writer:
    """The one connection that changes the file, and its lock."""

    def __init__(self, file: Path) -> None:
        self._connection = _open(file)
        self._turns = Turns(file)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._turn = asyncio.Lock()
        self._commit: asyncio.Task[None] | None = None
        self._has_failed = False

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """
        Run `work` in the thread, after all work before it.

        Raises:
            DatabaseBusy: another process has locked the file.
            DatabaseNotWritable: the disk is full, failing or read-only.
        """
        loop = asyncio.get_running_loop()
        try:
            with translated_errors():
                return await loop.run_in_executor(self._thread, work, self._connection)
        except DatabaseNotWritable:
            self._has_failed = True
            raise

    async def check(self) -> None:
        """Write for trial, if a write has failed: nothing else may ask for one until that works."""
        if self._has_failed:
            async with self._turn:
                await self.do(_try_to_write)
            self._has_failed = False

    async def query(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        return await self.do(lambda connection: query_rows(connection, sql, values))

    async def look_up(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        return await self.query(sql, values)

    async def executemany(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        await self.do(lambda connection: execute_many(connection, sql, rows))

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        async with self._turn:
            try:
                await self.do(self._begin)
                yield
                await self.do(_release)
            except BaseException:
                # Not awaited: also when the task is cancelled; and the thread works in order.
                self._thread.submit(_undo, self._connection, is_alone=self._commit is None)
                raise
            # Writers that already wait for the lock get it before the commit does, and so share
            # it: the lock is fair.
            if self._commit is None:
                self._commit = asyncio.create_task(self._commit_when_free())
            commit = self._commit
        await asyncio.shield(commit)

    async def close(self) -> None:
        async with self._turn:
            await self.do(sqlite3.Connection.close)
        self._thread.shutdown()
        self._turns.close()

    def _begin(self, connection: sqlite3.Connection) -> None:
        if not connection.in_transaction:
            self._turns.begin(connection)
        connection.execute("savepoint turn")

    async def _commit_when_free(self) -> None:
        async with self._turn:
            self._commit = None
            await self.do(_commit)


def _open(file: Path) -> sqlite3.Connection:
    _create(file)
    try:
        connection = sqlite3.connect(
            file,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
            detect_types=sqlite3.PARSE_DECLTYPES,
        )
        for pragma in _PRAGMAS:
            connection.execute(f"pragma {pragma}")
    except sqlite3.Error as error:
        msg = f"cannot open the database {str(file)!r}: {error}"
        raise DatabaseUnusable(msg) from error
    connection.row_factory = _as_dict
    return connection


def _create(file: Path) -> None:
    """Create the database file for its owner alone; SQLite gives those beside it the same mode."""
    try:
        # Never one that is there: closing it would end the locks of this process's connections.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        msg = f"cannot open the database {str(file)!r}: {error.strerror}"
        raise DatabaseUnusable(msg) from error


def _as_dict(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> dict[str, object]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def query_rows(connection: sqlite3.Connection, sql: str, values: Mapping[str, object]) -> list[Row]:
    bound = {name: bind(value) for name, value in values.items()}
    return connection.execute(with_json_lists(without_locks(sql)), bound).fetchall()


def execute_many(
    connection: sqlite3.Connection, sql: str, rows: Sequence[Mapping[str, object]]
) -> None:
    # Not `executemany`: it releases the interpreter's lock once a row, and has to wait for it each
    # time while requests are served. And not as many rows at once as there are: each number of rows
    # is a statement of its own, which the connection keeps.
    start, size = 0, _MOST_ROWS_AT_ONCE
    while start < len(rows):
        while size > len(rows) - start:
            size //= 2
        some = rows[start : start + size]
        start += size
        statement, names = repeated(sql, size)
        # Most cells are stored as they are: to call a function for each would hold up requests.
        cells = [
            value
            if value is None
            or value.__class__ in _AS_THEY_ARE
            or (isinstance(value, str) and "\0" not in value)
            else bind(storable(value))
            for row in some
            for name in names
            for value in (row[name],)
        ]
        connection.execute(statement, cells)


def bind(value: object) -> object:
    """
    Return a value as SQLite takes it.

    Raises:
        InvalidText: PostgreSQL would not take it, and a database must be able to move there.
    """
    if isinstance(value, str):
        if "\0" in value:
            raise InvalidText
        return value
    if isinstance(value, list | tuple):
        items = cast("Sequence[object]", value)
        if any(isinstance(each, str) and "\0" in each for each in items):
            raise InvalidText
        return encode(items).decode()
    if isinstance(value, datetime):
        # One width and one zone, so that texts sort as times do.
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def _try_to_write(connection: sqlite3.Connection) -> None:
    _commit(connection)
    connection.execute("begin immediate")
    try:
        connection.execute("create table trial (content blob)")
        connection.execute("insert into trial values (zeroblob(?))", [_TRIAL_BYTES])
        connection.execute("drop table trial")
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def _release(connection: sqlite3.Connection) -> None:
    connection.execute("release turn")


def _undo(connection: sqlite3.Connection, *, is_alone: bool) -> None:
    """Undo one turn; one that shares its commit with none leaves the file to other processes."""
    # After some failures (disk full, I/O) SQLite has already rolled everything back itself.
    for each in ("rollback",) if is_alone else ("rollback to turn", "release turn"):
        if connection.in_transaction:
            connection.execute(each)


def _commit(connection: sqlite3.Connection) -> None:
    if not connection.in_transaction:
        return
    try:
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise
