"""Composite schema kinds: lists, mappings, records."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import ClassVar, cast

from jackfield.engine.schema.kinds import Choice, Definitions, Kind
from jackfield.engine.schema.report import At, Report, spell, suggestion, unwind
from jackfield.kit.json import Json


@dataclass(frozen=True)
class ListOf(Kind):
    item: Kind
    at_least: int = 0
    types: ClassVar = frozenset({"a list"})

    def check(self, value: Json, at: At, report: Report) -> None:
        if not self.require_type(value, at, report):
            return
        items = cast("list[Json]", value)
        if len(items) < self.at_least:
            report.error(at, f"The field '{spell(unwind(at))}' must not be empty.")
        for index, item in enumerate(items):
            self.item.check(item, (at, index), report)

    def describe(self) -> str:
        return f"list of {self.item.describe()}"

    def parts(self) -> Iterable[Kind]:
        return (self.item,)

    def schema(self, definitions: Definitions) -> Json:
        least = {"minItems": self.at_least} if self.at_least else {}
        return {"type": "array", "items": self.item.schema(definitions)} | least


@dataclass(frozen=True)
class MapOf(Kind):
    """A mapping whose keys are the author's own."""

    value: Kind
    single: bool = False
    types: ClassVar = frozenset({"a mapping"})

    def check(self, value: Json, at: At, report: Report) -> None:
        if not self.require_type(value, at, report):
            return
        entries = cast("dict[str, Json]", value)
        if self.single and len(entries) != 1:
            report.error(
                at, f"The field '{spell(unwind(at))}' must have one key, not {len(entries)}."
            )
        for key, inner in entries.items():
            self.value.check(inner, (at, key), report)

    def describe(self) -> str:
        return f"map to {self.value.describe()}"

    def parts(self) -> Iterable[Kind]:
        return (self.value,)

    def schema(self, definitions: Definitions) -> Json:
        bounds = {"minProperties": 1, "maxProperties": 1} if self.single else {}
        value = self.value.schema(definitions)
        return {"type": "object", "additionalProperties": value or True} | bounds


@dataclass(frozen=True)
class Either(Kind):
    """One of several kinds, told apart by the value's type."""

    kinds: tuple[Kind, ...]

    @cached_property
    def types(self) -> frozenset[str]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return frozenset[str]().union(*(kind.types for kind in self.kinds))

    def check(self, value: Json, at: At, report: Report) -> None:
        for kind in self.kinds:
            if kind.accepts(value):
                kind.check(value, at, report)
                return
        self.require_type(value, at, report)

    def describe(self) -> str:
        return " or ".join(kind.describe() for kind in self.kinds)

    def parts(self) -> Iterable[Kind]:
        return self.kinds

    def schema(self, definitions: Definitions) -> Json:
        return {"anyOf": [kind.schema(definitions) for kind in self.kinds]}


