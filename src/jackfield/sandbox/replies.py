"""Responses of handlers other than plain JSON values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from jackfield.kit.json import encode

JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"
HTML: Final = "text/html; charset=utf-8"
CSV: Final = "text/csv; charset=utf-8"
NDJSON: Final = "application/x-json-stream"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer sent piece by piece, never held whole."""

    chunks: Iterator[bytes]
    content_type: str


def json_reply(value: object, status: int = 200) -> Reply:
    return Reply(encode(value), status)


def text_reply(text: str, *, status: int = 200, content_type: str = TEXT) -> Reply:
    return Reply(text.encode(), status, content_type)
