"""The form of an action's inputs: controls for its schema, and what is read from them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import quote

from jackfield.agents.names import LOCATIONS
from jackfield.kit.errors import Fault
from jackfield.kit.json import Json, as_list, as_object, is_list, is_object
from jackfield.ui.dashboard.explorer.controls import (
    MOST_ROWS,
    Kind,
    NotJson,
    json_from,
    kind_of,
    options_of,
    scalar_from,
    type_words,
    written,
)

# The texts of the controls, by the names of these.
Texts: TypeAlias = Mapping[str, Sequence[str]]

ROOT: Final = "in"
_UNSET: Final = object()
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class InputField:
    """
    A control, or a group of them.

    `name` is the control's, `path` what a fault calls the value. A group has `children`, a list
    of objects has some for each of its `rows`, which are known by the number in their names.
    """

    name: str
    path: str
    label: str
    kind: Kind
    type_words: str
    location: str
    description: str
    default: str
    is_required: bool
    options: tuple[str, ...]
    texts: tuple[str, ...]
    faults: tuple[str, ...]
    children: tuple["InputField", ...] = ()
    rows: tuple[tuple[str, tuple["InputField", ...]], ...] = ()

    @property
    def text(self) -> str:
        return self.texts[0] if self.texts else ""

    @property
    def is_date(self) -> bool:
        """Whether a control for dates can show it: it would leave out anything else."""
        return self.kind is Kind.DATE and (not self.text or bool(_DATE.fullmatch(self.text)))

    @property
    def takes_row(self) -> bool:
        return len(self.rows) < MOST_ROWS

    @property
    def is_set(self) -> bool:
        """Whether something of it was filled in, or is wrong."""
        inner = (*self.children, *(each for _, row in self.rows for each in row))
        return any(self.texts) or bool(self.faults or self.rows) or any(i.is_set for i in inner)


@dataclass(frozen=True, slots=True)
class InputForm:
    """The inputs of an action as a form; `others` are faults that no control stands for."""

    required: tuple[InputField, ...]
    optional: tuple[InputField, ...]
    others: tuple[Fault, ...]


def form_of(
    schema: Mapping[str, Json],
    locations: Mapping[str, str],
    texts: Texts,
    faults: Sequence[Fault] = (),
) -> InputForm:
    """Return the form of an action's inputs, filled in with `texts`."""
    by_path: dict[str, list[str]] = {}
    for fault in faults:
        by_path.setdefault(_without_location(fault.path), []).append(fault.message)
    fields = tuple(_fields(schema, texts, by_path, _TOP, locations))
    known = {path for each in fields for path in _paths(each)}
    others = [each for each in faults if _without_location(each.path) not in known]
    return InputForm(
        tuple(each for each in fields if each.is_required),
        tuple(each for each in fields if not each.is_required),
        tuple(others),
    )


def inputs_from(schema: Mapping[str, Json], texts: Texts) -> tuple[dict[str, Json], list[Fault]]:
    """Return the inputs that stand in the controls, and the faults of those that cannot be read."""
    reader = _Reader(texts)
    return reader.read_object(schema, _TOP), reader.faults


def texts_of(schema: Mapping[str, Json], inputs: Mapping[str, Json]) -> dict[str, list[str]]:
    """Return the texts of the controls that stand for inputs."""
    texts: dict[str, list[str]] = {}
    _write_object(schema, inputs, ROOT, 0, texts)
    return texts


def shows(schema: Mapping[str, Json], inputs: Mapping[str, Json]) -> bool:
    """Return whether the form can show all of the inputs, as they are."""
    read, faults = inputs_from(schema, texts_of(schema, inputs))
    return not faults and _canonical(read) == _canonical(inputs)


def without_row(texts: Texts, row: str) -> dict[str, Sequence[str]]:
    """Return the texts without those of one row of a list."""
    return {name: each for name, each in texts.items() if not f"{name}.".startswith(f"{row}.")}


def with_row(texts: Texts, name: str) -> dict[str, Sequence[str]]:
    """Return the texts with one more row in a list."""
    numbers = [int(number) for number, _ in _rows(texts, name)]
    return {**texts, f"{name}.{max(numbers, default=-1) + 1}": [""]}


@dataclass(frozen=True, slots=True)
class _Place:
    """The place of a value: the name of its control, its path in faults, and how deep it is."""

    name: str
    path: str
    depth: int

    def member(self, label: str) -> "_Place":
        path = f"{self.path}.{label}" if self.path else label
        return _Place(_control(self.name, label), path, self.depth)

    def row(self, number: str, position: int) -> "_Place":
        return _Place(f"{self.name}.{number}", f"{self.path}[{position}]", self.depth + 1)

    def inside(self) -> "_Place":
        return _Place(self.name, self.path, self.depth + 1)


_TOP: Final = _Place(ROOT, "", 0)


