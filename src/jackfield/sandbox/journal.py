"""The log of requests of a sandbox."""

from collections import deque
from collections.abc import Iterator
from typing import Final, Generic, TypeVar

_KEPT: Final = 5000
T = TypeVar("T")


class Journal(Generic[T]):
    """The newest entries, the first one first."""

    def __init__(self) -> None:
        self._entries = deque[T](maxlen=_KEPT)

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._entries))

    def add(self, entry: T) -> None:
        self._entries.append(entry)

    def clear(self) -> None:
        self._entries.clear()
