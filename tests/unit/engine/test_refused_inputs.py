"""Inputs that cannot be meant: refused at their field, before anything is sent."""

import time

import pytest

from jackfield.engine.compat import Mode
from jackfield.engine.inputs.accept import Inputs
from jackfield.engine.inputs.errors import InvalidInputs

ROWS = {
    "name": "users",
    "type": "object",
    "array": True,
    "rules": {"atLeastOneOf": ["email", "userId"]},
    "properties": [
        {"name": "email", "type": "string"},
        {"name": "userId", "type": "string"},
        {"name": "dataFields", "type": "object"},
        {"name": "at", "type": "datetime_string"},
        {"name": "inner", "type": "object", "properties": [{"name": "a", "type": "integer"}]},
    ],
}


def faults(entry: dict, value: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputs) as caught:
        Inputs([entry]).accept({"body": {entry["name"]: value}})
    return [(fault.path, fault.message) for fault in caught.value.faults]


def accepted(entry: dict, value: object) -> object:
    return Inputs([entry]).accept({"body": {entry["name"]: value}})[entry["name"]]


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        ([{"Email": "a@x.com"}], "body.users[0].Email", "did you mean 'email'?"),
        ([{"email": "a", "zip": 1}], "body.users[0].zip", "is not a property of this object"),
        ([{"email": "a", "inner": {"b": 1}}], "body.users[0].inner.b", "is not a property"),
        ([{"email": "a"}, {}], "body.users[1]", "give at least one of email, userId"),
        ([{"email": ""}], "body.users[0]", "give at least one of email, userId"),
        ([{"email": None}], "body.users[0]", "give at least one of email, userId"),
    ],
)
def test_a_slip_inside_a_list_is_named_where_it_is(value: object, path: str, words: str) -> None:
    found = faults(ROWS, value)

    assert path in [each for each, _ in found]
    assert any(words in message for _, message in found)


def test_a_null_for_an_optional_property_is_left_out_and_in_a_free_object_kept() -> None:
    row = {"email": "a", "userId": None, "dataFields": {"x": None, "y": {"z": None}}, "at": None}

    assert accepted(ROWS, [{**row, "inner": {"a": None}}]) == [
        {"email": "a", "dataFields": {"x": None, "y": {"z": None}}, "inner": {}}
    ]


def test_a_null_for_a_required_property_is_a_fault() -> None:
    entry = {
        "name": "o",
        "type": "object",
        "properties": [{"name": "id", "type": "string", "required": True}],
    }

    assert [path for path, _ in faults(entry, {"id": None})] == ["body.o.id"]


DAYS = ["2024-99-99", "2024-02-30", "2023-02-29", "1900-02-29", "2024-04-31", "2024-00-10"]


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize(
    "entry",
    [
        {"type": "string", "rules": {"format": "date"}},
        {"type": "datetime_string"},
        {"type": "string", "rules": {"pattern": r"^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?$"}},
    ],
)
def test_a_day_there_is_not_is_refused(entry: dict, day: str) -> None:
    assert [path for path, _ in faults({"name": "d", **entry}, day)] == ["body.d"]


@pytest.mark.parametrize("clock", ["T25:61:61Z", "T24:00:00Z", "T10:60:00Z"])
@pytest.mark.parametrize(
    "entry", [{"type": "string", "rules": {"format": "datetime"}}, {"type": "datetime_string"}]
)
def test_an_hour_there_is_not_is_refused(entry: dict, clock: str) -> None:
    assert [path for path, _ in faults({"name": "d", **entry}, f"2024-12-01{clock}")] == ["body.d"]


