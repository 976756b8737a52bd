"""The log of requests: what they were for, and never what they carried."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import Struct

_KEPT: Final = 5000


class Entry(Struct, frozen=True):
    """One request, and the status of its answer: 0 is none."""

    at: datetime
    action: str
    method: str
    path: str
    status: int
    fault: str = ""


class Journal:
    """The newest entries."""

    def __init__(self) -> None:
        self._entries = deque[Entry](maxlen=_KEPT)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries))

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)

    def clear(self) -> None:
        self._entries.clear()
