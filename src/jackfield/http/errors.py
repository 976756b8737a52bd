"""Error responses: one shape, the one published clients parse."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

import msgspec
import structlog
from starlette.responses import Response

from jackfield.http.reconnect import ReconnectOut, reconnect
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
    def of(cls, answer: ProviderAnswer) -> Self:
        return cls(answer.status, answer.url, answer.raw, answer.headers)


class ErrorBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """What every response of status 400 and above carries."""

    status_code: int = msgspec.field(name="statusCode")
    message: str
    timestamp: datetime
    code: str
    request_id: str
    faults: tuple[FaultOut, ...] = ()
    provider_errors: tuple[ProviderErrorOut, ...] = ()
    # Where the account that is in the way can be linked anew.
    reconnect: ReconnectOut | None = None

    @classmethod
    def of(cls, error: HubError, *, at: datetime, request_id: str) -> Self:
        answer = error.answer if isinstance(error, ProviderError) else None
        return cls(
            error.status,
            error.detail,
            at,
            error.code,
            request_id,
            tuple(FaultOut(fault.path, fault.message) for fault in error.faults),
            () if answer is None else (ProviderErrorOut.of(answer),),
            None if error.relink is None else reconnect(error.relink),
        )


def error_response(error: Exception, *, at: datetime, request_id: str) -> Response:
    """Render `error`; one that is not ours is a bug, of which the client learns the id alone."""
    if isinstance(error, HubError):
        known = error
        if known.status >= 500:  # noqa: PLR2004
            _log.warning("request_failed", code=known.code, detail=known.detail, **known.context)
    else:
        known = HubError("something went wrong inside the hub; the request id leads to the log")
        _log.error("request_crashed", exc_info=error)
    body = ErrorBody.of(known, at=at, request_id=request_id)
    headers: dict[str, str] = {}
    if known.retry_after is not None:
        headers["retry-after"] = str(max(1, round(known.retry_after)))
    if known.status == 401:  # noqa: PLR2004
        headers["www-authenticate"] = 'Basic realm="Jackfield", charset="UTF-8"'
    return Response(encode(body), known.status, headers, media_type="application/json")