@pytest.mark.parametrize(
    "text", ["banana", "", " ", "tomorrow", "2024", "01/31/2024", "2024-01-31banana", "1706702400"]
)
def test_what_is_no_date_and_time_is_refused(text: str) -> None:
    assert [path for path, _ in faults({"name": "d", "type": "datetime_string"}, text)] == [
        "body.d"
    ]
    listed = {"name": "d", "type": "datetime_string", "array": True}
    assert [path for path, _ in faults(listed, ["2024-01-31", text])] == ["body.d[1]"]


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-31",
        "2024-01-31T12:00Z",
        "2024-01-31T12:00:00Z",
        "2024-01-31t12:00:00z",
        "2024-01-31T12:00:00.123456+02:00",
        "2024-01-31 12:00:00 +00:00",
        "2024-01-31 12:00:00 UTC",
        "2024-01-31T12:00:00-0500",
    ],
)
def test_a_date_and_time_is_taken_as_providers_write_it(text: str) -> None:
    assert accepted({"name": "d", "type": "datetime_string"}, text) == text


def test_a_connectors_own_form_of_a_date_and_time_goes_first() -> None:
    entry = {"name": "d", "type": "datetime_string", "rules": {"pattern": r"^\d+ days ago$"}}

    assert accepted(entry, "3 days ago") == "3 days ago"


@pytest.mark.parametrize("day", ["2024-02-29", "2000-02-29", "2024-12-31", "1999-01-01"])
def test_a_day_there_is_is_taken(day: str) -> None:
    assert accepted({"name": "d", "type": "string", "rules": {"format": "date"}}, day) == day
    at = f"{day}T23:59:59+02:00"
    assert accepted({"name": "d", "type": "string", "rules": {"format": "datetime"}}, at) == at


def test_a_value_of_no_shape_that_is_allowed_is_told_each_of_them() -> None:
    time = {
        "name": "at",
        "type": "datetime_string",
        "rules": {"format": "datetime"},
        "variants": [{"type": "integer", "rules": {"min": 0, "max": 9}}],
    }
    rows = {"name": "rows", "type": "object", "array": True, "properties": [time]}
    people = {
        "name": "who",
        "type": "string",
        "variants": [
            {"type": "object", "properties": [{"name": "id", "type": "number", "required": True}]}
        ],
    }

    assert faults(rows, [{"at": "soon"}]) == [
        (
            "body.rows[0].at",
            "must be a time like 2024-01-31T12:00:00Z, or must be a whole number",
        )
    ]
    assert faults(time, 10) == [("body.at", "must be a string, or may be at most 9")]
    assert faults(people, {}) == [("body.who", "must be a string, or id is required")]


@pytest.mark.parametrize(
    ("values", "at"),
    [
        ({"a": "2025-01-02", "b": "2025-01-01"}, "b"),
        ({"a": "2025-01-01", "b": "2025-01-03", "c": "2025-01-02T00:00:00Z"}, "c"),
        ({"a": "2025-01-03", "c": "2025-01-02"}, "c"),
        ({"a": "2025-01-01", "b": "2025-01-01"}, None),
        ({"a": "soon", "b": "2025-01-01"}, None),
        ({"b": "2025-01-01"}, None),
        ({"a": "9999-12-31T23:59:59-14:00", "b": "0001-01-01T00:00:00+14:00"}, None),
        ({"a": "9999-12-31T24:00:00Z", "b": "2025-01-01"}, None),
    ],
)
def test_times_out_of_order_are_refused_at_the_later_input(values: dict, at: str | None) -> None:
    entries = [{"name": name, "type": "string", "in": "body"} for name in "abc"]
    inputs = Inputs(entries, [{"rule": "inOrder", "fields": ["a", "b", "c"]}])

    if at is None:
        assert inputs.accept({"body": values}) == values
        return
    with pytest.raises(InvalidInputs, match="must not be before") as error:
        inputs.accept({"body": values})
    assert [fault.path for fault in error.value.faults] == [f"body.{at}"]


def test_a_date_inside_a_list_of_objects_is_looked_at_too() -> None:
    found = faults(ROWS, [{"email": "a", "at": "2024-02-30T00:00:00Z"}])

    assert [path for path, _ in found] == ["body.users[0].at"]


