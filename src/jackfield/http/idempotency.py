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
# Besides what is asked, these say with whose account, and how.
_TELLING: Final = ("x-account-id", "x-connector-profile-id")
_ACTIONS: Final = frozenset({PATHS[RunSource.API], PATHS[RunSource.PROXY]})
# Written anew for each answer.
_NOT_KEPT: Final = frozenset({"content-length", "x-request-id"})


async def run_idempotent(
    ctx: ApiContext, scope: Scope, body: bytes, work: Callable[[], Awaitable[Response]]
) -> Response:
    """
    Answer a write whose request carries a key, once.

    Raises:
        HubError: the work was refused, or the key cannot be used for this request.
    """
    key = ctx.headers[HEADER]
    said = [ctx.headers.get(name) for name in _TELLING]
    query = scope["query_string"].decode("latin-1")
    about = encode([scope["method"], scope["path"], query, *said])
    wanted = IdempotentRequest(key, about + b"\n" + body, _check(scope))
    fresh: list[Response] = []

    async def answer() -> StoredResponse:
        response = await work()
        fresh.append(response)
        return _plain(response)

    kept, is_repeated = await idempotency.run_once(
        ctx.hub, ctx.caller.project_id, ctx.actor, wanted, answer, refuse=partial(_refuse, ctx)
    )
    if not is_repeated:
        return fresh[0]
    headers = {**kept.headers, "idempotency-replayed": "true"}
    return Response(kept.body, kept.status, headers)


def _plain(response: Response) -> StoredResponse:
    headers = {name: value for name, value in response.headers.items() if name not in _NOT_KEPT}
    return StoredResponse(response.status_code, bytes(response.body), headers)


def _refuse(ctx: ApiContext, error: HubError) -> StoredResponse:
    asked = request_context.current()
    request_id = "" if asked is None else asked.request_id
    return _plain(error_response(error, at=ctx.hub.clock(), request_id=request_id))


def _check(scope: Scope) -> str:
    path: str = scope["path"]
    if path in _ACTIONS:
        return "look at the provider whether what the action was to change is there"
    return f"look with GET at what {scope['method']} {path} was to change"
