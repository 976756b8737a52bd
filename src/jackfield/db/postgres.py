"""PostgreSQL driver."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, LiteralString, Self, TypeAlias
from weakref import WeakValueDictionary

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from jackfield.db import migrate
from jackfield.db.signals import Signals
from jackfield.db.statement import positional, spread
from jackfield.db.tx import DatabaseBusy, DatabaseUnusable, InvalidText, Row, Tx
from jackfield.kit.actor import Actor
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.ids import ProjectId

_Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
_Proxy: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"

# One number for the whole project, so that hubs starting together migrate one after the other.
_MIGRATION_LOCK: Final = 0x6A61636B
# With a project's hash, so that its write transactions are serial in all processes.
_PROJECT_LOCK: Final = 0x6A61636C
_TAKE_TURN: Final = "select pg_advisory_xact_lock($1, hashtext($2))"
_STATEMENT_SECONDS: Final = 30
_CHANNEL: Final = "jackfield"
_NOTIFY: Final = "select pg_notify($1, $2)"
_RECONNECT_SECONDS: Final = 1.0

_log = structlog.get_logger()


class PostgresDatabase:
    def __init__(self, pool: _Pool, clock: Clock, on_touch: Callable[[ProjectId], None]) -> None:
        self._pool = pool
        self._clock = clock
        self._on_touch = on_touch
        self._signals = Signals()
        self._own = f"{secrets.token_hex(8)} "
        self._turns: WeakValueDictionary[ProjectId, asyncio.Lock] = WeakValueDictionary()

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
        try:
            pool = await asyncpg.create_pool(
                url, min_size=1, max_size=connections, command_timeout=_STATEMENT_SECONDS
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            # The URL holds a password and stays out of the message.
            msg = f"cannot connect to the PostgreSQL database: {error}"
            raise DatabaseUnusable(msg) from error
        return cls(pool, clock, on_touch)

    @asynccontextmanager
    async def read(self, project_id: ProjectId) -> AsyncGenerator[Tx]:
        # Of one moment, as on SQLite: an account and its credentials belong together.
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield Tx(_Connection(connection), project_id, self._clock())

    @asynccontextmanager
    async def write(self, project_id: ProjectId, actor: Actor, /) -> AsyncGenerator[Tx]:
        """
        Open a write transaction; those of one project are serial, as on SQLite.

        So what a transaction has read does not change until it ends.
        """
        # A transaction that waits in this process holds no connection: the one ahead may need it.
        turn = self._turns.setdefault(project_id, asyncio.Lock())
        async with turn, self._pool.acquire() as connection:
            try:
                async with connection.transaction():
                    await connection.execute(_TAKE_TURN, _PROJECT_LOCK, project_id)
                    tx = Tx(_Connection(connection), project_id, self._clock(), actor)
                    yield tx
                    for topic in tx.signals:
                        await connection.execute(_NOTIFY, _CHANNEL, self._own + topic)
            except (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError) as error:
                raise DatabaseBusy from error
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
        async with self._pool.acquire() as connection:
            try:
                return await _Connection(connection).query(sql, values)
            except (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError) as error:
                raise DatabaseBusy from error

    async def migrate(self) -> list[str]:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", _MIGRATION_LOCK)
            todo = await _pending(connection)
            for migration in todo:
                for statement in migration.statements:
                    await connection.execute(statement)
                await connection.execute(
                    "insert into migrations (number, name, hash, applied_at)"
                    " values ($1, $2, $3, $4)",
                    migration.number,
                    migration.name,
                    migration.hash,
                    self._clock(),
                )
        return [migration.name for migration in todo]

    async def pending(self) -> list[str]:
        async with self._pool.acquire() as connection:
            return [migration.name for migration in await _pending(connection)]

    async def close(self) -> None:
        await self._pool.close()

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
    def __init__(self, connection: _Proxy) -> None:
        self._connection = connection

    async def query(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        sql, values = spread(sql, values)
        text, names = positional(sql)
        arguments: list[Any] = [values[name] for name in names]
        try:
            return [dict(record) for record in await self._connection.fetch(text, *arguments)]
        except asyncpg.CharacterNotInRepertoireError:
            # Not chained: the cause could quote the values.
            raise InvalidText from None

    async def executemany(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        text, names = positional(sql)
        await self._connection.executemany(
            text, [[_storable(row[name]) for name in names] for row in rows]
        )


def _storable(value: object) -> object:
    """Return a value without U+0000, which PostgreSQL cannot store."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) and "\0" in value else value


async def _pending(connection: _Proxy) -> list[migrate.Migration]:
    await connection.execute(migrate.LEDGER)
    rows = await connection.fetch("select number, hash from migrations")
    return migrate.pending({row["number"]: row["hash"] for row in rows})