def test_a_text_is_a_number_or_a_truth_where_only_text_is_possible_and_nowhere_else() -> None:
    inputs = Inputs(
        [
            {"name": f"{kind}_{place}", "type": kind, "in": place}
            for kind in ("boolean", "integer")
            for place in ("query", "body")
        ]
    )

    assert inputs.accept({"query": {"boolean_query": "true", "integer_query": "7"}}) == {
        "boolean_query": True,
        "integer_query": 7,
    }
    with pytest.raises(InvalidInputs) as caught:
        inputs.accept({"body": {"boolean_body": "true", "integer_body": "7"}})
    assert [fault.message for fault in caught.value.faults] == [
        "must be a boolean",
        "must be a whole number",
    ]


@pytest.mark.parametrize("pattern", ["(?!x)a*a*a*a*b", "^(?:(?=a)a+)+b$"])
@pytest.mark.parametrize("size", [30, 4000, 1_000_000])
def test_a_pattern_that_looks_around_cannot_be_made_to_take_long(pattern: str, size: int) -> None:
    entry = {"name": "x", "type": "string", "rules": {"pattern": pattern}}
    started = time.thread_time()

    assert faults(entry, "a" * size)
    assert time.thread_time() - started < 0.5


def test_a_pattern_that_looks_around_still_judges() -> None:
    entry = {"name": "x", "type": "string", "rules": {"pattern": r"^(?=.*\d)[a-z\d]{8,}$"}}

    assert accepted(entry, "abcdefg1") == "abcdefg1"
    assert faults(entry, "abcdefgh")


TWICE = [
    {"name": "id", "type": "string", "in": "path", "required": True},
    {"name": "body_id", "type": "string", "in": "body"},
    {"name": "name", "type": "string", "in": "body"},
    {"name": "X-A", "type": "string", "in": "headers"},
]


@pytest.mark.parametrize("mode", ["strict", "compat"])
@pytest.mark.parametrize(
    ("inputs", "path", "words"),
    [
        (
            {"path": {"id": "7"}, "body": {"id": "8"}},
            "body.id",
            "is given in path too, with another value; did you mean 'body_id'?",
        ),
        (
            {"path": {"id": "7"}, "query": {"name": "a"}, "body": {"name": "b"}},
            "body.name",
            "is given in query too, with another value",
        ),
        (
            {"path": {"id": "7"}, "headers": {"x-a": "1", "X-A": "2"}},
            "headers.X-A",
            "is given in headers too, with another value",
        ),
    ],
)
def test_an_input_that_is_given_two_values_loses_neither_unseen(
    mode: Mode, inputs: dict, path: str, words: str
) -> None:
    with pytest.raises(InvalidInputs) as caught:
        Inputs(TWICE, mode=mode).accept(inputs)

    assert [(each.path, each.message) for each in caught.value.faults] == [(path, words)]


def test_an_input_that_is_given_one_value_in_several_locations_is_taken() -> None:
    everywhere = {"path": {"id": "7"}, "query": {"id": 7}, "body": {"id": "7", "name": None}}

    assert Inputs(TWICE).accept(everywhere) == {"id": "7"}


SAID = "must be a time like 2025-01-31T08:00:00Z, or a Unix timestamp in seconds"
MOMENT = {
    "name": "at",
    "type": "datetime_string",
    "rules": {"format": "datetime", "errorMessage": SAID},
    "variants": [{"type": "integer", "rules": {"max": 99_999_999_999}}],
}


@pytest.mark.parametrize("value", [1_733_067_045_123, "nonsense", "1733067045", 1.5])
@pytest.mark.parametrize("is_inside", [False, True])
def test_a_connectors_own_words_are_told_at_every_depth(value: object, *, is_inside: bool) -> None:
    entry = {"name": "events", "type": "object", "array": True, "properties": [MOMENT]}

    found = faults(entry, [{"at": 5}, {"at": value}]) if is_inside else faults(MOMENT, value)

    assert found == [("body.events[1].at" if is_inside else "body.at", SAID)]


def test_a_day_that_there_is_not_is_one_fault() -> None:
    found = faults(MOMENT, "2024-02-30T00:00:00Z")

    assert found == [("body.at", "must be a date and time that there is")]
