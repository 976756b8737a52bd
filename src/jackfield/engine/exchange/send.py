"""Sending of one request: allowed hosts, rate limit, retries."""

import secrets
import time
from contextlib import nullcontext
from functools import partial
from typing import Final

from jackfield.engine.current_time import using_clock
from jackfield.engine.ports import Request, Response
from jackfield.engine.run import Run, compute
from jackfield.engine.wire.retry_after import in_seconds
from jackfield.engine.wire.url import origin_of
from jackfield.kit.clock import Clock
from jackfield.kit.errors import EgressBlocked, HubError, ProviderTimeout, ProviderUnavailable

_TOO_MANY: Final = 429
_PUBLISHED_RETRIES: Final = 5
_LONGEST_PUBLISHED_WAIT: Final = 10.0
_READ_RETRIES: Final = 3
_FIRST_WAIT: Final = 0.5
_RETRIED_STATUSES: Final = frozenset({_TOO_MANY, 500, 502, 503, 504})
_DICE: Final = secrets.SystemRandom()


async def send(run: Run, request: Request, *, guarded: bool = True) -> Response:
    """
    Send `request`, and retry as the run's rule and its deadline allow.

    A `guarded` request may only go to hosts the connector declares. Egress checks that again for
    each redirect; but dry runs, cases and scripted providers do not pass egress.

    Raises:
        EgressBlocked: the connector does not declare the host.
        ProviderUnavailable, ProviderTimeout: there is no response.
    """
    if guarded and run.is_allowed is not None and not run.is_allowed(request.url):
        msg = "the connector does not declare the host this request goes to"
        raise EgressBlocked(msg, step=run.step_id)
    if run.retries == "published":
        return await _send_as_published(run, request)
    if run.retries == "reads":
        return await _send_read(run, request)
    return await _send_once(run, request)


async def _send_once(run: Run, request: Request) -> Response:
    context, start = run.context, time.perf_counter()
    limiter = context.limiter
    async with nullcontext() if limiter is None else limiter.enter(request.method, request.url):
        sent = context.clock() if run.has_stated else None
        if request.sign is None:
            response = await _transmit(run, request, start)
        else:
            # Signed when it is its turn, or its time would be that of before.
            transmit = partial(_sign_and_transmit, run, request, start)
            is_read = run.retries == "reads" or request.method == "GET"
            response = await context.clocks.send(
                origin_of(request.url), context.clock, transmit, repeats=is_read
            )
        if sent is not None:
            run.has_stated = False
            context.clocks.learn(run.statements, response, sent=sent, received=context.clock())
    return response


async def _sign_and_transmit(run: Run, request: Request, start: float, clock: Clock) -> Response:
    def signed() -> Request:
        with using_clock(clock):
            return request.signed()

    return await _transmit(run, await compute(run, signed), start)


async def _transmit(run: Run, request: Request, start: float) -> Response:
    context, trace = run.context, run.context.trace
    if trace is None:
        return await context.transport.send(request)
    # A request that waits for its turn was not sent.
    trace.requested(run.step_id, request)
    try:
        response = await context.transport.send(request)
    except HubError as error:
        if error.nothing_sent:
            trace.not_sent(run.step_id)
        raise
    seconds = time.perf_counter() - start
    trace.answered(run.step_id, response, seconds=seconds)
    return response


async def _send_as_published(run: Run, request: Request) -> Response:
    """Retry after 429 only; a `Retry-After` counts as one second at least and ten at most."""
    for attempt in range(1, _PUBLISHED_RETRIES + 1):
        response = await _send_once(run, request)
        if response.status != _TOO_MANY and not run.rate_errors.match(response):
            return response
        wait = _published_wait(run, response, attempt)
        if wait > run.remaining():
            return response
        await run.context.sleep(wait)
    return await _send_once(run, request)


async def _send_read(run: Run, request: Request) -> Response:
    """Retry a read after a transient failure: when it is told to, or with a jittered backoff."""
    for attempt in range(_READ_RETRIES):
        try:
            response = await _send_once(run, request)
        except (ProviderTimeout, ProviderUnavailable):
            wait = _jittered(attempt)
            if wait > run.remaining():
                raise
        else:
            if response.status not in _RETRIED_STATUSES and not run.rate_errors.match(response):
                return response
            # No wait, or one until the past, is no reason to repeat the request at once.
            told = run.wait_told(response) or 0.0
            wait = told if told >= 1 else max(told, _jittered(attempt))
            if wait > run.remaining():
                return response
        await run.context.sleep(wait)
    return await _send_once(run, request)


def _published_wait(run: Run, response: Response, attempt: int) -> float:
    seconds = in_seconds(response.headers.get("retry-after", "").strip())
    if not seconds and run.rate_errors.match(response):
        seconds = run.wait_told(response)
    if seconds:
        return min(max(seconds, 1.0), _LONGEST_PUBLISHED_WAIT)
    return 2.0**attempt * _DICE.uniform(1, 1.1)


def _jittered(attempt: int) -> float:
    return _FIRST_WAIT * 2.0**attempt * _DICE.uniform(0.5, 1.5)
