"""`Prefer: heartbeat`: blank lines before the response, so that no intermediary times out."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Final, TypeAlias

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from jackfield.actions.models import OutcomeUnknown
from jackfield.http.download import RowsResponse
from jackfield.kit import request_context
from jackfield.kit.errors import HubError
from jackfield.kit.headers import RequestHeaders

Refuse: TypeAlias = Callable[[Exception], Response]

BEAT_SECONDS: Final = 10.0

_JSON: Final = "application/json"
_APPLIED: Final = {"preference-applied": "heartbeat"}


class HeartbeatBeforeFile(HubError):
    """The response is a file, which cannot follow a heartbeat: send no `Prefer: heartbeat`."""

    code = "heartbeat_before_file"
    status = 406


def is_wanted(headers: RequestHeaders) -> bool:
    return "prefer" in headers and any(
        name == b"prefer" and b"heartbeat" in value.lower() for name, value in headers.raw
    )


async def keep_alive(work: Coroutine[Any, Any, Response], *, refuse: Refuse) -> Response:
    """
    Return the response of `work`, or one that sends blank lines until that is ready.

    A response that is ready within one beat is sent as always. After that the status has been sent
    already as 200, and only the body can report an error.
    """
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=BEAT_SECONDS)
    except asyncio.CancelledError:
        await _end(task)
        raise
    if done:
        response = task.result()
        response.headers.update(_APPLIED)
        return response
    return _BeatingResponse(_beat(task, refuse), headers=_APPLIED, media_type=_JSON)


class _BeatingResponse(StreamingResponse):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Not beside a watch for the client's end, as the base has it: when the hub stops, that
        # watch would cancel the last words, too.
        await self.stream_response(send)


def _is_json(response: Response) -> bool:
    return response.headers.get("content-type", "").startswith(_JSON)


async def _beat(task: "asyncio.Task[Response]", refuse: Refuse) -> AsyncGenerator[bytes]:
    # The work goes on if the client hangs up: it may be a write that has half happened.
    try:
        while not task.done():
            yield b"\n"
            await asyncio.wait({task}, timeout=BEAT_SECONDS)
        response = task.result()
    except asyncio.CancelledError:
        # The hub stops, after the status has gone out.
        await _end(task)
        request = request_context.current()
        if request is None or not request.may_have_written:
            raise
        response = refuse(OutcomeUnknown())
    if isinstance(response, RowsResponse):
        await response.close()
    if isinstance(response, StreamingResponse) or not _is_json(response):
        response = refuse(HeartbeatBeforeFile())
    yield bytes(response.body)


async def _end(task: "asyncio.Task[Response]") -> None:
    task.cancel()
    await asyncio.wait({task})
