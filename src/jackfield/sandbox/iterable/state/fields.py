"""The fields that profiles and events have, with the type each took when it was first written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, cast

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.refusals import Refusal, refusal

_DATE: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:Z|[+-]\d\d:?\d\d)?)?"
)

# In this order, because a boolean is an integer too.
_NAMES: Final = ((bool, "boolean"), (int, "long"), (float, "double"), (dict, "object"))


@dataclass(frozen=True, slots=True)
class Admitted:
    """What came of a set of values: those to keep, fields that are new, fields left out."""

    values: Mapping[str, Json]
    created: tuple[str, ...] = ()
    filtered_out: tuple[str, ...] = ()


@dataclass(slots=True)
class FieldTypes:
    """The types of one category's fields; nested fields are named with dots."""

    category: str
    most: int
    types: dict[str, str] = field(default_factory=dict[str, str])

    def admit(self, values: Mapping[str, Json], *, create_new: bool = True) -> Admitted:
        """
        Check values against the types known so far and lock the types of new fields.

        Raises:
            Refusal: a value has another type than its field, or there are too many fields.
        """
        kept = (
            values if create_new else {name: values[name] for name in values if name in self.types}
        )
        clashes: dict[str, Json] = {}
        found: dict[str, str] = {}
        for name, value in _flatten(kept):
            incoming = type_of(value)
            known = self.types.get(name)
            if incoming is None:
                continue
            if known is None:
                found[name] = incoming
            elif not _fits(incoming, known):
                clashes[name] = _clash(incoming, known, self.category, value)
        if clashes:
            raise _mismatched(clashes)
        if len(self.types) + len(found) > self.most:
            raise _too_many(self.category, self.most)
        self.types |= found
        created = tuple(name for name in found if "." not in name)
        return Admitted(kept, created, tuple(name for name in values if name not in kept))


def type_of(value: Json) -> str | None:
    """Name the type a value would lock, if it can lock any."""
    if isinstance(value, str):
        return "date" if _DATE.fullmatch(value) else "string"
    if isinstance(value, list):
        items = cast("list[Json]", value)
        return next((kind for item in items if (kind := type_of(item))), None)
    return next((name for type_, name in _NAMES if isinstance(value, type_)), None)


def _flatten(values: Mapping[str, Json], prefix: str = "") -> Iterator[tuple[str, Json]]:
    for name, value in values.items():
        yield prefix + name, value
        if isinstance(value, dict):
            yield from _flatten(cast("dict[str, Json]", value), f"{prefix}{name}.")


def _fits(incoming: str, known: str) -> bool:
    return incoming == known or (incoming, known) in {("long", "double"), ("date", "string")}


def _clash(incoming: str, known: str, category: str, value: Json) -> Json:
    return {
        "incomingTypes": [incoming],
        "expectedType": known,
        "category": category,
        "offendingValue": value,
        "_type": "UnexpectedType",
    }


def _mismatched(clashes: Mapping[str, Json]) -> Refusal:
    return refusal(
        HTTPStatus.BAD_REQUEST,
        "RequestFieldsTypesMismatched",
        "The types of some fields differ from those stored",
        {"validationErrors": clashes},
    )


def _too_many(category: str, most: int) -> Refusal:
    return refusal(
        HTTPStatus.BAD_REQUEST,
        "UniqueFieldsLimitExceeded",
        f"A project can have at most {most} unique {category} fields",
    )
