"""Things with a number."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Numbered(Generic[T]):
    """Things found by the number they got when they were made."""

    def __init__(self, first: int) -> None:
        self._all: dict[int, T] = {}
        self._next = first

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._all.values()))

    def __contains__(self, number: object) -> bool:
        return number in self._all

    def take_number(self) -> int:
        """Return a number that nothing has had."""
        number = self._next
        self._next += 1
        return number

    def make(self, build: Callable[[int], T]) -> T:
        """Add what `build` makes of the next number."""
        number = self.take_number()
        self._all[number] = build(number)
        return self._all[number]

    def put(self, number: int, thing: T) -> None:
        """Add a thing under a number that was taken for it."""
        self._all[number] = thing

    def find(self, number: int) -> T | None:
        return self._all.get(number)

    def remove(self, number: int) -> None:
        del self._all[number]
