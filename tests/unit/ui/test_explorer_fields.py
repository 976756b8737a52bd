"""The form that is made of an action's schema, and what is read from it."""

from typing import Any

import pytest

from jackfield.kit.errors import Fault
from jackfield.ui.dashboard.explorer.controls import MOST_ROWS, Kind
from jackfield.ui.dashboard.explorer.fields import (
    InputField,
    form_of,
    inputs_from,
    shows,
    texts_of,
    with_row,
    without_row,
)

PERSON = {
    "type": "object",
    "properties": {"email": {"type": "string", "format": "email"}, "age": {"type": "integer"}},
    "required": ["email"],
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "share": {"type": "number"},
        "state": {"type": "string", "enum": ["on", "off"]},
        "dry": {"type": "boolean"},
        "day": {"type": "string", "format": "date"},
        "html": {"type": "string"},
        "apiKey": {"type": "string"},
        "ids": {"type": "array", "items": {"type": "integer"}},
        "colors": {"type": "array", "items": {"type": "string", "enum": ["red", "blue"]}},
        "owner": PERSON,
        "people": {"type": "array", "items": PERSON},
        "more": {"type": "object"},
        "when": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "integer"}]},
        "name.of it": {"type": ["string", "null"]},
    },
    "required": ["id"],
}
BIG = 123456789012345678901234567890


def field(name: str, texts: dict[str, list[str]] | None = None, *faults: Fault) -> InputField:
    form = form_of(SCHEMA, {"id": "path"}, texts or {}, faults)
    return next(each for each in (*form.required, *form.optional) if each.label == name)


def read(**texts: str) -> dict[str, Any]:
    inputs, faults = inputs_from(SCHEMA, {f"in.{name}": [text] for name, text in texts.items()})
    assert faults == []
    return inputs


def test_each_type_has_a_control_that_fits() -> None:
    kinds = {name: field(name).kind for name in SCHEMA["properties"]}

    assert kinds == {
        "id": Kind.NUMBER,
        "share": Kind.NUMBER,
        "state": Kind.CHOICE,
        "dry": Kind.CHOICE,
        "day": Kind.DATE,
        "html": Kind.LONG,
        "apiKey": Kind.SECRET,
        "ids": Kind.LINES,
        "colors": Kind.CHOICES,
        "owner": Kind.GROUP,
        "people": Kind.ROWS,
        "more": Kind.JSON,
        "when": Kind.TEXT,
        "name.of it": Kind.TEXT,
    }
    assert field("dry").options == ("true", "false")
    assert field("id").is_required


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("id", str(BIG), BIG),
        ("id", "007", "007"),
        ("id", "seven", "seven"),
        ("id", "1e3", 1000.0),
        ("share", "-0.25", -0.25),
        ("state", "off", "off"),
        ("dry", "false", False),
        ("ids", "1\r\n\r\n2\r\nx", [1, 2, "x"]),
        ("html", "<p>\r\n  a", "<p>\n  a"),
        ("more", '{"a": [1.5, null]}', {"a": [1.5, None]}),
        ("more", "{}", {}),
        ("when", "1700000000", 1700000000),
        ("when", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("name%2Eof%20it", " x ", " x "),
    ],
)
def test_what_is_typed_is_read_as_its_type_and_never_rounded(
    name: str, text: str, value: Any
) -> None:
    (found,) = read(**{name: text}).values()

    assert (found, type(found)) == (value, type(value))


def test_what_is_left_empty_is_no_input() -> None:
    texts = {"in.id": [""], "in.owner.email": [""], "in.people.0": [""], "in.people.0.email": [""]}

    assert inputs_from(SCHEMA, texts) == ({}, [])


def test_faults_stand_at_their_controls_also_in_rows_after_an_empty_one() -> None:
    texts = {
        "in.people.0": [""],
        "in.people.0.email": [""],
        "in.people.3": [""],
        "in.people.3.email": ["ada"],
    }
    faults = (
        Fault("body.people[0].email", "must be an email address"),
        Fault("path.id", "is required"),
        Fault("body.nobody", "is not an input"),
    )

    form = form_of(SCHEMA, {"id": "path"}, texts, faults)

    (empty, filled) = (row[0] for _, row in field("people", texts, *faults).rows)
    assert filled.faults == ("must be an email address",)
    assert (empty.name, filled.name) == ("in.people.0.email", "in.people.3.email")
    assert form.required[0].faults == ("is required",)
    assert form.others == (faults[2],)


def test_json_that_is_none_is_a_fault_with_its_line_and_column() -> None:
    _, faults = inputs_from(SCHEMA, {"in.more": ['{"a": 1,\n  b}']})

    (fault,) = faults
    assert fault.path == "body.more"
    assert "line 2, column 3" in fault.message


def test_rows_are_added_and_taken_out_by_their_names() -> None:
    texts = {"in.people.4": [""], "in.people.4.email": ["a"], "in.people.10.email": ["b"]}

    more = with_row(texts, "in.people")
    less = without_row(more, "in.people.4")

    assert "in.people.11" in more
    assert sorted(less) == ["in.people.10.email", "in.people.11"]


def test_inputs_are_shown_by_the_form_and_read_back_as_they_were() -> None:
    inputs = {
        "id": BIG,
        "dry": False,
        "ids": [1, 2],
        "colors": ["blue"],
        "owner": {"email": "a@b.c"},
        "people": [{"email": "a@b.c", "age": 3}, {"email": "d@e.f"}],
        "more": {"x": None},
        "when": 5,
    }

    assert shows(SCHEMA, inputs)
    assert inputs_from(SCHEMA, texts_of(SCHEMA, inputs)) == (inputs, [])


@pytest.mark.parametrize(
    "inputs",
    [
        {"id": None},
        {"html": ""},
        {"unknown": 1},
        {"dry": 1},
        {"html": "a\r\nb"},
        {"people": [{"email": "a"}] * (MOST_ROWS + 1)},
        {"people": [{}]},
        {"people": "nobody"},
    ],
)
def test_what_the_form_would_change_is_left_to_json(inputs: dict[str, Any]) -> None:
    assert not shows(SCHEMA, inputs)


def test_what_is_nested_deeply_is_written_as_json() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"leaf": {"type": "string"}}}
    for _ in range(10):
        schema = {"type": "object", "properties": {"inner": schema}}

    (field_,) = form_of(schema, {}, {}).optional
    kinds = []
    while True:
        kinds.append(field_.kind)
        if not field_.children:
            break
        (field_,) = field_.children

    assert kinds == [Kind.GROUP] * 4 + [Kind.JSON]
