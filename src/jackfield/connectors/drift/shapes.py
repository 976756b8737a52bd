"""Shapes of values, as inputs have them: what a connector takes and what a description publishes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.connectors.changes import Weight
from jackfield.kit.json import Json, as_list, encode, items, mapping, text

_KINDS: Final = {"enum": "string", "datetime_string": "string"}
_LIST: Final = "list"
_MOST_VALUES: Final = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different about a value, or about one inside it (`path`)."""

    path: str
    message: str
    weight: Weight


def differences(
    ours: Mapping[str, Json], theirs: Mapping[str, Json], path: str, *, in_body: bool
) -> Iterator[Difference]:
    """Yield how an input differs from the one that the description wants."""
    known, wanted = _kinds(ours), _kinds(theirs)
    if not in_body and "string" in wanted:
        # All of a query is text, which a list is joined to.
        wanted = frozenset[str]()
    if known and wanted and not any(_takes(each, wanted) for each in known):
        weight = Weight.BREAKS if in_body else Weight.CARE
        message = f"is {_spelled(wanted)} now, and sent as {_spelled(known)}"
        yield Difference(path, message, weight)
        return
    yield from _values(ours, theirs, path)
    fields, published = _fields(ours), _fields(theirs)
    if fields and published:
        yield from field_differences(fields, published, f"{path}.", in_body=in_body)


def field_differences(
    ours: Mapping[str, Mapping[str, Json]],
    theirs: Mapping[str, Mapping[str, Json]],
    path: str,
    *,
    in_body: bool,
) -> Iterator[Difference]:
    """Yield how the members of an object differ."""
    for name in ours.keys() - theirs.keys():
        yield Difference(path + name, "is no longer published", Weight.CARE)
    for name in theirs.keys() - ours.keys():
        yield missing(path + name, theirs[name])
    for name in ours.keys() & theirs.keys():
        is_given = is_needed(ours[name]) or "default" in ours[name]
        if not is_given and (needed := difference_of_needed(path + name, theirs[name])):
            yield needed
        yield from differences(ours[name], theirs[name], path + name, in_body=in_body)


def missing(path: str, theirs: Mapping[str, Json]) -> Difference:
    """Return what it means that something published is never sent."""
    if is_needed(theirs):
        return Difference(path, "is required, and never sent", Weight.BREAKS)
    return Difference(path, "is published, and never sent", Weight.ADDS)


def difference_of_needed(path: str, theirs: Mapping[str, Json]) -> Difference | None:
    """Return that something has to be given, which need not be so far."""
    return Difference(path, "is required now", Weight.BREAKS) if is_needed(theirs) else None


def is_needed(given: Mapping[str, Json]) -> bool:
    return given.get("required") is True


def _kinds(given: Mapping[str, Json]) -> frozenset[str]:
    """Return the types that a value may have; none where every one will do."""
    shapes = (
        [given, *items(given, "variants")] if _names_kind(given) else [*items(given, "variants")]
    )
    if not all(map(_names_kind, shapes)):
        return frozenset[str]()
    return frozenset(
        _LIST if each.get("array") is True else _KINDS.get(text(each, "type"), text(each, "type"))
        for each in shapes
    )


def _names_kind(shape: Mapping[str, Json]) -> bool:
    return shape.get("array") is True or bool(text(shape, "type"))


def _takes(kind: str, wanted: frozenset[str]) -> bool:
    return kind in wanted or (kind == "integer" and "number" in wanted)


def _spelled(kinds: frozenset[str]) -> str:
    return " or ".join(f"{'an' if each[0] in 'aeio' else 'a'} {each}" for each in sorted(kinds))


def _values(
    ours: Mapping[str, Json], theirs: Mapping[str, Json], path: str
) -> Iterator[Difference]:
    known = {encode(each).decode() for each in as_list(mapping(ours, "oneOf").get("values"))}
    wanted = {encode(each).decode() for each in as_list(mapping(theirs, "oneOf").get("values"))}
    if not known or not wanted:
        return
    if gone := sorted(known - wanted):
        yield Difference(path, f"no longer takes {_shown(gone)}", Weight.CARE)
    if new := sorted(wanted - known):
        yield Difference(path, f"takes {_shown(new)}, too", Weight.ADDS)


def _shown(values: list[str]) -> str:
    more = len(values) - _MOST_VALUES
    shown = ", ".join(values[:_MOST_VALUES])
    return f"{shown} and {more} more" if more > 0 else shown


def _fields(given: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
    return {text(each, "name"): each for each in items(given, "properties")}
