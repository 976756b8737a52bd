"""Wait of a process at its start, for what it cannot do without: containers start in any order."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from jackfield.http.errors import error_response
from jackfield.kit.clock import system_clock
from jackfield.kit.errors import HubError
from jackfield.kit.ids import RequestId
from jackfield.kit.json import encode

T = TypeVar("T")

_PAUSE_SECONDS: Final = 0.5
_SAY_SECONDS: Final = 5.0
# An answer that takes longer than this is waited for like one that does not come.
_PROMPT_SECONDS: Final = 1.0
_ALIVE: Final = encode({"status": "ok"})

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Need(Generic[T]):
    """What a process needs to start: `reach` gets it, or raises `away` where waiting helps."""

    name: str
    reach: Callable[[], Awaitable[T]]
    away: type[HubError]
    seconds: int
    # The setting that says for how long.
    setting: str


async def found(
    need: Need[T], meanwhile: AbstractAsyncContextManager[None], ends: set["asyncio.Future[Any]"]
) -> T | None:
    """
    Wait for what is needed; return nothing if one of `ends` is done before.

    `meanwhile` is open only while it is away.

    Raises:
        HubError: it was away for as long as the settings say, or waiting does not change it.
    """
    is_away = asyncio.Event()
    reaching = asyncio.create_task(_reached(need, is_away))
    noticing = asyncio.create_task(is_away.wait())
    first = asyncio.FIRST_COMPLETED
    try:
        await asyncio.wait({reaching, noticing, *ends}, timeout=_PROMPT_SECONDS, return_when=first)
        if not (reaching.done() or any(each.done() for each in ends)):
            async with meanwhile:
                await asyncio.wait({reaching, *ends}, return_when=first)
        if not reaching.done():
            return None
        result = reaching.result()
    finally:
        reaching.cancel()
        noticing.cancel()
        await asyncio.gather(reaching, noticing, return_exceptions=True)
    if is_away.is_set():
        _log.info(f"{need.name}_found")
    return result


def answering(error: HubError) -> ASGIApp:
    """Return what answers meanwhile: the process is alive, and all else is answered by `error`."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/healthz":
            headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": _ALIVE})
            return
        at = system_clock()
        response = error_response(error, at=at, request_id=RequestId.new(at))
        response.headers["connection"] = "close"
        await response(scope, receive, send)

    return answer


async def _reached(need: Need[T], is_away: asyncio.Event) -> T:
    started, said = time.monotonic(), None
    while True:
        try:
            return await need.reach()
        except need.away as error:
            now = time.monotonic()
            left = need.seconds - (now - started)
            if left <= 0:
                waited = f"; waited {need.seconds} seconds for it ({need.setting})"
                msg = f"{error.detail}{waited if need.seconds else ''}"
                raise need.away(msg) from error
            is_away.set()
            if said is None or now - said >= _SAY_SECONDS:
                said = now
                _log.warning(f"{need.name}_awaited", detail=error.detail, seconds_left=round(left))
        await asyncio.sleep(_PAUSE_SECONDS)
