"""`customErrors`: the connector's mapping of provider statuses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from msgspec.structs import replace

from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import require_known, take_objects
from jackfield.engine.errors import InvalidStep, missing_field
from jackfield.engine.expressions import strict_values
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.templates import compile_safely
from jackfield.engine.reply import Reply
from jackfield.engine.schema.requests import CUSTOM_ERROR
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.errors import Fault
from jackfield.kit.json import Json

_PUBLISHED_PHRASES: Final = {
    200: "OK",
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Payload Too Large",
    422: "Unprocessable Entity",
    499: "Client Closed Request",
    429: "Too many Requests",
    500: "Internal server error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Unavailable",
    504: "Gateway Timeout",
}


@dataclass(frozen=True, slots=True)
class CustomError:
    """One entry of `customErrors`; `field` is the credential the error is about, if known."""

    received: int
    target: int
    message: Evaluate | None
    condition: Evaluate | None
    field: str | None


def compile_custom_errors(document: Json, mode: Mode) -> tuple[CustomError, ...]:
    entries = take_objects(document, "customErrors")
    return tuple(
        _compile(entry, f"customErrors[{index}]", mode) for index, entry in enumerate(entries)
    )


def remap(
    reply: Reply, errors: Sequence[CustomError], credentials: Mapping[str, str], mode: Mode
) -> Reply:
    """Apply the first entry with the reply's status whose condition holds."""
    candidates = [error for error in errors if error.received == reply.status]
    if not candidates:
        return reply
    scope: EvaluationScope = {
        "status": reply.status,
        "data": reply.data,
        "headers": dict(reply.response.headers),
    }
    # The published engine has no `message` here, and `requestUrl` only for successes.
    if mode == "strict":
        scope["message"] = _phrase(reply.status)
    if mode == "strict" or not reply.failed:
        scope["requestUrl"] = reply.url
    scope_with_credentials = {**scope, "credentials": dict(credentials)}
    for error in candidates:
        if error.condition is None or error.condition(scope_with_credentials) is True:
            return _remapped(reply, error, scope, mode)
    return reply


def _remapped(reply: Reply, error: CustomError, scope: EvaluationScope, mode: Mode) -> Reply:
    value = UNDEFINED if error.message is None else error.message(scope)
    is_absent = value is None or value is UNDEFINED
    message = "" if is_absent else strict_values.in_mode(mode)(value)
    message = message or _phrase(error.target)
    faults = () if error.field is None else (Fault(error.field, message),)
    return replace(reply, status=error.target, message=message, faults=faults)


def _compile(entry: Mapping[str, Json], path: str, mode: Mode) -> CustomError:
    require_known(entry, CUSTOM_ERROR.entries, path)
    message, condition = entry.get("message"), entry.get("condition")
    field = entry.get("field")
    return CustomError(
        received=_status(entry, "receivedStatus", path),
        target=_status(entry, "targetStatus", path),
        message=None if message is None else compile_safely(str(message), mode),
        condition=compile_safely(str(condition), mode) if condition else None,
        field=None if field is None else str(field),
    )


def _status(entry: Mapping[str, Json], key: str, path: str) -> int:
    if key not in entry:
        raise missing_field(path=f"{path}.{key}")
    try:
        return int(entry[key])
    except (TypeError, ValueError):
        msg = f"The field '{path}.{key}' must be a number"
        raise InvalidStep(msg) from None


def _phrase(status: int) -> str:
    if status in _PUBLISHED_PHRASES:
        return _PUBLISHED_PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown error"
