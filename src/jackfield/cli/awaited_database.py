"""Waiting for PostgreSQL at the start of a process: containers start in any order."""

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import structlog
from starlette.types import Receive, Scope, Send

from jackfield.db.tx import DatabaseAway, DatabaseUnreachable
from jackfield.http.errors import error_response
from jackfield.kit.clock import system_clock
from jackfield.kit.ids import RequestId
from jackfield.kit.json import encode
from jackfield.settings import Settings

_PAUSE_SECONDS: Final = 0.5
_SAY_SECONDS: Final = 5.0
_ALIVE: Final = encode({"status": "ok"})

_log = structlog.get_logger()


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
    if settings.database_url is None:
        return True
    # Kept out of the memory of a hub on SQLite.
    from jackfield.db.postgres import reach  # noqa: PLC0415

    if not settings.database_wait:
        return True
    try:
        await reach(settings.database_url)
    except DatabaseUnreachable as error:
        _say(error, settings.database_wait)
    else:
        return True
    async with meanwhile:
        waiting = asyncio.create_task(_reached(settings.database_url, settings.database_wait))
        await asyncio.wait({waiting, *ends}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            waiting.result()
            _log.info("database_found")
            return True
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return False


async def answer_meanwhile(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer requests: the process is alive, and everything else is tried again later."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/healthz":
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": _ALIVE})
        return
    at = system_clock()
    response = error_response(DatabaseAway(), at=at, request_id=RequestId.new(at))
    response.headers["connection"] = "close"
    await response(scope, receive, send)


async def _reached(url: str, seconds: int) -> None:
    from jackfield.db.postgres import reach  # noqa: PLC0415 - as above

    started = said = time.monotonic()
    while True:
        await asyncio.sleep(_PAUSE_SECONDS)
        try:
            return await reach(url)
        except DatabaseUnreachable as error:
            now = time.monotonic()
            if now - started >= seconds:
                msg = f"{error.detail}; waited {seconds} seconds for it (JACKFIELD_DATABASE_WAIT)"
                raise DatabaseUnreachable(msg) from error
            if now - said >= _SAY_SECONDS:
                said = now
                _say(error, round(seconds - (now - started)))


def _say(error: DatabaseUnreachable, seconds_left: int) -> None:
    _log.warning("database_awaited", detail=error.detail, seconds_left=seconds_left)
