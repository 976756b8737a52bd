"""Request building, response parsing and retries shared by both clients."""

import base64
import math
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final, NoReturn, TypeVar
from urllib.parse import unquote

import msgspec

from jackfield.client.errors import (
    BrokenOff,
    ClientError,
    Fault,
    ProviderFailed,
    Refused,
    Unreachable,
    refusal,
    sendable,
)
from jackfield.client.models import Result
from jackfield.client.operations import Answer, Operation
from jackfield.kit.urls import is_base
from jackfield.settings import Settings

T = TypeVar("T")
PROGRAM: Final = "jackfield-python"
SECONDS: Final = 120.0
CHUNK: Final = 64 * 1024
_OK: Final = 200
_BAD_GATEWAY: Final = 502
_FIRST_ELSEWHERE: Final = 300
_FIRST_REFUSAL: Final = 400
# Statuses to retry if the hub sends `retry-after`.
_RETRIED: Final = frozenset({408, 409, 429, 503})
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Target:
    """The URL and API key of a hub, by default JACKFIELD_URL and JACKFIELD_API_KEY.

    `program` is the user agent's name, by which the hub's log says what asked.
    """

    url: str
    api_key: str
    seconds: float
    retries: int
    program: str = PROGRAM

    @classmethod
    def of(
        cls, url: str | None, api_key: str | None, *, seconds: float, retries: int, program: str
    ) -> "Target":
        settings = Settings.read()
        key = api_key or settings.api_key
        if key is None:
            msg = "an API key is missing: pass api_key, or set JACKFIELD_API_KEY"
            raise ClientError(msg)
        if url and not is_base(url.strip()):
            msg = f"{url!r} is not the URL of a hub, such as https://hub.example.com"
            raise ClientError(msg)
        return cls((url or settings.url).strip().rstrip("/"), key, seconds, retries, program)

    @property
    def place(self) -> str:
        return f"what answers at {self.url} is no hub"


class _ErrorBody(msgspec.Struct):
    """As much of a hub's error as is read."""

    code: str | None = None
    message: str | None = None
    faults: list[Fault] = []
    provider_errors: list[dict[str, Any]] = []


def headers_of(operation: Operation[T], target: Target) -> dict[str, str]:
    """
    Return the headers of an operation, which are the same for each retry.

    A write has an `Idempotency-Key`, so that retries do not repeat it.

    Raises:
        ClientError: a header, or the path, holds what none can.
    """
    for name, text in (("path", operation.path), *operation.headers.items()):
        if not (text.isascii() and text.isprintable()) or (name == "path" and " " in text):
            msg = f"{text!a} cannot be sent as {name}: it may hold printable ASCII alone"
            raise ClientError(msg)
    basic = base64.b64encode(f"{target.api_key}:".encode()).decode()
    headers = {
        "authorization": f"Basic {basic}",
        "accept": "application/json, */*",
        "user-agent": f"{target.program}/{version('jackfield')}",
    }
    if operation.body is not None:
        headers["content-type"] = "application/json"
    if operation.is_write and not operation.is_stream:
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
    with sendable():
        if _holds_no_number(msgspec.to_builtins(operation.body)):
            msg = "the request holds NaN or an infinite number, which JSON does not have"
            raise ClientError(msg)
        return msgspec.json.encode(operation.body)


