"""
A PostgreSQL database that is copied to while the hub works elsewhere.

Its references are taken away meanwhile, since rows come in any order and a changed one is deleted
and written anew; they are put back before a hub may use it. Until then it says of itself that it
is not whole, which `postgres_start.require_whole` finds.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeVar

import asyncpg

from jackfield.db import postgres_schema, postgres_start
from jackfield.db.postgres_errors import connected, translated_errors
from jackfield.db.transfer.end import (
    TransferRefused,
    Values,
    in_use,
    not_taken,
    require_version,
)
from jackfield.db.transfer.followed_file import Key, typed
from jackfield.db.transfer.postgres_end import OTHERS, ROW_ERRORS, PostgresEnd
from jackfield.db.transfer.tables import Table, tables
from jackfield.kit.errors import Fault
from jackfield.kit.json import decode, encode

_PLACE: Final = "the PostgreSQL database"
# With the database's name, so that two copies do not write to it at once.
_LOCK: Final = 0x6A61636D
_PATIENCE_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.1
_SETTINGS: Final = """
set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;
set lock_timeout = '5s';
set client_min_messages = warning
"""
_REFERENCES: Final = """
select conrelid::regclass::text as relation, quote_ident(conname) as name,
       pg_get_constraintdef(oid) as definition
  from pg_constraint
 where contype = 'f' and connamespace = current_schema()::regnamespace
 order by relation, name
"""
_UNCHECKED: Final = """
select conrelid::regclass::text as relation, quote_ident(conname) as name
  from pg_constraint
 where contype = 'f' and connamespace = current_schema()::regnamespace and not convalidated
 order by relation, name
