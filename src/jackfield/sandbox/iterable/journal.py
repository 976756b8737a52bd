"""The last requests, without what must not be kept: headers, and so keys, are never in here."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Final

from msgspec import Struct

from jackfield.kit.json import DecodeError, Json, decode
from jackfield.kit.redaction import Redactor
from jackfield.sandbox.iterable.faults import FaultKind

_KEPT: Final = 2000
_LARGEST_BODY: Final = 16_384
_HANDLED: Final = frozenset({"", FaultKind.DELAY, FaultKind.TRUNCATED})


class Entry(Struct, rename="camel", frozen=True):
    """One request; `route` and `effect` are empty where no route was found."""

    at: datetime
    method: str
    path: str
    query: str
    route: str
    effect: str
    key: str
    status: int
    milliseconds: float
    body: bytes = b""
    fault: str = ""

    @property
    def changed(self) -> bool:
        """Whether it had an effect beyond reading, which a fault may have kept from the client."""
        return (
            self.effect not in {"", "read"}
            and self.status < HTTPStatus.BAD_REQUEST
            and self.fault in _HANDLED
        )

    def show(self, redactor: Redactor) -> dict[str, Json]:
        """Return what people may see of it."""
        return {
            "at": self.at,
            "method": self.method,
            "path": redactor.text(self.path),
            "query": redactor.text(self.query),
            "route": self.route,
            "effect": self.effect,
            "changed": self.changed,
            "key": self.key,
            "status": self.status,
            "milliseconds": self.milliseconds,
            "body": redactor.value(_readable(self.body)),
            "fault": self.fault,
        }


class Journal:
    """The newest entries of one region."""

    def __init__(self) -> None:
        self._entries = deque[Entry](maxlen=_KEPT)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries))

    def __getitem__(self, index: int) -> Entry:
        return self._entries[index]

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)

    def clear(self) -> None:
        self._entries.clear()


def excerpt(body: bytes) -> bytes:
    """Return as much of a body as is kept."""
    return body[:_LARGEST_BODY]


def _readable(body: bytes) -> Json:
    if not body:
        return None
    try:
        return decode(body, dict[str, Json])
    except DecodeError:
        return body.decode("utf-8", "replace")
