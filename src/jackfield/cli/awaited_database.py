"""Waiting for PostgreSQL at the start of a process."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

from jackfield.cli.wait import Need, found
from jackfield.db.tx import DatabaseUnreachable
from jackfield.settings import Settings


async def database_found(
    settings: Settings,
    meanwhile: AbstractAsyncContextManager[None],
    ends: set["asyncio.Future[Any]"],
) -> bool:
    """
    Wait until PostgreSQL takes connections; return false if one of `ends` is done before.

    `meanwhile` is open only while it does not.

    Raises:
        DatabaseUnreachable: it took none for as long as the settings say.
        DatabaseUnusable: it rejects this one, which waiting would not change.
    """
    url = settings.database_url
    if url is None or not settings.database_wait:
        return True
    # Kept out of the memory of a hub on SQLite.
    from jackfield.db.postgres_start import reach  # noqa: PLC0415

    async def reached() -> bool:
        await reach(url)
        return True

    seconds, setting = settings.database_wait, "JACKFIELD_DATABASE_WAIT"
    need = Need("database", reached, DatabaseUnreachable, seconds, setting)
    return bool(await found(need, meanwhile, ends))
