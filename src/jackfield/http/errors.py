"""Error responses: one shape, the one published clients parse."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

import msgspec
import structlog
from starlette.responses import Response

from jackfield.accounts.reconnect import ReconnectOut, reconnect
from jackfield.kit.errors import HubError, ProviderAnswer, ProviderError
from jackfield.kit.json import Json, encode

_log = structlog.get_logger()


class MethodNotAllowed(HubError):
    """This path does not take that method."""

    code = "method_not_allowed"
    status = 405


class FaultOut(msgspec.Struct, frozen=True):
    path: str
    message: str


class ProviderErrorOut(msgspec.Struct, frozen=True):
    status: int
    url: str
    raw: Json
    headers: Mapping[str, str]

    @classmethod
    def of(cls, response: ProviderAnswer) -> Self:
        return cls(response.status, response.url, response.raw, response.headers)


class ErrorBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every response of status 400 and above."""

    status_code: int = msgspec.field(name="statusCode")
    message: str
    timestamp: datetime
    code: str
    request_id: str
    faults: tuple[FaultOut, ...] = ()
    provider_errors: tuple[ProviderErrorOut, ...] = ()
    # The request that makes a link with which the failing account is linked again.
    reconnect: ReconnectOut | None = None

    @classmethod
    def of(cls, error: HubError, *, at: datetime, request_id: str) -> Self:
        response = error.answer if isinstance(error, ProviderError) else None
        return cls(
            error.status,
            error.detail,
            at,
            error.code,
            request_id,
            tuple(FaultOut(fault.path, fault.message) for fault in error.faults),
            () if response is None else (ProviderErrorOut.of(response),),
            None if error.relink is None else reconnect(error.relink),
        )


def error_response(error: Exception, *, at: datetime, request_id: str) -> Response:
    """Render `error`; for one that is not a `HubError`, a bug, the client gets the request id alone."""
    if isinstance(error, HubError):
        hub_error = error
        if hub_error.status >= 500:  # noqa: PLR2004
            _log.warning(
                "request_failed", code=hub_error.code, detail=hub_error.detail, **hub_error.context
            )
    else:
        hub_error = HubError(
            "an internal error occurred; look up the request id in the log of the hub"
        )
        _log.error("request_crashed", exc_info=error)
    body = ErrorBody.of(hub_error, at=at, request_id=request_id)
    headers: dict[str, str] = {}
    if hub_error.retry_after is not None:
        headers["retry-after"] = str(max(1, round(hub_error.retry_after)))
    if hub_error.status == 401:  # noqa: PLR2004
        # Of an unknown token, RFC 6750 has the client told that another attempt with it is in vain.
        invalid = ', error="invalid_token"' if hub_error.context.get("is_unknown_key") else ""
        headers["www-authenticate"] = (
            f'Basic realm="Jackfield", charset="UTF-8", Bearer realm="Jackfield"{invalid}'
        )
    return Response(encode(body), hub_error.status, headers, media_type="application/json")
