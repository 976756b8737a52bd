"""`Idempotency-Key`: a repeated write gets the first response and does not run again."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from starlette.responses import Response
from starlette.types import Scope

from jackfield.http.context import ApiContext
from jackfield.http.errors import error_response
from jackfield.idempotency import service as idempotency
from jackfield.idempotency.models import (
    IdempotencyAnswerGone,
    IdempotencyInFlight,
    IdempotencyMismatch,
    IdempotencyUnknown,
    InvalidIdempotencyKey,
    StoredResponse,
)
from jackfield.idempotency.service import IdempotentRequest
from jackfield.kit import request_context
from jackfield.kit.errors import HubError
from jackfield.kit.json import encode
from jackfield.logs.runs.sources import PATHS, RunSource

HEADER: Final = "idempotency-key"
REFUSALS: Final[tuple[type[HubError], ...]] = (
    InvalidIdempotencyKey,
    IdempotencyMismatch,
    IdempotencyInFlight,
    IdempotencyUnknown,
    IdempotencyAnswerGone,
)
# Besides the request itself, these name the account and its profile.
_IDENTIFYING: Final = ("x-account-id", "x-connector-profile-id")
_ACTIONS: Final = frozenset({PATHS[RunSource.API], PATHS[RunSource.PROXY]})
# Set again for each response.
_NOT_STORED: Final = frozenset({"content-length", "x-request-id"})


async def run_idempotent(
    ctx: ApiContext, scope: Scope, body: bytes, work: Callable[[], Awaitable[Response]]
) -> Response:
    """
    Run a write whose request carries a key once, and respond with its result each time.

    Raises:
        HubError: the work was refused, or the key cannot be used for this request.
    """
    key = ctx.headers[HEADER]
    identifying = [ctx.headers.get(name) for name in _IDENTIFYING]
    query = scope["query_string"].decode("latin-1")
    about = encode([scope["method"], scope["path"], query, *identifying])
    request = IdempotentRequest(key, about + b"\n" + body, _check(scope))
    fresh: list[Response] = []

    async def store() -> StoredResponse:
        response = await work()
        fresh.append(response)
        return _plain(response)

    stored, is_repeated = await idempotency.run_once(
        ctx.hub, ctx.caller.project_id, ctx.actor, request, store, refuse=partial(_refuse, ctx)
    )
    if not is_repeated:
        return fresh[0]
    headers = {**stored.headers, "idempotency-replayed": "true"}
    return Response(stored.body, stored.status, headers)


def _plain(response: Response) -> StoredResponse:
    headers = {name: value for name, value in response.headers.items() if name not in _NOT_STORED}
    return StoredResponse(response.status_code, bytes(response.body), headers)


def _refuse(ctx: ApiContext, error: HubError) -> StoredResponse:
    current = request_context.current()
    request_id = "" if current is None else current.request_id
    return _plain(error_response(error, at=ctx.hub.clock(), request_id=request_id))


def _check(scope: Scope) -> str:
    path: str = scope["path"]
    if path in _ACTIONS:
        return "look at the provider whether what the action was to change is there"
    return f"look with GET at what {scope['method']} {path} was to change"
