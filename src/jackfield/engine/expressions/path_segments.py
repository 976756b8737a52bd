"""The segments a JSONPath is made of: each leads from a place in the document to others."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from jackfield.engine.expressions import js
from jackfield.engine.expressions.errors import EvaluationFault
from jackfield.engine.expressions.filters import Candidate, Predicate
from jackfield.engine.expressions.meter import Meter
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list


@dataclass(frozen=True, slots=True)
class Found:
    """A node of the document: its value, its key, and the node `above` it."""

    value: Json
    key: Json
    above: "Found | None"


Segment: TypeAlias = Callable[[Found, Found, Meter], Iterator[Found]]


def own(value: Json, name: str) -> Json:
    kind: object = value.__class__
    if kind is dict:
        return value.get(name, UNDEFINED)
    return UNDEFINED if value == "" else js.own(value, name)


def child_of(name: str) -> Segment:
    def child(place: Found, _root: Found, _meter: Meter) -> Iterator[Found]:
        value = own(place.value, name)
        if value is not UNDEFINED:
            yield Found(value, name, place)

    return child


def children(place: Found, _root: Found, _meter: Meter) -> Iterator[Found]:
    kind: object = place.value.__class__
    if kind is list:
        for index, item in enumerate(place.value):
            yield Found(item, index, place)
    elif kind is dict:
        for key, item in js.in_order(place.value).items():
            yield Found(item, key, place)


def descend(place: Found, root: Found, meter: Meter) -> Iterator[Found]:
    stack = [place]
    while stack:
        here = stack.pop()
        meter.spend(1)
        yield here
        # null counts as an object: `typeof null` is "object" where this language comes from.
        inner = [
            found
            for found in children(here, root, meter)
            if found.value is None or isinstance(found.value, list | dict)
        ]
        stack += reversed(inner)


def parent(place: Found, _root: Found, _meter: Meter) -> Iterator[Found]:
    if place.above is not None:
        yield place.above


def property_name(place: Found, _root: Found, _meter: Meter) -> Iterator[Found]:
    yield Found(place.key, None, place.above)


def filter_by(predicate: Predicate) -> Segment:
    def select(place: Found, root: Found, meter: Meter) -> Iterator[Found]:
        for found in children(place, root, meter):
            meter.spend(1)
            if js.truthy(predicate(_candidate(found.value, found.key, place, root, meter))):
                yield found

    return select


def script_of(predicate: Predicate) -> Segment:
    def look_up(place: Found, root: Found, meter: Meter) -> Iterator[Found]:
        key = predicate(_candidate(place.value, place.key, place, root, meter))
        value = own(place.value, js.to_text(key))
        if value is not UNDEFINED:
            yield Found(value, key, place)
        elif isinstance(key, int | float):
            reason = "there is no element of that number"
            raise EvaluationFault(reason)

    return look_up


def _candidate(value: Json, key: Json, place: Found, root: Found, meter: Meter) -> Candidate:
    parent = place.above.value if place.above else None
    return Candidate(value, key, parent, place.key, root.value, meter.spend)


def union_of(parts: list[str | Segment]) -> Segment:
    segments = [child_of(part) if isinstance(part, str) else part for part in parts]

    def select(place: Found, root: Found, meter: Meter) -> Iterator[Found]:
        for segment in segments:
            yield from segment(place, root, meter)

    return select


def slice_of(found: re.Match[str]) -> Segment:
    # A bound of 0 at the end counts as none, as does a step of 0.
    start, stop, step = (int(part) if part and part != "-" else 0 for part in found.groups())

    def select(place: Found, _root: Found, _meter: Meter) -> Iterator[Found]:
        kind: object = place.value.__class__
        if kind is not list:
            return
        size = len(place.value)
        first = max(0, start + size) if start < 0 else min(size, start)
        last = max(0, stop + size) if stop < 0 else min(size, stop or size)
        for index in range(first, last, step or 1):
            yield Found(place.value[index], index, place)

    return select


def of_type(name: str) -> Segment:
    test = _TYPES[name]

    def select(place: Found, _root: Found, _meter: Meter) -> Iterator[Found]:
        if test(place.value):
            yield place

    return select


def _is_finite(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _INFINITY


_INFINITY: Final = float("inf")
_TYPES: Final[dict[str, Callable[[Json], bool]]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "number": _is_finite,
    "integer": lambda value: _is_finite(value) and value % 1 == 0,
    "nonFinite": lambda value: isinstance(value, float) and not _is_finite(value),
    "string": lambda value: isinstance(value, str),
    "scalar": lambda value: not isinstance(value, list | dict),
    "array": is_list,
    "object": lambda value: isinstance(value, list | dict),
    "undefined": lambda _value: False,
    "function": lambda _value: False,
}
