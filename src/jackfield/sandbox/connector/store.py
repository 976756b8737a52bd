"""The rows of a provider's resources: seeded when they are first wanted, and then as written."""

import hashlib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from jackfield.kit.json import Json, is_list, is_object
from jackfield.sandbox.connector.ids import other_id, vary
from jackfield.sandbox.connector.shapes import is_alike
from jackfield.sandbox.numbers import is_number

ROWS: Final = 3
_IDENTIFYING: Final = (
    "id", "key", "number", "email", "email_address", "name", "login", "hash", "tag", "sha", "ts",
    "slug", "uuid", "identifier", "token", "username",
)  # fmt: skip
_TOLD_APART: Final = ("key", "number", "iid", "sha", "ts")
_NAMES: Final = frozenset({"name", "key", "tag", "username"})
_MD5: Final = 32
# What is written of a row as a whole, and never by a member of a request's body.
Row: TypeAlias = dict[str, Json]
Place: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """
    A kind of row: a first one, and the member that is its id; without one, rows have none.

    Of one that is alone, with no id or a single action about it, there is whatever is asked for.
    """

    noun: str
    row: Mapping[str, Json]
    id_name: str
    is_alone: bool = False


def names_of_id(resource: Resource) -> list[str]:
    """Return what inputs that are ids of a resource are called."""
    noun, last = resource.noun, resource.noun.rpartition("_")[2]
    return [f"{noun}_id", f"{last}_id", f"{last}Id", noun, last, "id", resource.id_name]


@dataclass(eq=False)
class Store:
    """All rows, by noun and place: the values of the path's parameters before their own id."""

    resources: Mapping[str, Resource]
    _rows: dict[tuple[str, Place], list[Row]] = field(
        default_factory=dict[tuple[str, Place], list[Row]]
    )
    _made: int = 0

    def rows(self, noun: str, place: Place = ()) -> list[Row]:
        """Return the rows of a place, seeding them if they are wanted for the first time."""
        known = self._rows.get((noun, place))
        if known is None:
            resource = self.resources[noun]
            known = [_seeded(resource, index, "/".join(place)) for index in range(ROWS)]
            self._rows[noun, place] = known
        return known

    def below(self, noun: str, place: Place) -> list[Row]:
        """Return the rows of a place, and of all places known below it."""
        own = list(self.rows(noun, place))
        for (name, where), rows in self._rows.items():
            if name == noun and len(where) > len(place) and where[: len(place)] == place:
                own += rows
        return own

    def find(self, noun: str, place: Place, wanted: str) -> Row | None:
        """Return the row that something identifies: of the place, or else of any."""
        own = self.rows(noun, place)
        others = (
            row for (name, where), rows in self._rows.items() if name == noun and where != place
            for row in rows
        )  # fmt: skip
        candidates = [*own, *others]
        id_name = self.resources[noun].id_name
        exact = (row for row in candidates if str(row.get(id_name)) == wanted)
        close = (row for row in candidates if wanted in identities(row))
        return next((row for found in (exact, close) for row in found), None)

    def add(self, noun: str, place: Place, content: Mapping[str, Json], id_: str = "") -> Row:
        """Add a row with this content and, if that is given, this id."""
        resource = self.resources[noun]
        self._made += 1
        row = _seeded(resource, ROWS + self._made, "/".join(place))
        write(row, content, resource.id_name)
        if resource.id_name:
            _take_id(row, resource, id_)
        self.rows(noun, place).append(row)
        return row

    def remove(self, noun: str, row: Row) -> None:
        for (name, _), rows in self._rows.items():
            if name == noun:
                rows[:] = [each for each in rows if each is not row]

    def clear(self) -> None:
        """Be as at the start."""
        self._rows.clear()
        self._made = 0


def write(row: Row, content: Mapping[str, Json], id_name: str = "") -> None:
    """Write what a request says onto a row; what is of another type stays as it was."""
    for name, value in content.items():
        if name == id_name and name in row:
            continue
        current = row.get(name)
        if is_object(current) and is_object(value):
            write(current, value)
        elif is_object(current) and isinstance(value, str | int) and "id" in current:
            # What is sent as an id is shown as the row that has it.
            write(current, {"id": value})
        elif name not in row or is_alike(value, current):
            row[name] = deepcopy(value)


def _seeded(resource: Resource, index: int, place: str) -> Row:
    row = deepcopy(dict(resource.row))
    row = {name: _told_apart(name, value, index, place) for name, value in row.items()}
    if resource.id_name:
        old = resource.row[resource.id_name]
        new = _hashed_email(row, old) if index or place else None
        if resource.id_name in _NAMES and str(old).replace("_", "").isalpha():
            # What is named says the same in each place.
            new = f"{old}_{index}" if index else old
        new = new or other_id(old, index, place)
        row = _replaced(row, old, new)
        row[resource.id_name] = new
    return row


def _told_apart(name: str, value: Json, index: int, place: str) -> Json:
    if is_object(value):
        return {each: _told_apart(each, inner, index, "") for each, inner in value.items()}
    if name in _TOLD_APART:
        return other_id(value, index, place)
    return vary(value, name, index)


def _take_id(row: Row, resource: Resource, id_: str) -> None:
    name, old = resource.id_name, row[resource.id_name]
    new: Json = _hashed_email(row, old) or old
    if id_:
        new = int(id_) if isinstance(old, int) and is_number(id_) else id_
    if is_alike(new, old):
        row[name] = new


def _hashed_email(row: Mapping[str, Json], id_: Json) -> str | None:
    """Return the id that is the MD5 of an email address, if ids look like that."""
    email = row.get("email_address")
    if isinstance(id_, str) and len(id_) == _MD5 and isinstance(email, str):
        return hashlib.md5(email.lower().encode(), usedforsecurity=False).hexdigest()
    return None


def _replaced(value: Json, old: Json, new: Json) -> Json:
    """Return a row in which an id is another one wherever it stands."""
    if is_object(value):
        return {name: _replaced(inner, old, new) for name, inner in value.items()}
    if is_list(value):
        return [_replaced(inner, old, new) for inner in value]
    return new if isinstance(old, str) and len(old) > 1 and value == old else value


def identities(row: Mapping[str, Json]) -> Iterator[str]:
    for name, value in row.items():
        if is_object(value) and name in {"properties", "identifiers", "profile", "attributes"}:
            yield from identities(value)
        elif isinstance(value, str | int) and name.lower().endswith(_IDENTIFYING):
            yield str(value)
            if "@" in str(value):
                email = str(value).lower().encode()
                yield hashlib.md5(email, usedforsecurity=False).hexdigest()
