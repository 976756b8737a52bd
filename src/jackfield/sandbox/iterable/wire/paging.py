"""Pages with a number, a size and links to their neighbors."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.refusals import bad_params
from jackfield.sandbox.iterable.wire.call import Call

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """How things are listed: under which names, each how, and how many at most."""

    items: str
    total: str
    show: Callable[[T], Json]
    largest: int
    usual: int = 10

    def page(
        self, call: Call, found: Sequence[T], number: int | None, size: int | None
    ) -> dict[str, Json]:
        """
        Show one page, how many things there are on all of them, and links to its neighbors.

        Raises:
            Refusal: there can be no such page.
        """
        number = 1 if number is None else number
        size = self.usual if size is None else size
        start = _start(number, size, self.largest)
        return {
            self.items: [self.show(each) for each in found[start : start + size]],
            self.total: len(found),
            **_links(call, number, size, is_last=start + size >= len(found)),
        }

    def page_or_all(
        self, call: Call, found: Sequence[T], number: int | None, size: int | None
    ) -> dict[str, Json]:
        """Show one page, or everything to clients of old that ask for none."""
        if number is None and size is None:
            return {self.items: [self.show(each) for each in found]}
        return self.page(call, found, number, size)


def ordered(items: Iterable[T], sort: str, keys: Mapping[str, Callable[[T], Json]]) -> list[T]:
    """
    Sort by a text such as `-createdAt`, `+name` or `id`.

    Raises:
        Refusal: nothing can be sorted by that.
    """
    # A plus sign that was not percent-encoded arrives as a space.
    name = sort.lstrip("+- ")
    if name not in keys:
        msg = f"Invalid sort field: {name}"
        raise bad_params(msg)
    return sorted(items, key=keys[name], reverse=sort.startswith("-"))


def _start(number: int, size: int, largest: int) -> int:
    if number < 1:
        msg = f"Invalid page: {number}"
        raise bad_params(msg)
    if not 1 <= size <= largest:
        msg = f"Invalid pageSize: {size}, must be between 1 and {largest}"
        raise bad_params(msg)
    return (number - 1) * size


def _links(call: Call, number: int, size: int, *, is_last: bool) -> dict[str, str]:
    links: dict[str, str] = {}
    if not is_last:
        links["nextPageUrl"] = _link(call, number + 1, size)
    if number > 1:
        links["previousPageUrl"] = _link(call, number - 1, size)
    return links


def _link(call: Call, page: int, size: int) -> str:
    kept = [
        (name, value)
        for name, value in parse_qsl(call.query, keep_blank_values=True)
        if name not in {"page", "pageSize"}
    ]
    query = urlencode([*kept, ("page", page), ("pageSize", size)])
    return f"{call.origin}{call.path}?{query}"