def _fields(
    schema: Mapping[str, Json],
    texts: Texts,
    faults: Mapping[str, list[str]],
    above: _Place,
    locations: Mapping[str, str],
) -> Iterator[InputField]:
    required = {*as_list(schema.get("required"))}
    for label, each in as_object(schema.get("properties")).items():
        inner, place = as_object(each), above.member(label)
        kind = kind_of(label, inner, above.depth)
        children: tuple[InputField, ...] = ()
        rows: list[tuple[str, tuple[InputField, ...]]] = []
        if kind is Kind.GROUP:
            children = tuple(_fields(inner, texts, faults, place.inside(), {}))
        elif kind is Kind.ROWS:
            numbers = [*_rows(texts, place.name)] or ([("0", 0)] if label in required else [])
            items = as_object(inner["items"])
            for number, position in numbers:
                at = place.row(number, position)
                rows.append((number, tuple(_fields(items, texts, faults, at, {}))))
        choices = as_object(inner.get("items")) if kind is Kind.CHOICES else inner
        yield InputField(
            name=place.name,
            path=place.path,
            label=label,
            kind=kind,
            type_words=type_words(inner),
            location=locations.get(label, ""),
            description=str(inner.get("description", "")),
            default=written(inner["default"]) if "default" in inner else "",
            is_required=label in required,
            options=tuple(options_of(choices)) if kind in (Kind.CHOICE, Kind.CHOICES) else (),
            texts=tuple(texts.get(place.name, ())),
            faults=tuple(faults.get(place.path, ())),
            children=children,
            rows=tuple(rows),
        )


class _Reader:
    """Reads values from the texts of controls, and collects the faults."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self.faults: Final[list[Fault]] = []

    def read_object(self, schema: Mapping[str, Json], above: _Place) -> dict[str, Json]:
        made: dict[str, Json] = {}
        required = {*as_list(schema.get("required"))}
        for label, each in as_object(schema.get("properties")).items():
            inner = as_object(each)
            value = self._read(inner, label, above)
            if value is not _UNSET:
                made[label] = value
            elif label in required and kind_of(label, inner, above.depth) is Kind.GROUP:
                made[label] = {}
        return made

    def _read(self, schema: Mapping[str, Json], label: str, above: _Place) -> Json:
        kind, place = kind_of(label, schema, above.depth), above.member(label)
        if kind is Kind.GROUP:
            return self.read_object(schema, place.inside()) or _UNSET
        if kind is Kind.ROWS:
            items = as_object(schema["items"])
            rows = [
                self.read_object(items, place.row(number, position))
                for number, position in _rows(self._texts, place.name)
                if _is_filled(self._texts, f"{place.name}.{number}")
            ]
            return rows or _UNSET
        given = [each.replace("\r\n", "\n") for each in self._texts.get(place.name, ()) if each]
        return self._read_texts(kind, schema, given, place) if given else _UNSET

    def _read_texts(
        self, kind: Kind, schema: Mapping[str, Json], given: Sequence[str], place: _Place
    ) -> Json:
        if kind is Kind.LINES:
            given = [each for each in given[0].split("\n") if each.strip()]
        if kind in (Kind.LINES, Kind.CHOICES):
            items = as_object(schema.get("items"))
            return [scalar_from(items, each) for each in given] or _UNSET
        if kind is not Kind.JSON and not (kind is Kind.SECRET and _is_structured(schema)):
            return scalar_from(schema, given[0])
        try:
            return json_from(given[0])
        except NotJson as error:
            self.faults.append(Fault(f"body.{place.path}", str(error)))
            return _UNSET


def _write_object(
    schema: Mapping[str, Json],
    inputs: Mapping[str, Json],
    above: str,
    depth: int,
    texts: dict[str, list[str]],
) -> None:
    for label, each in as_object(schema.get("properties")).items():
        if label not in inputs:
            continue
        name, inner, value = _control(above, label), as_object(each), inputs[label]
        kind = kind_of(label, inner, depth)
        if kind is Kind.GROUP and is_object(value):
            _write_object(inner, value, name, depth + 1, texts)
        elif kind is Kind.ROWS and is_list(value):
            for number, row in enumerate(value[:MOST_ROWS]):
                texts[f"{name}.{number}"] = [""]
                items = as_object(inner["items"])
                _write_object(items, as_object(row), f"{name}.{number}", depth + 1, texts)
        elif kind is Kind.CHOICES and is_list(value):
            texts[name] = [written(item) for item in value]
        elif kind is Kind.LINES and is_list(value):
            texts[name] = ["\n".join(written(item) for item in value)]
        elif kind is Kind.JSON:
            texts[name] = [json.dumps(value, ensure_ascii=False, indent=2)]
        else:
            texts[name] = [written(value)]


def _rows(texts: Texts, name: str) -> Iterator[tuple[str, int]]:
    """Yield the number of each row of a list, and its place among those that are filled in."""
    prefix = f"{name}."
    numbers = {
        each.removeprefix(prefix).partition(".")[0] for each in texts if each.startswith(prefix)
    }
    place = 0
    for number in sorted((each for each in numbers if _is_number(each)), key=int):
        yield number, place
        place += _is_filled(texts, f"{name}.{number}")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5  # noqa: PLR2004 - no form has so many


def _is_filled(texts: Texts, row: str) -> bool:
    prefix = f"{row}."
    return any(any(each) for name, each in texts.items() if name.startswith(prefix))


def _is_structured(schema: Mapping[str, Json]) -> bool:
    return bool({"properties", "items", "anyOf"} & schema.keys()) or "type" not in schema


def _control(above: str, label: str) -> str:
    """Return the name of a control: the dots of a property's own name are none of a path."""
    return f"{above}.{quote(label, safe='').replace('.', '%2E')}"


def _paths(field: InputField) -> Iterator[str]:
    yield field.path
    for each in (*field.children, *(one for _, row in field.rows for one in row)):
        yield from _paths(each)


def _without_location(path: str) -> str:
    """Return the path of a fault as the form has it: the engine begins with the location."""
    location, _, rest = path.partition(".")
    return rest if location in LOCATIONS else path


def _canonical(value: Json) -> str:
    """Return JSON in which 1, 1.0 and true differ, and the order of names does not matter."""
    return json.dumps(value, sort_keys=True)
