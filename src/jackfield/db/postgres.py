"""PostgreSQL driver."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, LiteralString, Self, TypeAlias, TypeVar
from weakref import WeakValueDictionary

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from jackfield.db import postgres_hosts, postgres_schema, postgres_start
from jackfield.db.postgres_errors import REFUSALS, connected, translated_errors
from jackfield.db.signals import Signals
from jackfield.db.statement import positional, storable, with_arrays
from jackfield.db.tx import (
    DatabaseNotWritable,
    Row,
    Tx,
)
from jackfield.kit.actor import Actor
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId

_Proxy: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"

# With a project's hash, so that its write transactions are serial in all processes.
_PROJECT_LOCK: Final = 0x6A61636C
# In one trip. What was locked before the savepoint stays so when everything after it is done again.
_BEGIN: Final = (
    "begin; {settings}"
    "select pg_advisory_xact_lock({lock}, hashtext('{project_id}')); savepoint begun"
)
_BEGIN_TO_READ: Final = (
    "begin isolation level repeatable read, read only; {settings}savepoint begun"
)
_BEGIN_AGAIN: Final = "rollback to savepoint begun"
_STATEMENT_SECONDS: Final = 30
# Until a server that was silent for so long has canceled what it was asked, or is left.
_CANCEL_SECONDS: Final = 2
# As long as on SQLite; unless the URL, or the user's own settings on the server, say otherwise.
_SETTINGS: Final = (
    "select set_config('lock_timeout', '5s', {is_local})"
    " where current_setting('lock_timeout') = '0'; "
)
_CHANNEL: Final = "jackfield"
_NOTIFY: Final = "select pg_notify(:channel, :payload)"
_RECONNECT_SECONDS: Final = 1.0
_LISTEN_SECONDS: Final = 30

# 64 KB that do not compress; it is rolled back.
_TRIAL: Final = (
    "insert into migrations select 0, string_agg(md5(random()::text), ''), '', now()"
    " from generate_series(1, 2048)"
)

_log = structlog.get_logger()

T = TypeVar("T")


class PostgresDatabase:
    def __init__(
        self,
        pool: postgres_hosts.Pool,
        clock: Clock,
        on_touch: Callable[[ProjectId], None],
        *,
        keeps_sessions: bool,
    ) -> None:
        self._pool = pool
        self._keeps_sessions = keeps_sessions
        self._settings = "" if keeps_sessions else _SETTINGS.format(is_local=True)
        self._clock = clock
        self._on_touch = on_touch
        self._signals = Signals()
        self._own = f"{secrets.token_hex(8)} "
        self._turns: WeakValueDictionary[ProjectId, asyncio.Lock] = WeakValueDictionary()
        self._has_failed = False
        self._left = Signals()

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        clock: Clock = system_clock,
        on_touch: Callable[[ProjectId], None] = lambda _: None,
        connections: int = 10,
        keeps_sessions: bool = True,
    ) -> Self:
        """
        Connect to `url` with up to so many connections.

        `on_touch` is called after a commit whose transaction was touched. Without `keeps_sessions`,
        each transaction may have a session of its own: there is a pooler between.

        Raises:
            DatabaseUnreachable: the server takes no connections, or the database is being copied to.
            DatabaseUnusable: it rejects this one.
        """
        options: dict[str, Any] = (
            {"init": _set_up} if keeps_sessions else {"statement_cache_size": 0}
        )
        pool = await connected(
            postgres_hosts.create_pool,
            url,
            min_size=1,
            max_size=connections,
            command_timeout=_STATEMENT_SECONDS,
            reset=_nothing_to_reset,
            **options,
        )
        try:
            async with pool.acquire() as connection:
                await postgres_start.require_whole(connection)
        except BaseException:
            pool.terminate()
            raise
        return cls(pool, clock, on_touch, keeps_sessions=keeps_sessions)

    @asynccontextmanager
    async def read(self, project_id: ProjectId) -> AsyncGenerator[Tx]:
        # Of one moment, as on SQLite: an account and its credentials belong together.
        async with (
            self._acquire() as connection,
            _transaction(connection, self._begin_to_read) as transaction,
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
            _transaction(connection, self._begin(project_id)) as transaction,
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
        # Without a session there is nothing to hear on: listeners also poll.
        relay = asyncio.create_task(self._relay() if self._keeps_sessions else asyncio.sleep(0))
        try:
            with self._signals.listen(topic) as event:
                yield event
        finally:
            relay.cancel()
            await asyncio.gather(relay, return_exceptions=True)

    async def unscoped(self, sql: LiteralString, /, **values: object) -> list[Row]:
        values["now"] = self._clock()
        async with self._noticing_failures(), self._acquire() as connection:
            if self._keeps_sessions:
                return await PostgresConnection(connection).query(sql, values)
            # What prepares a statement and what runs it go to the same session.
            async with _transaction(connection, f"begin; {self._settings}savepoint begun") as tx:
                return await tx.query(sql, values)

    async def check(self) -> None:
        """Write for trial, if a write has failed: nothing else may ask for one until that works."""
        await self.unscoped("select 1 as one")
        if self._has_failed:
            await self._pool.expire_connections()
            async with self._noticing_failures(), self._acquire() as connection:
                with translated_errors():
                    trial = connection.transaction()
                    await trial.start()
                    try:
                        await connection.execute(_TRIAL)
                    finally:
                        await trial.rollback()
            self._has_failed = False

    async def migrate(self) -> list[str]:
        async with self._acquire() as connection:
            with translated_errors():
                return await postgres_schema.migrate(connection, self._clock())

    async def pending(self) -> list[str]:
        async with self._acquire() as connection:
            with translated_errors():
                async with connection.transaction():
                    todo = await postgres_schema.pending(connection)
            return [each.name for each in todo]

    async def close(self) -> None:
        await self._pool.close()

    @property
    def _begin_to_read(self) -> str:
        return _BEGIN_TO_READ.format(settings=self._settings)

    def _begin(self, project_id: ProjectId) -> str:
        """Return what begins a transaction that has its project's turn."""
        quoted = project_id.replace("'", "''")
        return _BEGIN.format(settings=self._settings, lock=_PROJECT_LOCK, project_id=quoted)

    @asynccontextmanager
    async def _noticing_failures(self) -> AsyncGenerator[None]:
        try:
            yield
        except DatabaseNotWritable as error:
            self._has_failed = True
            if isinstance(error.__cause__, asyncpg.ReadOnlySQLTransactionError):
                await self._leave()
            raise

    async def _leave(self) -> None:
        """Leave every connection: another server may be the one to ask by now."""
        await self._pool.expire_connections()
        self._left.send([_CHANNEL])

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
        except HubError as error:
            # Neither would a server that is silent answer on the other connections.
            if isinstance(error.__cause__, TimeoutError):
                await self._leave()
            raise
        finally:
            # What was done stays done: a connection that cannot be given back is closed.
            with suppress(OSError, *REFUSALS):
                await self._pool.release(connection, timeout=_CANCEL_SECONDS)

    async def _relay(self) -> None:
        """Relay signals of other processes, over a connection that is reopened when lost."""
        while True:
            try:
                async with self._pool.acquire() as connection:
                    await self._listen_on(connection)
            except (*REFUSALS, OSError) as error:
                _log.warning("signals_not_heard", detail=str(error))
                if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                    await self._leave()
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen_on(self, connection: _Proxy) -> None:
        def hear(_connection: object, _pid: int, _channel: str, payload: object) -> None:
            text = str(payload)
            if not text.startswith(self._own):
                self._signals.send([text.partition(" ")[2]])

        def lose(_connection: object) -> None:
            lost.set()

        with self._left.listen(_CHANNEL) as lost:
            connection.add_termination_listener(lose)
            await connection.add_listener(_CHANNEL, hear)
            try:
                while True:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(lost.wait(), _LISTEN_SECONDS)
                        return
                    # Waiting does not notice a server that is silent, or takes no writes any more.
                    if await connection.fetchval("show transaction_read_only") == "on":
                        await self._leave()
            finally:
                # It may be silent, so nothing more is said to it.
                with suppress(asyncpg.InterfaceError):
                    connection.remove_termination_listener(lose)
                    connection.terminate()