@dataclass(frozen=True)
class Later(Kind):
    """A kind that is defined later, for structures that contain themselves."""

    find: Callable[[], Kind]
    types: ClassVar = frozenset({"a mapping"})

    def check(self, value: Json, at: At, report: Report) -> None:
        self.find().check(value, at, report)

    def describe(self) -> str:
        return self.find().describe()

    def parts(self) -> Iterable[Kind]:
        return (self.find(),)

    def schema(self, definitions: Definitions) -> Json:
        return self.find().schema(definitions)


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a record: its kind and, for the reference page, its meaning."""

    kind: Kind
    doc: str
    required: bool = False
    default: Json = None
    # Only Jackfield knows this key; other engines ignore or refuse it.
    ours: bool = False


class Unknown(StrEnum):
    """The treatment of a key that the record does not have."""

    REFUSED = "refused"
    # Silently dropped by the published engine: an error here if it looks like a typing error or the
    # document is strict, a warning otherwise.
    DROPPED = "dropped"
    KEPT = "kept"


@dataclass(frozen=True)
class Record(Kind):
    """A mapping with known keys."""

    name: str
    entries: Mapping[str, Entry]
    doc: str = ""
    unknown: Unknown = Unknown.DROPPED
    types: ClassVar = frozenset({"a mapping"})
    _required: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        required = tuple(name for name, entry in self.entries.items() if entry.required)
        object.__setattr__(self, "_required", required)

    def only(self, *names: str) -> dict[str, Entry]:
        """Return the entries of these names, for a record that has them as well."""
        return {name: self.entries[name] for name in names}

    def check(self, value: Json, at: At, report: Report) -> None:
        if not self.require_type(value, at, report):
            return
        present = cast("dict[str, Json]", value)
        entries = self.entries
        for key, inner in present.items():
            entry = entries.get(key)
            if entry is None:
                self._unknown_key(key, (at, key), present, report)
            elif inner is not None or entry.kind.accepts(None):
                entry.kind.check(inner, (at, key), report)
        for key in self._required:
            # A null may be meant: it is a value to send.
            if present.get(key) is None and not (
                key in present and entries[key].kind.accepts(None)
            ):
                report.missing(at, key)

    def _unknown_key(self, key: str, at: At, present: Mapping[str, Json], report: Report) -> None:
        if self.unknown is Unknown.KEPT:
            return
        meant = suggestion(key, [name for name in self.entries if name not in present])
        message = (
            f"Unknown field '{spell(unwind(at))}'. "
            "This field doesn't exist in the schema and should be removed."
        )
        if meant:
            message += f" Did you mean '{meant}'?"
        if self.unknown is Unknown.REFUSED:
            report.error(at, message, on_key=True)
        elif meant or report.mode == "strict":
            report.flaw(at, message, on_key=True)
        else:
            report.warning(at, message, on_key=True)

    def describe(self) -> str:
        return f"[{self.name}](#{self.name.lower()})"

    def parts(self) -> Iterable[Kind]:
        return [entry.kind for entry in self.entries.values()]

    def schema(self, definitions: Definitions) -> Json:
        if self.name not in definitions:
            definitions[self.name] = None  # a placeholder while the record is described
            definitions[self.name] = self._describe(definitions)
        return {"$ref": f"#/$defs/{self.name}"}

    def _describe(self, definitions: Definitions) -> Json:
        described: dict[str, Json] = {"type": "object"}
        if self.doc:
            described["description"] = self.doc
        described["properties"] = {
            name: _described(entry, definitions) for name, entry in self.entries.items()
        }
        if self._required:
            described["required"] = list(self._required)
        if self.unknown is not Unknown.KEPT:
            described["additionalProperties"] = False
        return described


@dataclass(frozen=True)
class Variant(Kind):
    """A mapping whose shape depends on the value of one of its keys."""

    key: str
    cases: Mapping[str, Record]
    types: ClassVar = frozenset({"a mapping"})

    def check(self, value: Json, at: At, report: Report) -> None:
        if not self.require_type(value, at, report):
            return
        chosen = value.get(self.key)
        if chosen is None:
            report.missing(at, self.key)
        elif (case := self.cases.get(chosen) if isinstance(chosen, str) else None) is not None:
            case.check(value, at, report)
        else:
            Choice(tuple(self.cases)).check(chosen, (at, self.key), report)

    def describe(self) -> str:
        return "one of " + ", ".join(case.describe() for case in self.cases.values())

    def parts(self) -> Iterable[Kind]:
        return self.cases.values()

    def schema(self, definitions: Definitions) -> Json:
        return {
            "type": "object",
            "required": [self.key],
            "properties": {self.key: {"enum": list(self.cases)}},
            "allOf": [
                {
                    "if": {"properties": {self.key: {"const": name}}, "required": [self.key]},
                    "then": case.schema(definitions),
                }
                for name, case in self.cases.items()
            ],
        }


def _described(entry: Entry, definitions: Definitions) -> Json:
    schema = dict(entry.kind.schema(definitions))
    schema["description"] = entry.doc
    if entry.default is not None:
        schema["default"] = entry.default
    return schema
