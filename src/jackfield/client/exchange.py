"""Request building, response parsing and retries shared by both clients."""

import base64
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import msgspec

from jackfield.client.errors import ClientError, Refused, Unreachable, refusal
from jackfield.client.operations import Answer, Operation
from jackfield.settings import Settings

T = TypeVar("T")
SECONDS: Final = 120.0
_FIRST_REFUSAL: Final = 400
# Statuses to retry if the hub sends `retry-after`.
_RETRIED: Final = frozenset({408, 409, 429, 503})
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Target:
    """The URL and API key of a hub, by default JACKFIELD_URL and JACKFIELD_API_KEY."""

    url: str
    api_key: str
    seconds: float
    retries: int

    @classmethod
    def of(cls, url: str | None, api_key: str | None, *, seconds: float, retries: int) -> "Target":
        settings = Settings.read()
        key = api_key or settings.api_key
        if key is None:
            msg = "an API key is missing: pass api_key, or set JACKFIELD_API_KEY"
            raise ClientError(msg)
        return cls((url or settings.url).rstrip("/"), key, seconds, retries)


def headers_of(operation: Operation[T], target: Target) -> dict[str, str]:
    """
    Return the headers of an operation, which are the same for each retry.

    A write has an `Idempotency-Key`, so that retries do not repeat it.
    """
    basic = base64.b64encode(f"{target.api_key}:".encode()).decode()
    headers = {
        "authorization": f"Basic {basic}",
        "accept": "application/json, */*",
        "user-agent": f"jackfield-python/{version('jackfield')}",
    }
    if operation.body is not None:
        headers["content-type"] = "application/json"
    if operation.is_write:
        headers["idempotency-key"] = secrets.token_hex(16)
    return {**headers, **operation.headers}


def content_of(operation: Operation[T]) -> bytes | None:
    """
    Return the body of a request.

    Raises:
        ClientError: it holds what JSON has no form for, and would arrive as something else.
    """
    if operation.body is None:
        return None
    try:
        if _holds_no_number(msgspec.to_builtins(operation.body)):
            msg = "the request holds NaN or an infinite number, which JSON does not have"
            raise ClientError(msg)
        return msgspec.json.encode(operation.body)
    except UnicodeEncodeError as error:
        msg = "the request holds half of a character (a lone surrogate), which cannot be sent"
        raise ClientError(msg) from error


def _holds_no_number(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(map(_holds_no_number, value.values()))  # pyright: ignore[reportUnknownArgumentType,reportUnknownMemberType]
    return isinstance(value, list) and any(map(_holds_no_number, value))  # pyright: ignore[reportUnknownArgumentType]


def accept(operation: Operation[T], status: int, headers: Mapping[str, str], content: bytes) -> T:
    """
    Decode a response; `headers` have lower-case names.

    Raises:
        Refused: it is an error.
        Unreachable: it is not from a hub.
    """
    content_type = headers.get("content-type", "")
    if status < _FIRST_REFUSAL:
        return operation.read(Answer(content, content_type, _file_name(headers)))
    try:
        body = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        msg = f"no hub responded: the body of status {status} is not the error of a hub"
        raise Unreachable(msg) from None
    raise refusal(body, status=status, retry_after=_seconds(headers.get("retry-after")))


def wait_before_retry(error: ClientError, *, attempt: int, target: Target) -> float | None:
    """Return the seconds to wait before a retry; `None` for no retry."""
    if attempt >= target.retries:
        return None
    backoff = min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt)
    if isinstance(error, Unreachable):
        return backoff
    if isinstance(error, Refused) and error.status in _RETRIED and error.retry_after is not None:
        return error.retry_after if error.retry_after <= _LONGEST_WAIT else None
    return None


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else max(0.0, float(text))
    except ValueError:
        return None


def _file_name(headers: Mapping[str, str]) -> str | None:
    _, mark, name = headers.get("content-disposition", "").partition("filename*=UTF-8''")
    return unquote(name.partition(";")[0]) if mark else None
