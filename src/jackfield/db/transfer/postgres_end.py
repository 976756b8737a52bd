"""A PostgreSQL database that rows are moved from or to."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from jackfield.db import postgres_schema
from jackfield.db.postgres_errors import connected, translated_errors
from jackfield.db.transfer.end import TransferRefused, Values, in_use, require_version
from jackfield.db.transfer.tables import Table, tables

_PLACE: Final = "the PostgreSQL database"
_LOCK_MS: Final = 5000
_FETCHED_AT_ONCE: Final = 50
# Those of monitoring have users of their own.
_OTHERS: Final = """
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
                await _lock(connection)
            yield PostgresEnd(connection)
    finally:
        # What is not committed is rolled back with it.
        await connection.close()


class PostgresEnd:
    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

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
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            # Not chained: the cause could quote what is in the row.
            msg = f"{table.name}: {_PLACE} does not take a row of it ({type(error).__name__})"
            raise TransferRefused(msg) from None

    async def commit(self) -> None:
        for table in tables():
            await self._connection.execute(f"analyze {table.name}")
        await self._connection.execute("commit")


async def _lock(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.execute(f"set local lock_timeout = {_LOCK_MS}")
    names = ", ".join(table.name for table in tables())
    try:
        await connection.execute(f"lock table {names} in share row exclusive mode")
    except asyncpg.LockNotAvailableError as error:
        raise in_use(_PLACE) from error
    if await connection.fetchval(_OTHERS):
        raise in_use(_PLACE)
