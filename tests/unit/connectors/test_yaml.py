from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.connectors import yaml
from jackfield.connectors.yaml import Malformed, Place


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("1.0.0", "1.0.0"),
        ("2025-01-31", "2025-01-31"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-12", -12),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("true", True),
        ("True", True),
        ("~", None),
        ("null", None),
        ("", None),
        ("'true'", "true"),
        ('"5"', "5"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("99999999999999999999", 1e20),
    ],
)
def test_scalars_are_read_as_yaml_1_2_has_them(text: str, value: object) -> None:
    parsed = yaml.parse(f"key: {text}").value["key"]

    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize("text", ["1.10", "0123", "-007", "123456789012345678901234567890"])
def test_a_number_that_is_not_written_as_it_was_is_doubted(text: str) -> None:
    plain, quoted = yaml.parse(f"a: [1, {text}]"), yaml.parse(f"a: [1, '{text}']")

    (doubt,) = plain.doubts
    assert doubt.place == yaml.Place(1, 8)
    assert f"{text} is read as the number" in doubt.message
    assert (plain.faults, quoted.doubts) == ((), ())


@pytest.mark.parametrize(
    "text", ["0", "10", "-3", "1.5", "2.0", "0.25", "1e3", "0x10", "1.0.0", "true", "a0"]
)
def test_a_number_that_is_written_as_it_was_is_no_doubt(text: str) -> None:
    assert yaml.parse(f"a: {text}").doubts == ()


def test_every_key_that_is_there_twice_is_reported() -> None:
    document = yaml.parse("a: 1\nb:\n  c: 2\n  c: 3\na: 4\n")

    assert [(fault.place, fault.message) for fault in document.faults] == [
        (Place(4, 3), "The key 'c' occurs twice."),
        (Place(5, 1), "The key 'a' occurs twice."),
    ]


def test_keys_and_values_are_found_by_path() -> None:
    document = yaml.parse("a:\n  - b: 1\n  - c: {d: 2}\n")

    assert document.key_place(("a", 1, "c", "d")) == Place(3, 9)
    assert document.value_place(("a", 1, "c", "d")) == Place(3, 12)


def test_a_path_that_breaks_off_leads_to_what_is_nearest() -> None:
    document = yaml.parse("a:\n  b: 1\n")

    assert document.value_place(("a", "missing", "deeper")) == Place(2, 3)


def test_merge_keys_add_what_is_not_there() -> None:
    text = "base: &base {a: 1, b: 2}\nuse:\n  <<: *base\n  b: 3\nboth:\n  <<: [*base, {c: 4}]\n"

    value = yaml.parse(text).value

    assert value["use"] == {"a": 1, "b": 3}
    assert value["both"] == {"a": 1, "b": 2, "c": 4}


def test_a_merged_key_is_found_where_it_was_written() -> None:
    document = yaml.parse("base: &base {a: 1}\nuse:\n  <<: *base\n")

    assert document.key_place(("use", "a")) == Place(1, 14)


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a: [1, 2", 1, "flow sequence"),
        ("a: b\n\tc: d", 2, "tab"),
        ("a: *nobody", 1, "undefined alias"),
        ("a: 1\n--- \nb: 2", 2, "single document"),
        ("a: \x01", 1, "control character"),
        ("a: \ud800", 1, "surrogate"),
    ],
)
def test_what_is_not_yaml_is_refused_with_its_place(text: str, line: int, part: str) -> None:
    with pytest.raises(Malformed, match=part) as malformed:
        yaml.parse(text)

    assert malformed.value.fault.place.line == line


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 5_000, "&a [*a]", "{a: " * 300])
def test_a_deep_document_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="levels"):
        yaml.parse(text)


@pytest.mark.slow
def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    with pytest.raises(Malformed, match="values"):
        yaml.parse("\n".join(lines))


@pytest.mark.parametrize("number", [".inf", "-.INF", ".nan", "1e999", "9" * 500, "0x" + "f" * 300])
def test_numbers_that_json_does_not_have_are_faults(number: str) -> None:
    faults = yaml.parse(f"a:\n  b: {number}").faults

    assert [(fault.place.line, "not finite" in fault.message) for fault in faults] == [(2, True)]


@pytest.mark.parametrize("text", ["a: !!binary aGk=", "a: !custom 1", "a: !!set {b}", "? [a]\n: 1"])
def test_tags_and_keys_that_json_does_not_have_are_faults(text: str) -> None:
    assert yaml.parse(text).faults


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@\n \t<,?~0.5\x00\x85\u2028", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Malformed):
        assert yaml.parse(text).key_place(("a", 0, "b")).line >= 1
