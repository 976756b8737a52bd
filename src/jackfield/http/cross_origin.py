"""Requests of pages of other origins: what a browser is told before one, and with its response."""

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import Response

from jackfield.kit.request_context import RequestContext

# The Hub may be embedded in any product's page and shows its token in a header of its own, so
# answering other origins gives nothing away.
HUB_PREFIX: Final = "/hub/"
_HUB: Final = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, POST, PATCH, DELETE, OPTIONS",
    "access-control-allow-headers": "content-type, x-hub-session-token, x-hub-version",
    "access-control-expose-headers": "x-request-id",
    "access-control-max-age": "600",
}
# Besides it, only what takes narrowed keys is meant for browsers. Whose key it is nobody knows
# before the request itself, which is refused if its page may not use the key.
_PREFLIGHT: Final = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, POST, PATCH, DELETE, OPTIONS",
    "access-control-allow-headers": (
        "authorization, content-type, accept, idempotency-key, prefer, x-account-id, "
        "x-connector-profile-id, x-end-user-id, mcp-protocol-version, mcp-session-id, mcp-method, "
        "mcp-name, last-event-id, a2a-version"
    ),
    "access-control-max-age": "600",
}
_EXPOSED: Final = "x-request-id, retry-after, idempotency-replayed, content-disposition"


def allow(*, path: str) -> Response:
    """Respond to a browser that asks whether a page may send a request."""
    return Response(status_code=204, headers=None if path.startswith(HUB_PREFIX) else _PREFLIGHT)


def complete(response: Response, request: RequestContext, *, path: str, narrowed: bool) -> None:
    """Let the page that sent a request read its response, if it may."""
    if path.startswith(HUB_PREFIX):
        _add(response, _HUB)
        return
    if request.page_origin is not None:
        origin = request.page_origin
    elif narrowed and request.project_id is None and "origin" in request.headers:
        # Refused before it was known whose key it is: the reason gives nothing away.
        origin = "*"
    else:
        return
    _add(
        response,
        {
            "access-control-allow-origin": origin,
            "access-control-expose-headers": _EXPOSED,
            "vary": "origin",
        },
    )


def _add(response: Response, headers: Mapping[str, str]) -> None:
    MutableHeaders(raw=response.raw_headers).update(headers)
