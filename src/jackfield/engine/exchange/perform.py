"""One exchange with the provider: send, decode, apply the connector's error rules."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from jackfield.engine.compat import Mode
from jackfield.engine.exchange.failure import answer_of
from jackfield.engine.exchange.remap import CustomError, remap
from jackfield.engine.exchange.send import send
from jackfield.engine.ports import Request, Response
from jackfield.engine.reply import Reply
from jackfield.engine.run import Run, compute
from jackfield.engine.wire.charset import is_damaged, text_of
from jackfield.engine.wire.formats import read_response
from jackfield.engine.wire.json import NestedTooDeep
from jackfield.kit.errors import AnswerTooDeep, UnreadableAnswer
from jackfield.kit.json import Json
from jackfield.kit.large_json import LARGE

ReadBody: TypeAlias = Callable[[Response, Mode], Json]

_ERRORS_AND_REDIRECTS = 300
_ELSEWHERE = range(300, 400)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_FOUND = 404
_NOT_FOUND_SECONDS = 60.0
_TOO_MANY = 429


class Exchange(Struct, frozen=True):
    """
    How a step's requests are sent and its responses read.

    `cache_seconds` is 0 if responses must not be cached. A request without credentials may go to
    hosts the connector does not declare: it is then not `guarded`. In strict mode a redirect is an
    error, unless the step `takes_redirects`. All but files are `reads_text`.
    """

    custom_errors: tuple[CustomError, ...] = ()
    read: ReadBody = read_response
    cache_seconds: float = 0
    guarded: bool = True
    takes_redirects: bool = False
    reads_text: bool = True

    def may_remap(self, status: int) -> bool:
        """Tell whether one of the connector's rules is about answers of this status."""
        for error in self.custom_errors:  # noqa: SIM110 - a loop, since every answer is looked at
            if error.received == status:
                return True
        return False


async def perform(run: Run, request: Request, exchange: Exchange) -> Reply:
    """
    Send `request` and return the response as the connector interprets it.

    Raises:
        ProviderError: there is no response, or it cannot be read.
        EgressBlocked: the connector does not declare the host.
    """
    if exchange.cache_seconds and run.context.cache is not None and _may_be_kept(run, request):
        response = await _send_cached(run, request, exchange.cache_seconds)
    else:
        response = await send(run, request, guarded=exchange.guarded)
    run.receive(len(response.body))
    try:
        data, damaged = await _read(response, exchange, run.mode)
    except ValueError as error:
        reply = Reply(response.status, None, response, request.url)
        if not isinstance(error, NestedTooDeep):
            raise _unreadable(run, reply, error) from None
        if not reply.failed:
            raise AnswerTooDeep(answer=answer_of(reply, run), step=run.step_id) from None
        # The refusal counts, however it is written.
        data, damaged = text_of(response), False
    if damaged:
        run.warnings.append(f"{run.step_id}: some characters of the answer could not be read")
    reply = Reply(response.status, data, response, request.url)
    if run.rate_errors.match(response):
        reply = replace(reply, status=_TOO_MANY)
    if exchange.may_remap(reply.status):
        told, credentials = reply, run.context.credentials
        reply = await compute(
            run, lambda: remap(told, exchange.custom_errors, credentials, run.mode)
        )
    if len(response.body) > LARGE and reply.failed:
        reply = replace(reply, shown=await asyncio.to_thread(answer_of, reply, run))
    if run.mode == "strict" and reply.status in _ELSEWHERE and not exchange.takes_redirects:
        what = "a redirect" if reply.status in _REDIRECTS else "neither a success nor an error"
        raise _unreadable(run, reply, f"its status {reply.status} is {what}")
    return reply


def _may_be_kept(run: Run, request: Request) -> bool:
    """Tell whether an answer may stand for another request: a write is made each time."""
    return run.retries != "never" or request.method == "GET"


async def _read(response: Response, exchange: Exchange, mode: Mode) -> tuple[Json, bool]:
    """Return the data of a response, and whether some of it could not be read."""
    if len(response.body) <= LARGE:
        return _read_now(response, exchange, mode)
    return await asyncio.to_thread(_read_now, response, exchange, mode)


def _read_now(response: Response, exchange: Exchange, mode: Mode) -> tuple[Json, bool]:
    data = exchange.read(response, mode)
    return data, mode == "strict" and exchange.reads_text and is_damaged(response)


def _unreadable(run: Run, reply: Reply, reason: object) -> UnreadableAnswer:
    msg = f"the provider's response cannot be read: {reason}"
    return UnreadableAnswer(msg, answer=answer_of(reply, run), step=run.step_id)


async def _send_cached(run: Run, request: Request, seconds: float) -> Response:
    cache = run.context.cache
    assert cache is not None
    digest = hashlib.sha256(f"{request.method} {request.url}\n".encode())
    for name, value in request.headers.items():
        digest.update(f"{name.lower()}: {value}\n".encode())
    digest.update(b"\n" + (request.body or b""))
    key = digest.hexdigest()
    response = await cache.get(key)
    if response is not None:
        return response
    response = await send(run, request)
    if response.status < _ERRORS_AND_REDIRECTS:
        await cache.put(key, response, seconds=seconds)
    elif response.status == _NOT_FOUND:
        await cache.put(key, response, seconds=_NOT_FOUND_SECONDS)
    return response