def _holds_no_number(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(map(_holds_no_number, value.values()))  # pyright: ignore[reportUnknownArgumentType,reportUnknownMemberType]
    return isinstance(value, list) and any(map(_holds_no_number, value))  # pyright: ignore[reportUnknownArgumentType]


def accept(
    operation: Operation[T],
    target: Target,
    status: int,
    headers: Mapping[str, str],
    content: bytes,
) -> T:
    """
    Decode a response; `headers` have lower-case names.

    Raises:
        Refused: it is an error.
        Unreachable: it is not from a hub.
    """
    if status >= _FIRST_ELSEWHERE:
        refuse(target, status, headers, content)
    kind, name = headers.get("content-type", ""), _file_name(headers)
    answer = Answer(content, kind, name, is_file=_is_file(headers))
    try:
        return operation.read(answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"no hub answers: {target.place} ({error})"
        raise Unreachable(msg) from None


def refuse(target: Target, status: int, headers: Mapping[str, str], content: bytes) -> NoReturn:
    """
    Raise the error of a response that is not what was asked for.

    Raises:
        Refused: it is the error of a hub.
        Unreachable: it is not from a hub.
    """
    if status < _FIRST_REFUSAL:
        # Rows without what a hub says of them, or a redirect.
        to = headers.get("location")
        msg = f"no hub answers: {target.place} (status {status}, location {to!r})"
        raise Unreachable(msg)
    try:
        body = msgspec.json.decode(content, type=dict[str, Any])
        msgspec.convert(body, _ErrorBody)
    except (msgspec.DecodeError, UnicodeDecodeError):
        msg = f"no hub answers: {target.place} (status {status}, and not the error of a hub)"
        raise Unreachable(msg) from None
    raise refusal(body, status=status, retry_after=_seconds(headers.get("retry-after")))


def is_rows(status: int, headers: Mapping[str, str]) -> bool:
    """Tell whether a response is rows as a hub streams them."""
    return status == _OK and _is_file(headers)


def is_events(status: int, headers: Mapping[str, str]) -> bool:
    """Tell whether a response is server-sent events."""
    return status == _OK and headers.get("content-type", "").startswith("text/event-stream")


def unreachable(target: Target, error: Exception) -> Unreachable:
    return Unreachable(f"no hub answers at {target.url} ({error or type(error).__name__})")


def broken_off(action: str, reason: object) -> BrokenOff:
    said = reason or type(reason).__name__
    return BrokenOff(f"the rows of {action} broke off: those that came are not all ({said})")


def next_cursor(page: Result, seen: set[str]) -> str | None:
    """
    Return the cursor behind `page`, and add it to those `seen`.

    Raises:
        ProviderFailed: it came before, so that the pages would never end.
    """
    if page.next is None:
        return None
    if page.next in seen:
        msg = f"the cursor {page.next!r} came a second time: the pages would never end"
        code = "provider_pagination_stalled"
        raise ProviderFailed(msg, code=code, status=_BAD_GATEWAY, body={})
    seen.add(page.next)
    return page.next


class Lines:
    """Lines, with their ends, out of chunks of bytes."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def of(self, chunk: bytes, *, is_last: bool = False) -> Iterator[str]:
        """Yield the lines that `chunk` completes."""
        self._rest += chunk
        # Not `splitlines`, to which some letters within a row are ends of lines, too.
        *whole, rest = self._rest.split(b"\n")
        self._rest = rest
        for line in whole:
            yield line.decode("utf-8", "replace") + "\n"
        if is_last and rest:
            yield rest.decode("utf-8", "replace")


def wait_before_retry(error: ClientError, *, attempt: int, target: Target) -> float | None:
    """Return the seconds to wait before a retry; `None` for no retry."""
    if attempt >= target.retries:
        return None
    backoff = min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt)
    if isinstance(error, Unreachable):
        return backoff
    if isinstance(error, Refused) and error.status in _RETRIED and error.retry_after is not None:
        # A server before the hub may say 0.
        wait = error.retry_after or backoff
        return wait if wait <= _LONGEST_WAIT else None
    return None


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else max(0.0, float(text))
    except ValueError:
        return None


def _is_file(headers: Mapping[str, str]) -> bool:
    return headers.get("content-disposition", "").startswith("attachment")


def _file_name(headers: Mapping[str, str]) -> str | None:
    _, mark, name = headers.get("content-disposition", "").partition("filename*=UTF-8''")
    return unquote(name.partition(";")[0]) if mark else None
