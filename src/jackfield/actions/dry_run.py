"""Dry runs: the request an action would begin with, and nothing sent."""

import asyncio
from collections.abc import Collection, Coroutine, Mapping
from typing import Final

from jackfield.engine.ports import Request, Response
from jackfield.engine.run_context import ActionResult
from jackfield.kit.json import DecodeError, Json
from jackfield.kit.large_json import LARGE, parse_in_pieces
from jackfield.kit.redaction import MASK, Redactor
from jackfield.kit.secret_names import is_secret_name

_LONGEST_BODY: Final = 256 * 1024


class DryRunTransport:
    """
    A transport (see `jackfield.engine.ports.Transport`) that captures a request and sends nothing.

    The run ends with the first request: later ones may depend on the response. It is cancelled and
    does not fail, since a step may go on after an error.
    """

    def __init__(self) -> None:
        self._captured: asyncio.Future[Request] = asyncio.get_running_loop().create_future()

    async def send(self, request: Request) -> Response:
        if not self._captured.done():
            self._captured.set_result(request)
        return await asyncio.get_running_loop().create_future()

    async def first_request(
        self, run: Coroutine[None, None, ActionResult]
    ) -> Request | ActionResult:
        """Return the first request of `run`, or its result if it makes none."""
        running = asyncio.create_task(run)
        try:
            await asyncio.wait((running, self._captured), return_when=asyncio.FIRST_COMPLETED)
            return self._captured.result() if self._captured.done() else running.result()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def describe(request: Request, redactor: Redactor) -> dict[str, Json]:
    """Return a request as it would be sent, with credentials masked."""
    for secret in request.secrets:
        redactor.learn(secret)
    if len(request.body or b"") > LARGE:
        body = await asyncio.to_thread(_body, request.body, redactor)
    else:
        body = _body(request.body, redactor)
    return {
        "method": request.method,
        "url": redactor.url(request.url),
        "headers": masked_headers(request.headers, redactor),
        "body": body,
    }


def masked_headers(
    headers: Mapping[str, str], redactor: Redactor, *, secrets: Collection[str] = ()
) -> dict[str, str]:
    """Return headers with credentials masked; `secrets` are masked as words, also short ones."""
    return {
        name: MASK
        if is_secret_name(name) or not set(value.split()).isdisjoint(secrets)
        else redactor.text(value)
        for name, value in headers.items()
    }


def _body(content: bytes | None, redactor: Redactor) -> Json:
    if content is None:
        return None
    try:
        return redactor.value(parse_in_pieces(content))
    except DecodeError:
        pass
    try:
        content.decode()
    except UnicodeDecodeError:
        return f"({len(content)} bytes)"
    return redactor.body(content, _LONGEST_BODY)
