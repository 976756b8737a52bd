"""PostgreSQL driver."""

import asyncio
import re
import secrets
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final, LiteralString, Self, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlsplit
from weakref import WeakValueDictionary

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from jackfield.db import postgres_schema
from jackfield.db.signals import Signals
from jackfield.db.statement import positional, storable, with_arrays
from jackfield.db.tx import (
    DatabaseAway,
    DatabaseBusy,
    DatabaseNotWritable,
    DatabaseUnusable,
    InvalidText,
    Row,
    Tx,
)
from jackfield.kit.actor import Actor
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId

_Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
_Proxy: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"

# With a project's hash, so that its write transactions are serial in all processes.
_PROJECT_LOCK: Final = 0x6A61636C
# In one trip. What was locked before the savepoint stays so when everything after it is done again.
_BEGIN: Final = (
    "begin; select pg_advisory_xact_lock({lock}, hashtext('{project_id}')); savepoint begun"
)
_BEGIN_TO_READ: Final = "begin isolation level repeatable read, read only; savepoint begun"
_BEGIN_AGAIN: Final = "rollback to savepoint begun"
_STATEMENT_SECONDS: Final = 30
_CONNECT_SECONDS: Final = 10
_CHANNEL: Final = "jackfield"
_NOTIFY: Final = "select pg_notify(:channel, :payload)"
_RECONNECT_SECONDS: Final = 1.0

# The server is stopped, starts, refuses connections, or has no room.
_AWAY: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.PostgresSystemError,
)
_NOT_WRITABLE: Final = (asyncpg.DiskFullError, asyncpg.ReadOnlySQLTransactionError)
# 64 KB that do not compress; it is rolled back.
_TRIAL: Final = (
    "insert into migrations select 0, string_agg(md5(random()::text), ''), '', now()"
    " from generate_series(1, 2048)"
)
_ABOUT_FILES: Final = (ssl.SSLError, FileNotFoundError, PermissionError, IsADirectoryError)
_FILES: Final = frozenset({"sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"})
_GONE: Final = re.compile(r"clos(?:ed|ing)|released back")

_log = structlog.get_logger()

T = TypeVar("T")


class PostgresDatabase:
    def __init__(self, pool: _Pool, clock: Clock, on_touch: Callable[[ProjectId], None]) -> None:
        self._pool = pool
        self._clock = clock
        self._on_touch = on_touch
        self._signals = Signals()
        self._own = f"{secrets.token_hex(8)} "
        self._turns: WeakValueDictionary[ProjectId, asyncio.Lock] = WeakValueDictionary()
        self._has_failed = False

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        clock: Clock = system_clock,
        on_touch: Callable[[ProjectId], None] = lambda _: None,
        connections: int = 10,
    ) -> Self:
        """
        Connect to `url`.

        `on_touch` is called after a commit whose transaction was touched.

        Raises:
            DatabaseUnusable: the server does not exist, or rejects the connection.
        """
        pool = await connected(
            asyncpg.create_pool,
            url,
            min_size=1,
            max_size=connections,
            command_timeout=_STATEMENT_SECONDS,
        )
        return cls(pool, clock, on_touch)

    @asynccontextmanager
    async def read(self, project_id: ProjectId) -> AsyncGenerator[Tx]:
        # Of one moment, as on SQLite: an account and its credentials belong together.
        async with (
            self._acquire() as connection,
            _transaction(connection, _BEGIN_TO_READ) as transaction,
        ):
            yield Tx(transaction, project_id, self._clock())

    @asynccontextmanager
    async def write(self, project_id: ProjectId, actor: Actor, /) -> AsyncGenerator[Tx]:
        """
        Open a write transaction; those of one project are serial, as on SQLite.

        So what a transaction has read does not change until it ends.
        """
        # A transaction that waits in this process holds no connection: the one ahead may need it.
        turn = self._turns.setdefault(project_id, asyncio.Lock())
        async with (
            self._noticing_failures(),
            _in_turn(turn),
            self._acquire() as connection,
            _transaction(connection, _begin(project_id)) as transaction,
        ):
            tx = Tx(transaction, project_id, self._clock(), actor)
            yield tx
            for topic in tx.signals:
                values = {"channel": _CHANNEL, "payload": self._own + topic}
                await transaction.query(_NOTIFY, values)
        if tx.touched:
            self._on_touch(project_id)
        self._signals.send(tx.signals)

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncGenerator[asyncio.Event]:
        relay = asyncio.create_task(self._relay())
        try:
            with self._signals.listen(topic) as event:
                yield event
        finally:
            relay.cancel()
            await asyncio.gather(relay, return_exceptions=True)

    async def unscoped(self, sql: LiteralString, /, **values: object) -> list[Row]:
        values["now"] = self._clock()
        async with self._noticing_failures(), self._acquire() as connection:
            return await _Connection(connection).query(sql, values)

    async def check(self) -> None:
        """Write for trial, if a write has failed: nothing else may ask for one until that works."""
        await self.unscoped("select 1 as one")
        if self._has_failed:
            with translated_errors():
                async with self._acquire() as connection:
                    trial = connection.transaction()
                    await trial.start()
                    try:
                        await connection.execute(_TRIAL)
                    finally:
                        await trial.rollback()
            self._has_failed = False

    async def migrate(self) -> list[str]:
        async with self._acquire() as connection:
            return await postgres_schema.migrate(connection, self._clock())

    async def pending(self) -> list[str]:
        async with self._acquire() as connection:
            return [each.name for each in await postgres_schema.pending(connection)]

    async def close(self) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def _noticing_failures(self) -> AsyncGenerator[None]:
        try:
            yield
        except DatabaseNotWritable:
            self._has_failed = True
            raise

    @asynccontextmanager
    async def _acquire(self) -> AsyncGenerator[_Proxy]:
        """
        Have one of the pool's connections.

        Raises:
            DatabaseAway, DatabaseBusy: none can be had soon.
        """
        with translated_errors():
            connection = await self._pool.acquire(timeout=_STATEMENT_SECONDS)
        try:
            yield connection
        finally:
            with translated_errors():
                await self._pool.release(connection)

    async def _relay(self) -> None:
        """Relay signals of other processes, over a connection that is reopened when lost."""
        while True:
            try:
                async with self._pool.acquire() as connection:
                    await self._listen_on(connection)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("signals_not_heard", detail=str(error))
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen_on(self, connection: _Proxy) -> None:
        lost = asyncio.Event()

        def hear(_connection: object, _pid: int, _channel: str, payload: object) -> None:
            text = str(payload)
            if not text.startswith(self._own):
                self._signals.send([text.partition(" ")[2]])

        def lose(_connection: object) -> None:
            lost.set()

        connection.add_termination_listener(lose)
        await connection.add_listener(_CHANNEL, hear)
        try:
            await lost.wait()
        finally:
            connection.remove_termination_listener(lose)
            if not connection.is_closed():
                await connection.remove_listener(_CHANNEL, hear)


