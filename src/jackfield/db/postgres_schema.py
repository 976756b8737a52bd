"""Schema of a PostgreSQL database: its migrations, applied by one process at a time."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from jackfield.db import migrate as migrations
from jackfield.db.migrate import Migration

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

# One number for the whole project, so that hubs starting together migrate one after the other.
_LOCK: Final = 0x6A61636B
# An index of a large table takes its time; what others have locked is not waited for so long,
# because all who come later would wait behind it.
_PATIENCE_SECONDS: Final = 24 * 3600
_WAIT_FOR_TURN: Final = f"set local lock_timeout = 0; select pg_advisory_xact_lock({_LOCK})"
_WAIT_FOR_TABLES: Final = "set local lock_timeout = '5s'"


async def migrate(connection: Connection, now: datetime) -> list[str]:
    async with connection.transaction():
        await take_turn(connection)
        await connection.execute(migrations.LEDGER)
        todo = await pending(connection)
        await _apply(connection, todo, now)
    return [migration.name for migration in todo]


async def take_turn(connection: Connection) -> None:
    """Wait until no other process migrates; none does before the transaction ends."""
    await connection.execute(_WAIT_FOR_TURN, timeout=_PATIENCE_SECONDS)
    await connection.execute(_WAIT_FOR_TABLES)


async def pending(connection: Connection) -> list[Migration]:
    return migrations.pending(await applied(connection))


async def applied(connection: Connection) -> dict[int, str]:
    """Return the hash of each migration that was applied, by its number."""
    # Asking makes nothing: there may be no ledger yet.
    if await connection.fetchval("select to_regclass('migrations')") is None:
        return {}
    rows = await connection.fetch("select number, hash from migrations")
    return {row["number"]: row["hash"] for row in rows}


async def apply(connection: Connection, numbers: Collection[int], now: datetime) -> None:
    """Apply those migrations to a database with nothing in it, in the caller's transaction."""
    await connection.execute(migrations.LEDGER)
    todo = [each for each in migrations.migrations() if each.number in numbers]
    await _apply(connection, todo, now)


async def apply_pending(connection: Connection, now: datetime) -> None:
    """Apply what this version has beyond what was applied, in the caller's transaction."""
    await _apply(connection, await pending(connection), now)


async def _apply(connection: Connection, todo: Sequence[Migration], now: datetime) -> None:
    for migration in todo:
        for statement in migration.statements:
            await connection.execute(statement, timeout=_PATIENCE_SECONDS)
        await connection.execute(
            "insert into migrations (number, name, hash, applied_at) values ($1, $2, $3, $4)",
            migration.number,
            migration.name,
            migration.hash,
            now,
        )
