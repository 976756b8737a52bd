"""Sending of one request: allowed hosts, rate limit, retries."""

import secrets
from collections.abc import Mapping
from typing import Final

from jackfield.engine.exchange.retry_after import in_seconds, retry_after
from jackfield.engine.ports import Request, Response
from jackfield.engine.run import Run
from jackfield.kit.errors import EgressBlocked, ProviderTimeout, ProviderUnavailable

_TOO_MANY: Final = 429
_PUBLISHED_RETRIES: Final = 5
_LONGEST_PUBLISHED_WAIT: Final = 10.0
_READ_RETRIES: Final = 3
_FIRST_WAIT: Final = 0.5
_RETRIED_STATUSES: Final = frozenset({_TOO_MANY, 500, 502, 503, 504})
_DICE: Final = secrets.SystemRandom()


async def send(run: Run, request: Request, *, guarded: bool = True) -> Response:
    """
    Send `request`, and send it again where the run's rule and its deadline allow.

    Only what is not `guarded` may go to a host the connector does not declare. Egress looks once
    more, at each redirect as well; but dry runs, cases and scripts never come that far.

    Raises:
        EgressBlocked: the connector does not declare the host.
        ProviderUnavailable, ProviderTimeout: there is no answer.
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
    context = run.context
    if context.trace is not None:
        return await _send_traced(run, request)
    if context.limiter is None:
        return await context.transport.send(request)
    async with context.limiter.enter(request.method, request.url):
        return await context.transport.send(request)


async def _send_traced(run: Run, request: Request) -> Response:
    context = run.context
    assert context.trace is not None
    context.trace.requested(run.step_id, request)
    start = context.clock()
    if context.limiter is None:
        response = await context.transport.send(request)
    else:
        async with context.limiter.enter(request.method, request.url):
            response = await context.transport.send(request)
    seconds = (context.clock() - start).total_seconds()
    context.trace.answered(run.step_id, response, seconds=seconds)
    return response


async def _send_as_published(run: Run, request: Request) -> Response:
    """Repeat after 429 alone: at once counts as a second, and ten seconds are the most."""
    for attempt in range(1, _PUBLISHED_RETRIES + 1):
        response = await _send_once(run, request)
        if not _is_rate_limited(run, response):
            return response
        wait = _published_wait(response.headers, attempt)
        if wait > run.remaining():
            return response
        await run.context.sleep(wait)
    return await _send_once(run, request)


async def _send_read(run: Run, request: Request) -> Response:
    """Repeat a read after a passing failure, waiting as told, or a while chosen by chance."""
    for attempt in range(_READ_RETRIES):
        try:
            response = await _send_once(run, request)
        except (ProviderTimeout, ProviderUnavailable):
            wait = _jittered(attempt)
            if wait > run.remaining():
                raise
        else:
            if response.status not in _RETRIED_STATUSES and not _is_rate_limited(run, response):
                return response
            asked = retry_after(response.headers, run.context.clock)
            wait = _jittered(attempt) if asked is None else asked
            if wait > run.remaining():
                return response
        await run.context.sleep(wait)
    return await _send_once(run, request)


def _is_rate_limited(run: Run, response: Response) -> bool:
    if response.status == _TOO_MANY:
        return True
    return run.is_rate_limit is not None and run.is_rate_limit(
        response.status, response.headers, response.body
    )


def _published_wait(headers: Mapping[str, str], attempt: int) -> float:
    asked = in_seconds(headers.get("retry-after", "").strip())
    if asked:
        return min(max(asked, 1.0), _LONGEST_PUBLISHED_WAIT)
    return 2.0**attempt * _DICE.uniform(1, 1.1)


def _jittered(attempt: int) -> float:
    return _DICE.uniform(0, _FIRST_WAIT * 2 ** (attempt + 1))