"""

T = TypeVar("T")


@asynccontextmanager
async def opened(url: str) -> AsyncGenerator["CopiedDatabase"]:
    """
    Open a database for one copy at a time.

    Raises:
        TransferRefused: another copy is at work on it, or it is at another version.
        DatabaseUnusable: the server does not exist, or rejects the connection.
    """
    connection = await connected(asyncpg.connect, url)
    try:
        with translated_errors():
            await connection.execute(_SETTINGS)
            require_version(await postgres_schema.pending(connection), _PLACE)
            await _take_turn(connection)
            yield CopiedDatabase(connection)
    finally:
        # At once: what the server makes of an open transaction is to roll it back.
        connection.terminate()


async def _take_turn(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    # The server may not have noticed yet that the one before was killed.
    until = time.monotonic() + _PATIENCE_SECONDS
    while not await connection.fetchval(f"select pg_try_advisory_lock({_LOCK})"):
        if time.monotonic() >= until:
            msg = f"another copy into {_PLACE} is at work; wait for it, or end it"
            raise TransferRefused(msg)
        await asyncio.sleep(_PAUSE_SECONDS)


class CopiedDatabase:
    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    def terminate(self) -> None:
        """End the connection without waiting for the server."""
        self._connection.terminate()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        async with self._connection.transaction():
            yield

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[PostgresEnd]:
        """Read what is there at one moment."""
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            yield PostgresEnd(self._connection)

    async def copy_id(self) -> str | None:
        """Return the id of the copy that has begun here, if one has."""
        if not await postgres_start.is_copied_to(self._connection):
            return None
        return await self.kept("id", str)

    async def applied(self) -> dict[int, str]:
        return await postgres_schema.applied(self._connection)

    async def begin(self, copy_id: str) -> None:
        """
        Make an empty database one that is copied to.

        Raises:
            TransferRefused: it is not empty, or in use.
        """
        async with self.transaction():
            end = PostgresEnd(self._connection)
            if await self._connection.fetchval(OTHERS):
                raise in_use(_PLACE)
            if full := [
                Fault(each.name, "has rows") for each in tables() if await end.has_rows(each)
            ]:
                msg = "the database to move to is not empty, and was not changed; make a new one"
                raise TransferRefused(msg, faults=full)
            await self._connection.execute(
                "create table online_copy (name text primary key, value text not null)"
            )
            references = [tuple(row) for row in await self._connection.fetch(_REFERENCES)]
            await self.keep("id", copy_id)
            await self.keep("references", references)
            for relation, name, _ in references:
                await self._connection.execute(f"alter table {relation} drop constraint {name}")

    async def keep(self, name: str, value: object) -> None:
        """Keep what the copy needs to go on."""
        await self._connection.execute(
            "insert into online_copy (name, value) values ($1, $2)"
            " on conflict (name) do update set value = excluded.value",
            name,
            encode(value).decode(),
        )

    async def kept(self, name: str, type_: type[T]) -> T | None:
        """Return what was kept under a name; nothing if nothing was."""
        value = await self._connection.fetchval(
            "select value from online_copy where name = $1", name
        )
        return None if value is None else decode(value, type_)

    async def add(self, table: Table, rows: Sequence[Values]) -> list[Values]:
        """
        Add rows but for those that stand in the way of others, and return what was added.

        What is there in their place was changed since it was read, and that was noted.
        """
        staging = await self._staged(table, rows)
        return await self._fetch(
            table,
            f"insert into {table.name} ({table.listed}) select {table.listed} from {staging}"  # noqa: S608
            f" on conflict do nothing returning {table.listed}",
        )

    async def remove(self, table: Table, keys: Sequence[Key]) -> list[Values]:
        """Delete the rows that there are of those keys, and return them."""
        names = [name for name, _ in table.key]
        arrays = ", ".join(f"${n}::{kind}[]" for n, (_, kind) in enumerate(table.key, 1))
        same = " and ".join(f"{table.name}.{name} = gone.{name}" for name in names)
        listed = ", ".join(f"{table.name}.{column}" for column in table.columns)
        return await self._fetch(
            table,
            f"delete from {table.name} using unnest({arrays}) as gone ({', '.join(names)})"  # noqa: S608
            f" where {same} returning {listed}",
            *(list(each) for each in zip(*(typed(table, key) for key in keys), strict=True)),
        )

    async def count(self, table: Table) -> int:
        return await self._connection.fetchval(f"select count(*) from {table.name}")  # noqa: S608

    async def analyze(self) -> None:
        for table in tables():
            await self._connection.execute(f"analyze {table.name}")

    async def open(self) -> None:
        """Put the references back, and let hubs use it."""
        async with self.transaction():
            for relation, name, definition in (
                await self.kept("references", list[tuple[str, str, str]]) or ()
            ):
                # What is there was compared with a database in which they held; see `check`.
                await self._connection.execute(
                    f"alter table {relation} add constraint {name} {definition} not valid"
                )
            await self._connection.execute("drop table online_copy")

    async def check(self) -> None:
        """Have the server check the references that were put back; a hub may work meanwhile."""
        for relation, name in await self._connection.fetch(_UNCHECKED):
            await self._connection.execute(f"alter table {relation} validate constraint {name}")

    async def empty(self) -> None:
        """Make it as it was before the copy."""
        async with self.transaction():
            names = ", ".join(table.name for table in tables())
            await self._connection.execute(f"truncate {names}")
            await self.open()

    async def _staged(self, table: Table, rows: Sequence[Values]) -> str:
        staging = f"staged_{table.name}"
        await self._connection.execute(
            f"create temporary table if not exists {staging} (like {table.name});"  # noqa: S608
            f" delete from {staging}"
        )
        try:
            await self._connection.copy_records_to_table(
                staging, columns=table.columns, records=rows
            )
        except ROW_ERRORS as error:
            raise not_taken(table, _PLACE, error) from None
        return staging

    async def _fetch(self, table: Table, statement: str, *values: object) -> list[Values]:
        try:
            return [tuple(row) for row in await self._connection.fetch(statement, *values)]
        except ROW_ERRORS as error:
            raise not_taken(table, _PLACE, error) from None