class _Connection:
    """A connection on which each statement is a transaction of its own."""

    def __init__(self, connection: _Proxy) -> None:
        self._connection = connection

    async def query(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        text, names = positional(with_arrays(sql))
        arguments: list[Any] = [values[name] for name in names]
        records = await self._carry_out(lambda: self._connection.fetch(text, *arguments))
        return [dict(record) for record in records]

    async def look_up(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        return await self.query(sql, values)

    async def executemany(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        text, names = positional(sql)
        arguments = [[storable(row[name]) for name in names] for row in rows]
        await self._carry_out(lambda: self._connection.executemany(text, arguments))

    async def _carry_out(self, statement: Callable[[], Awaitable[T]]) -> T:
        with translated_errors():
            return await statement()


class _Transaction(_Connection):
    """A connection with an open transaction, which is done again where a migration breaks it.

    A statement was prepared for the tables as they were: PostgreSQL refuses it once, and with it
    the transaction, when another process has changed them. What was asked before it is asked
    again, under the same lock.
    """

    def __init__(self, connection: _Proxy) -> None:
        super().__init__(connection)
        self._done: list[Callable[[], Awaitable[object]]] = []

    async def _carry_out(self, statement: Callable[[], Awaitable[T]]) -> T:
        with translated_errors():
            try:
                result = await statement()
            except (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError):
                await self._connection.execute(_BEGIN_AGAIN)
                for each in self._done:
                    await each()
                result = await statement()
        self._done.append(statement)
        return result


async def connected(connect: Callable[..., Awaitable[T]], url: str, **options: Any) -> T:
    """
    Return what `connect` of the driver returns for `url`.

    Raises:
        DatabaseUnusable: the server does not exist, or rejects the connection.
    """
    try:
        return await connect(url, timeout=_CONNECT_SECONDS, **options)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        # The URL holds a password and stays out of the message.
        msg = f"cannot connect to the PostgreSQL database: {error}{_files_of(url, error)}"
        raise DatabaseUnusable(msg) from error


def _files_of(url: str, error: Exception) -> str:
    """Return the files that a URL names, if one may be to blame: the error does not say which."""
    if not isinstance(error, _ABOUT_FILES):
        return ""
    named = [f"{name}={file}" for name, file in parse_qsl(urlsplit(url).query) if name in _FILES]
    return f" ({', '.join(named)})" if named else ""


def _begin(project_id: ProjectId) -> str:
    """Return what begins a transaction that has its project's turn."""
    return _BEGIN.format(lock=_PROJECT_LOCK, project_id=project_id.replace("'", "''"))


@asynccontextmanager
async def _transaction(connection: _Proxy, begin: str) -> AsyncGenerator[_Transaction]:
    """Open a transaction with `begin`; it commits at the end, or not at all."""
    try:
        with translated_errors():
            await connection.execute(begin)
        yield _Transaction(connection)
    except BaseException:
        # Where it cannot be said, the connection is lost, and the transaction with it.
        with suppress(
            OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError
        ):
            await connection.execute("rollback")
        raise
    try:
        with translated_errors():
            await connection.execute("commit")
    except HubError as error:
        # Whether it was heard is not known.
        error.may_have_written = True
        raise


@asynccontextmanager
async def _in_turn(turn: asyncio.Lock) -> AsyncGenerator[None]:
    with translated_errors():
        async with asyncio.timeout(_STATEMENT_SECONDS):
            await turn.acquire()
    try:
        yield
    finally:
        turn.release()


@contextmanager
def translated_errors() -> Generator[None]:
    """Turn what the driver says of the server and its locks into errors of ours."""
    try:
        yield
    except asyncpg.CharacterNotInRepertoireError:
        # Not chained: the cause could quote what was sent.
        raise InvalidText from None
    except _NOT_WRITABLE as error:
        raise DatabaseNotWritable from error
    except (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError) as error:
        raise DatabaseBusy from error
    except TimeoutError as error:
        raise DatabaseBusy from error
    except (OSError, *_AWAY) as error:
        raise DatabaseAway from error
    except asyncpg.InternalClientError as error:
        # The connection broke in the middle of something.
        raise DatabaseAway from error
    except asyncpg.InterfaceError as error:
        # What the driver refuses by itself is a fault of ours, unless the connection is gone.
        if _GONE.search(str(error)) is None:
            raise
        raise DatabaseAway from error
