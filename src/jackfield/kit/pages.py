"""One page of a list, with the cursor of the next."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from jackfield.kit.errors import Fault, InvalidRequest
from jackfield.kit.ids import Id, InvalidId

T = TypeVar("T")
IdT = TypeVar("IdT", bound=Id)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: tuple[T, ...]
    next: str | None


def invalid_cursor(*, is_ordered: bool = False) -> InvalidRequest:
    """Return the refusal of what is no cursor of a list, which the caller may order."""
    order = ", with the same order" if is_ordered else ""
    msg = f"query.next: expected what the page before gave as `next`{order}"
    return InvalidRequest(msg, faults=[Fault("query.next", "is no cursor of this list")])


def read_cursor(cursor: str | None, kind: type[IdT]) -> IdT | None:
    """
    Read the cursor of a list that goes on after an id.

    Raises:
        InvalidRequest: this list does not give out such a cursor.
    """
    try:
        return None if cursor is None else kind.parse(cursor)
    except InvalidId as error:
        raise invalid_cursor() from error
