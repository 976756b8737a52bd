"""The log of requests; nothing in it is a secret, as nothing in a sandbox is."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import Struct

_KEPT: Final = 5000


class Entry(Struct, frozen=True):
    """One request, and the status of its answer: 0 is none."""

    at: datetime
    endpoint: str
    client_id: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    status: int
    fault: str = ""


class Journal:
    """The newest entries."""

    def __init__(self) -> None:
        self._entries = deque[Entry](maxlen=_KEPT)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries))

    def of(self, client_id: str, endpoint: str = "") -> list[Entry]:
        """Return the requests of a client, the first one first."""
        return [
            each for each in self if each.client_id == client_id and endpoint in {"", each.endpoint}
        ]

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)

    def clear(self) -> None:
        self._entries.clear()
