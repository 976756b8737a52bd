"""
Acceptance of an action's inputs: located, converted, completed with defaults, validated.

Callers put arguments in the wrong location (published clients send everything as the body), so inputs
are found by name. What a URL or a header can only carry as text becomes the declared type again.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import take_objects
from jackfield.engine.expressions import strict_values
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.engine.inputs.properties import tidy, unknown
from jackfield.engine.inputs.rules import Rule, compile_rules
from jackfield.engine.inputs.schema import object_schema
from jackfield.engine.inputs.validation import Validator
from jackfield.kit.errors import Fault
from jackfield.kit.json import Json, is_list, is_object

InputsByLocation: TypeAlias = Mapping[str, Mapping[str, Json]]
Convert: TypeAlias = Callable[[Json], Json]

_SOURCES: Final = ("path", "query", "headers", "body")
# Names that every action accepts, and names that clients add.
PAGING: Final = frozenset({"page_size", "next", "cursor"})
IGNORED: Final = frozenset({"debug", "raw", "fields", "filter", "proxy", "additionalProperties"})
_INTEGER: Final = re.compile(r"[+-]?\d{1,1000}", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_LARGEST_WHOLE: Final = 10.0**30
_TRUTHS: Final = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class _Input:
    name: str
    location: str
    convert: Convert | None
    entry: Mapping[str, Json]

    @property
    def is_nullable(self) -> bool:
        """Whether null is a value of its own; what is carried as text cannot be null."""
        return self.entry.get("nullable") is True and self.location == "body"


def require_page_size(inputs: Mapping[str, Json], place: str) -> None:
    """
    Refuse a page size that gives no page.

    Raises:
        InvalidInputs: it is no whole number from 1.
    """
    given = inputs.get("page_size")
    if given is None:
        return
    size = _to_integer(given)
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        fault = Fault(f"{place}.page_size", "must be a whole number of at least 1")
        raise InvalidInputs(faults=(fault,))


class Inputs:
    """An action's compiled inputs, with their JSON `schema` and `locations` by name."""

    def __init__(self, document: Json, rules: Json = None, *, mode: Mode = "strict") -> None:
        """
        Compile an action's `inputs` and `validationRules`; strict mode looks inside objects.

        Raises:
            InvalidStep: they are malformed.
        """
        entries = take_objects(document, "inputs")
        self._strict: Final = mode == "strict"
        self.schema: Final = {**object_schema(document), "additionalProperties": False}
        self._inputs: Final = {str(entry["name"]): _input(entry) for entry in entries}
        self.locations: Final = {name: entry.location for name, entry in self._inputs.items()}
        self._headers: Final = {
            name.lower(): name for name, location in self.locations.items() if location == "headers"
        }
        self._defaults: Final = {e["name"]: e["default"] for e in entries if "default" in e}
        self._rules: Final[tuple[Rule, ...]] = compile_rules(rules)
        self._validator: Final = Validator(
            {key: value for key, value in self.schema.items() if key != "additionalProperties"},
            _own_messages(entries),
        )

    def accept(self, by_location: InputsByLocation) -> dict[str, Json]:
        """
        Return the inputs by name, ready for a run.

        Raises:
            InvalidInputs: an input is missing, unknown or not as declared; has all faults.
        """
        taken, faults = self._take(by_location)
        inputs = {**self._defaults, **taken}
        if found := self._validator.faults(inputs, self.locations):
            named = {fault.path for fault in faults}
            faults += [each for each in found if each.path not in named]
        for rule in self._rules:
            fault = rule(inputs)
            if fault is not None:
                location = self.locations.get(fault.path, "body")
                faults.append(Fault(f"{location}.{fault.path}", fault.message))
        if faults:
            raise InvalidInputs(faults=faults)
        return inputs

    def _take(self, by_location: InputsByLocation) -> tuple[dict[str, Json], list[Fault]]:
        taken: dict[str, Json] = {}
        given: dict[str, tuple[str, Json]] = {}
        faults: list[Fault] = []
        for source in _SOURCES:
            content = by_location.get(source)
            if not content:
                continue
            for key, value in content.items():
                name = self._headers.get(key.lower(), key) if source == "headers" else key
                declared = self._inputs.get(name)
                if declared is None:
                    if name in PAGING:
                        taken.setdefault(name, value)
                    elif source != "headers" and name not in IGNORED:
                        faults.append(
                            unknown(source, name, self._inputs, of="an input of this action")
                        )
                elif value is not None or declared.is_nullable:
                    converted = value if declared.convert is None else declared.convert(value)
                    earlier = given.setdefault(name, (source, converted))
                    if earlier[1] != converted:
                        faults.append(self._given_twice(source, name, earlier[0]))
                    elif name not in taken:
                        taken[name] = (
                            tidy(declared.entry, converted, f"{declared.location}.{name}", faults)
                            if self._strict
                            else converted
                        )
        return taken, faults

    def _given_twice(self, source: str, name: str, earlier: str) -> Fault:
        # Inputs of one name in two locations are imported under the location and the name.
        own = f"{source}_{name}"
        hint = f"; did you mean {own!r}?" if own in self._inputs else ""
        return Fault(f"{source}.{name}", f"is given in {earlier} too, with another value{hint}")


def _input(entry: Mapping[str, Json]) -> _Input:
    location = str(entry.get("in", "body"))
    in_text = location in ("path", "query", "headers")
    return _Input(str(entry["name"]), location, _conversion(entry) if in_text else None, entry)


def _conversion(entry: Mapping[str, Json]) -> Convert | None:
    one = _CONVERSIONS.get(str(entry.get("type")))
    if entry.get("array") is not True:
        return one
    if one is None:
        return lambda value: value if is_list(value) else [value]
    return lambda value: [one(v) for v in value] if is_list(value) else [one(value)]


def _to_number(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not _NUMBER.fullmatch(text):
        return value
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def _to_boolean(value: Json) -> Json:
    return _TRUTHS.get(value.strip().lower(), value) if isinstance(value, str) else value


def _to_text(value: Json) -> Json:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return strict_values.to_text(_whole(value))


def _to_integer(value: Json) -> Json:
    return _whole(_to_number(value))


def _whole(value: Json) -> Json:
    """Return a number that JSON may write with an exponent, or a `.0`, with all its digits."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_WHOLE:
        return int(Decimal(repr(value)))
    return value


_CONVERSIONS: Final[Mapping[str, Convert]] = {
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
    "string": _to_text,
    "enum": _to_text,
    "datetime_string": _to_text,
}


def _own_messages(
    entries: list[dict[str, Json]], above: tuple[str, ...] = ()
) -> dict[tuple[str, ...], str]:
    words: dict[tuple[str, ...], str] = {}
    for entry in entries:
        path = (*above, str(entry.get("name")))
        rules = entry.get("rules")
        if is_object(rules) and rules.get("errorMessage"):
            words[path] = str(rules["errorMessage"])
        words |= _own_messages(take_objects(entry.get("properties"), "properties"), path)
    return words
