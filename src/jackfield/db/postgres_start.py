"""The first look at a PostgreSQL database: it answers, and is not being copied to."""

from typing import Final, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from jackfield.db import postgres_hosts
from jackfield.db.postgres_errors import connected, translated_errors
from jackfield.db.tx import DatabaseAway, DatabaseBusy, DatabaseUnreachable

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

_CLOSE_SECONDS: Final = 30


async def reach(url: str) -> None:
    """
    Connect to `url`, and leave.

    Raises:
        DatabaseUnreachable: the server takes no connections, or the database is being copied to.
        DatabaseUnusable: it rejects this one.
    """
    # Behind a pooler, a statement that is prepared may be another session's by its execution.
    connection = await connected(postgres_hosts.connect, url, statement_cache_size=0)
    try:
        await require_whole(connection)
    except (DatabaseAway, DatabaseBusy) as error:
        raise DatabaseUnreachable(error.detail) from error
    finally:
        await connection.close(timeout=_CLOSE_SECONDS)


async def require_whole(connection: Connection) -> None:
    """
    Make sure that a database is not being copied to.

    Raises:
        DatabaseUnreachable: it is.
    """
    if await is_copied_to(connection):
        msg = (
            "an online copy into this database is not complete; `jackfield migrate --online` goes "
            "on with it, and with --abandon gives it up"
        )
        raise DatabaseUnreachable(msg)


async def is_copied_to(connection: Connection) -> bool:
    """Tell whether an online copy into a database has begun, and is not complete."""
    # In a transaction, for poolers.
    with translated_errors():
        async with connection.transaction():
            return await connection.fetchval("select to_regclass('online_copy')") is not None
