"""Keyset pagination in one of several orders."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString, TypeVar

from jackfield.db.tx import Row
from jackfield.kit.json import DecodeError, encode, parse
from jackfield.kit.pages import Page, invalid_cursor

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SortColumn:
    """A column that a list can be sorted by, and the type of its values."""

    name: LiteralString
    type: type[int | str]


BY_ID: Final = SortColumn("id", str)


@dataclass(frozen=True, slots=True)
class Keyset:
    """The order of a list and the position in it: the last row's value in `column`, and its id."""

    column: SortColumn = BY_ID
    descending: bool = True
    position: tuple[int | str, str] | None = None

    @classmethod
    def at(cls, cursor: str | None, *, column: SortColumn, descending: bool) -> "Keyset":
        """
        Return the keyset that continues at `cursor`; the beginning if it is `None`.

        Raises:
            InvalidRequest: it is not a cursor of this order.
        """
        if cursor is None:
            return cls(column, descending)
        try:
            parts = parse(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
            name, ordered, value, row_id = parts
            sound = [name, ordered] == [column.name, descending]
            sound = sound and type(value) is column.type and isinstance(row_id, str)
        except (binascii.Error, DecodeError, ValueError, TypeError):
            sound, value, row_id = False, "", ""
        if not sound:
            raise invalid_cursor(is_ordered=True)
        return cls(column, descending, (value, row_id))

    @property
    def where(self) -> LiteralString:
        if self.position is None:
            return ""
        if self.column is BY_ID:
            return " and id < :after_id" if self.descending else " and id > :after_id"
        sign: LiteralString = "<" if self.descending else ">"
        return f" and ({self.column.name}, id) {sign} (:after_value, :after_id)"

    @property
    def order_by(self) -> LiteralString:
        way: LiteralString = "desc" if self.descending else "asc"
        if self.column is BY_ID:
            return f"id {way}"
        return f"{self.column.name} {way}, id {way}"

    @property
    def values(self) -> dict[str, object]:
        if self.position is None:
            return {}
        value, row_id = self.position
        values: dict[str, object] = {"after_id": row_id}
        if self.column is not BY_ID:
            values["after_value"] = value
        return values

    def page(self, rows: Sequence[Row], items: Sequence[T], size: int) -> Page[T]:
        """Return a page of up to `size` items; `rows` has one more if there is a next page."""
        if len(rows) <= size:
            return Page(tuple(items), None)
        last = rows[size - 1]
        parts = [self.column.name, self.descending, last[self.column.name], last["id"]]
        cursor = base64.urlsafe_b64encode(encode(parts)).decode().rstrip("=")
        return Page(tuple(items[:size]), cursor)
