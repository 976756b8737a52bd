"""A PostgreSQL database that rows are moved from or to."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from jackfield.db import postgres_schema
from jackfield.db.postgres import PostgresConnection
from jackfield.db.postgres_errors import connected, translated_errors
from jackfield.db.transfer.end import (
    OneTransaction,
    TransferRefused,
    Values,
    in_use,
    not_taken,
    require_hub,
    require_version,
)
from jackfield.db.transfer.tables import Table, tables, tables_at
from jackfield.db.tx import Transactions
from jackfield.kit.clock import system_clock
from jackfield.kit.errors import Fault

_PLACE: Final = "the PostgreSQL database"
_LOCK_MS: Final = 5000
# Of the server's own limits, those that would end what takes long.
_NO_HURRY: Final = """
set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0
"""
_FETCHED_AT_ONCE: Final = 50
# The driver's own encoders raise the built-in ones.
ROW_ERRORS: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
)
# Those of monitoring have users of their own.
OTHERS: Final = """
select count(*) from pg_stat_activity
 where datname = current_database() and usename = current_user
   and backend_type = 'client backend' and pid <> pg_backend_pid()
"""


@asynccontextmanager
async def opened(url: str, *, alone: bool) -> AsyncGenerator["PostgresEnd"]:
    """
    Open a database at one moment; with `alone`, no other writes to it until the end.

    Raises:
        TransferRefused: it is in use.
        DatabaseUnusable: the server does not exist, or rejects the connection.
    """
    connection = await connected(asyncpg.connect, url)
    try:
        with translated_errors():
            require_version(await postgres_schema.pending(connection), _PLACE)
            await connection.execute("begin isolation level repeatable read")
            if alone:
                # Before the first look: what is seen from then on is what is there.
                await _lock(connection, tables())
            yield PostgresEnd(connection)
    finally:
        # What is not committed is rolled back with it.
        await connection.close()


@asynccontextmanager
async def snapshot(url: str) -> AsyncGenerator["PostgresEnd"]:
    """
    Open a database to read it as it is at one moment, at this version or an earlier one.

    Raises:
        TransferRefused: there is no hub in it.
        DatabaseUnusable: a newer version wrote it, or it cannot be connected to.
    """
    connection = await connected(asyncpg.connect, url)
    try:
        with translated_errors():
            await connection.execute("begin isolation level repeatable read read only")
            await connection.execute(_NO_HURRY)
            end = PostgresEnd(connection)
            await postgres_schema.pending(connection)
            require_hub(await end.applied(), _PLACE)
            yield end
    finally:
        await connection.close()


@asynccontextmanager
async def new(url: str, numbers: Collection[int]) -> AsyncGenerator["NewPostgresEnd"]:
    """
    Open a database with nothing in it, or with no rows, and apply those migrations to it.

    Raises:
        TransferRefused: it is in use, has rows, or is at another version.
        DatabaseUnusable: the server does not exist, or rejects the connection.
    """
    connection = await connected(asyncpg.connect, url)
    try:
        with translated_errors():
            await connection.execute("begin")
            await connection.execute(_NO_HURRY)
            await postgres_schema.take_turn(connection)
            end = NewPostgresEnd(connection)
            applied = await end.applied()
            if not applied:
                await postgres_schema.apply(connection, numbers, system_clock())
            else:
                await _require_empty(connection, end, applied, numbers)
            yield end
    finally:
        # What is not committed is rolled back with it.
        await connection.close()


async def _require_empty(
    connection: "asyncpg.Connection[asyncpg.Record]",
    end: "PostgresEnd",
    applied: Collection[int],
    numbers: Collection[int],
) -> None:
    await postgres_schema.pending(connection)
    there = tables_at(applied)
    await _lock(connection, there)
    if full := [Fault(each.name, "has rows") for each in there if await end.has_rows(each)]:
        msg = f"{_PLACE} is not empty, and was not changed; make a new one"
        raise TransferRefused(msg, faults=full)
    if set(applied) != set(numbers):
        msg = (
            f"{_PLACE} was migrated to another version than the backup's; make a new one, and "
            "restore into it before `jackfield migrate`"
        )
        raise TransferRefused(msg)


class PostgresEnd:
    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def applied(self) -> dict[int, str]:
        return await postgres_schema.applied(self._connection)

    async def has_rows(self, table: Table) -> bool:
        statement = f"select 1 from {table.name} limit 1"  # noqa: S608 - names of ours
        return bool(await self._connection.fetch(statement))

    async def rows(self, table: Table) -> AsyncGenerator[Values]:
        statement = f"select {table.listed} from {table.name}"  # noqa: S608 - names of ours
        async for record in self._connection.cursor(statement, prefetch=_FETCHED_AT_ONCE):
            yield tuple(record)

    async def insert(self, table: Table, rows: Sequence[Values]) -> None:
        try:
            await self._connection.copy_records_to_table(
                table.name, columns=table.columns, records=rows
            )
        except ROW_ERRORS as error:
            raise not_taken(table, _PLACE, error) from None

    async def commit(self) -> None:
        await self._analyze()
        await self._connection.execute("commit")

    async def _analyze(self) -> None:
        for table in tables():
            await self._connection.execute(f"analyze {table.name}")


class NewPostgresEnd(PostgresEnd):
    """A database whose tables are made with their rows."""

    async def upgrade(self) -> Transactions:
        await postgres_schema.apply_pending(self._connection, system_clock())
        # What is asked next would be planned for tables without rows.
        await self._analyze()
        return OneTransaction(PostgresConnection(self._connection))


async def _lock(connection: "asyncpg.Connection[asyncpg.Record]", locked: Sequence[Table]) -> None:
    await connection.execute(f"set local lock_timeout = {_LOCK_MS}")
    names = ", ".join(table.name for table in locked)
    try:
        await connection.execute(f"lock table {names} in share row exclusive mode")
    except asyncpg.LockNotAvailableError as error:
        raise in_use(_PLACE) from error
    if await connection.fetchval(OTHERS):
        raise in_use(_PLACE)