class PostgresConnection:
    """A connection on which each statement is a transaction of its own."""

    def __init__(self, connection: postgres_schema.Connection) -> None:
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


class _Transaction(PostgresConnection):
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


async def _set_up(connection: _Proxy) -> None:
    """Set up the session of a new connection."""
    await connection.execute(_SETTINGS.format(is_local=False))


async def _nothing_to_reset(_connection: _Proxy) -> None:
    """Spare a trip at the end of each use: a session has nothing of ours but its settings."""


@asynccontextmanager
async def _transaction(connection: _Proxy, begin: str) -> AsyncGenerator[_Transaction]:
    """Open a transaction with `begin`; it commits at the end, or not at all."""
    try:
        with translated_errors():
            await connection.execute(begin)
        yield _Transaction(connection)
    except BaseException:
        await _roll_back(connection)
        raise
    try:
        with translated_errors():
            await connection.execute("commit")
    except HubError as error:
        # Whether it was heard is not known.
        error.may_have_written = True
        raise


async def _roll_back(connection: _Proxy) -> None:
    """End a transaction; where that cannot be said, with its connection."""
    try:
        await connection.execute("rollback", timeout=_CANCEL_SECONDS)
    except (OSError, *REFUSALS):
        with suppress(asyncpg.InterfaceError):
            connection.terminate()


@asynccontextmanager
async def _in_turn(turn: asyncio.Lock) -> AsyncGenerator[None]:
    with translated_errors():
        async with asyncio.timeout(_STATEMENT_SECONDS):
            await turn.acquire()
    try:
        yield
    finally:
        turn.release()
