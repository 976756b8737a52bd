"""The small parts: numbers and texts, dates, JSON, cursors, patterns."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.engine.casts import CASTS
from jackfield.engine.current_time import using_clock
from jackfield.engine.cursor import decode_cursor, encode_cursor
from jackfield.engine.dates import read_date, read_date_as, years_between
from jackfield.engine.expressions import js
from jackfield.engine.expressions.errors import EvaluationFault, SyntaxFault
from jackfield.engine.expressions.meter import Meter
from jackfield.engine.expressions.patterns import Pattern
from jackfield.engine.run import Position
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.json import decode_json, encode_json
from jackfield.engine.wire.url import normalize

NOW = datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (5.0, "5"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (123456789012345680000.0, "123456789012345680000"),
        (2**60, "1152921504606847000"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (-1.5, "-1.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_numbers_are_written_as_javascript_writes_them(number: float, text: str) -> None:
    assert js.number_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_reads_as_the_same_number(number: float) -> None:
    assert float(js.number_text(number)) == number


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-01-02", "2024-01-02T00:00:00.000Z"),
        ("2024-02-30", None),
        ("13/02/2024", "2024-02-13T00:00:00.000Z"),
        ("02/13/2024", "2024-02-13T00:00:00.000Z"),
        ("13/13/2024", None),
        ("2024-060", "2024-02-29T00:00:00.000Z"),
        ("2024-01-02T24:00:00Z", "2024-01-03T00:00:00.000Z"),
        ("9999-12-31T24:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", "0000-12-31T10:00:00.000Z"),
        ("9999-12-31T23:59:59.5-14:00", "+010000-01-01T13:59:59.500Z"),
        (" 2024-01-02 ", None),
        ("2024-01-02T03:04:05.123456+02:00", "2024-01-02T01:04:05.123Z"),
        ("2024-01-02x03:04:05", None),
        ("1704164645", None),
        ("Jan 2, 2024", None),
        ("\u0662\u0660\u0662\u0664-01-02", None),
    ],
)
def test_a_date_is_read_in_the_forms_that_cannot_be_mistaken(text: str, iso: str | None) -> None:
    assert CASTS["datetime_string"](text) == iso


@pytest.mark.parametrize(
    ("text", "pattern", "day"),
    [
        ("5.3.2024", "d.M.yyyy", (2024, 3, 5)),
        ("March 5, 2024", "MMMM d, yyyy", (2024, 3, 5)),
        ("05-mar-24", "dd-MMM-yy", (2024, 3, 5)),
        ("2024-03-05", "dd/MM/yyyy", (2024, 3, 5)),
        ("5th of March 2024", "do 'of' LLLL yyyy", (2024, 3, 5)),
        ("on 05/03", "'on' dd/MM", (2026, 3, 5)),
        ("at 5", "'at' d", (2026, 7, 5)),
        ("17:30", "HH:mm", (2026, 7, 14)),
    ],
)
def test_a_date_is_read_by_its_pattern(text: str, pattern: str, day: tuple) -> None:
    with using_clock(lambda: datetime(2026, 7, 14, tzinfo=UTC)):
        found = read_date_as(text, pattern)

    assert found is not None
    assert (found.year, found.month, found.day) == day


def test_years_are_counted_when_they_are_full() -> None:
    leap = datetime(2020, 2, 29, tzinfo=UTC)

    assert years_between(leap, datetime(2021, 2, 28, tzinfo=UTC)) == 0
    assert years_between(leap, datetime(2021, 3, 1, tzinfo=UTC)) == 1
    assert years_between(datetime(2021, 3, 1, tzinfo=UTC), leap) == -1


@given(st.text(max_size=30), st.text(max_size=20))
def test_no_date_and_no_pattern_is_too_strange_to_be_refused_quietly(text: str, p: str) -> None:
    assert read_date(text) is None or read_date(text).tzinfo is not None
    read_date_as(text, p)


@given(st.dictionaries(st.sampled_from("0123"), st.text() | st.integers(0, 2**50)))
def test_a_cursor_brings_its_positions_back(tokens: dict) -> None:
    positions = {index: Position(token, 3) for index, token in tokens.items()}

    cursor = encode_cursor(positions, NOW)

    assert decode_cursor(cursor) == positions


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_a_cursor_or_means_to_start_over(text: str) -> None:
    assert isinstance(decode_cursor(text), dict)


def test_a_step_without_a_position_is_not_in_the_cursor() -> None:
    assert encode_cursor({"0": Position()}, NOW) is None


def test_json_leaves_out_what_is_missing() -> None:
    assert encode_json({"a": UNDEFINED, "b": [UNDEFINED, float("nan")]}) == b'{"b":[null,null]}'


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"\xef\xbb\xbf[1]", [1]),
        (b'"\\ud800"', "\ud800"),
        (b'{"n": 12345678901234567890}', {"n": 12345678901234567000}),
        (b'"\xff"', "\ufffd"),
    ],
)
def test_json_is_read_as_javascript_reads_it(body: bytes, value: object) -> None:
    assert decode_json(body, "compat") == value


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"[1,]", b"[" * 5000, b"\xff"])
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any words will do
        decode_json(body, "compat")


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://x.test/a b?c=d e#f", "https://x.test/a%20b?c=d%20e"),
        ("https://x.test/a/../b/./c", "https://x.test/b/c"),
        ("https://x.test/a/%2e%2E/b", "https://x.test/b"),
        ("https://x.test/a\\b", "https://x.test/a/b"),
        ("https://x.test?q=1", "https://x.test/?q=1"),
        ("https://x.test/{a}|%zz", "https://x.test/%7Ba%7D|%zz"),
    ],
)
def test_an_address_is_written_as_the_web_does(url: str, written: str) -> None:
    assert normalize(url) == written


PIECES = [
    "a",
    "b",
    "ab",
    ".",
    "[ab]",
    "[^a]",
    "(a|b)",
    "(?:ab)",
    r"\d",
    r"\w",
    r"\b",
    "^",
    "$",
    "(?:(a)(b)?)",
]
QUANTIFIERS = ["", "*", "+", "?", "{2}", "{0,2}", "*?", "+?", "??"]


@given(
    st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(QUANTIFIERS)), max_size=5),
    st.text("ab1 ", max_size=8),
)
def test_a_pattern_finds_what_a_backtracking_engine_finds(pieces: list, text: str) -> None:
    source = "".join(
        piece + ("" if piece in ("^", "$", r"\b") else quantifier) for piece, quantifier in pieces
    )
    expected = re.search(source, text)

    found = Pattern(source).search(text, lambda _cost: None)

    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found[0] == expected[0]


@pytest.mark.parametrize(
    "source", ["(", "a{2,1}", "*a", r"\1", "(?=a)", "[a", "a" * 600, "(" * 40, r"\q"]
)
def test_a_pattern_that_is_not_supported_is_refused(source: str) -> None:
    with pytest.raises(SyntaxFault):
        Pattern(source)


def test_a_pattern_costs_what_its_text_is_long_and_no_more() -> None:
    meter = Meter()

    with pytest.raises(EvaluationFault):
        Pattern("(a|aa)+$").search("a" * 1_000_000 + "b", meter.spend)
