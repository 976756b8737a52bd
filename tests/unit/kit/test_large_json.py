"""Large JSON is read as small JSON is, and holds nobody up meanwhile."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.kit import large_json, large_json_output
from jackfield.kit.json import DecodeError, encode, parse
from jackfield.kit.large_json import (
    TooDeep,
    TooManyValues,
    parse_aside,
    parse_in_pieces,
)
from jackfield.kit.large_json_output import encode_in_pieces
from tests.support.standstill import MOST_SECONDS, longest_standstill

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=40,
)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_json, "_PIECE", 8)
    monkeypatch.setattr(large_json, "_STRING", 16)
    monkeypatch.setattr(large_json_output, "_STRING", 16)
    monkeypatch.setattr(large_json_output, "_BATCH", 3)


@pytest.mark.slow
@pytest.mark.usefixtures("small_pieces")
@settings(max_examples=100)
@given(VALUES, st.sampled_from([None, 1]))
def test_pieces_make_the_same_as_the_whole(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")
    try:
        expected = parse(text)
    except DecodeError:
        return

    assert parse_in_pieces(text) == expected


@pytest.mark.slow
@pytest.mark.usefixtures("small_pieces")
@settings(max_examples=200)
@given(VALUES, st.data())
def test_what_is_malformed_as_a_whole_is_malformed_in_pieces(value: Any, data: Any) -> None:
    text = json.dumps(value).encode()
    place = data.draw(st.integers(0, len(text)))
    change = data.draw(
        st.sampled_from([b",", b"]", b"[", b"{", b"}", b'"', b"\\", b":", b"1", b""])
    )
    changed = text[:place] + change + text[place + data.draw(st.integers(0, 1)) :]
    try:
        expected = parse(changed)
    except (DecodeError, UnicodeDecodeError):
        with pytest.raises((DecodeError, UnicodeDecodeError)):
            parse_in_pieces(changed)
    else:
        assert parse_in_pieces(changed) == expected


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, 2, 3, 4, 5], "a": {"b": "0123456789"}}',
        '{"a": 1, "b": 2, "c": 3, "d": 4, "a": [10, 20, 30, 40]}',
        '[["\\"\\\\\\"", "\\\\"], "a,b]c}d", {"k\\"": [1, [], {}, ""]}, -1.5e9, true, null]',
    ],
)
def test_keys_that_come_twice_and_escapes_are_read_as_ever(text: str) -> None:
    assert parse_in_pieces(text.encode()) == json.loads(text)


def test_more_levels_or_values_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_json, "_MOST_CONTAINERS", 10)

    with pytest.raises(TooDeep):
        parse_in_pieces(b"[" * 5 + b"]" * 5, most_levels=4)
    with pytest.raises(TooManyValues):
        parse_in_pieces(b"[" + b"[]," * 10 + b"[]]")
    assert parse_in_pieces(b"[" * 5 + b"]" * 5, most_levels=5) == [[[[[]]]]]


@pytest.mark.anyio
@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"[" + b"[]," * 240_000 + b"[]]", id="empty lists"),
        pytest.param(b"[" + b'"a",' * 1_900_000 + b'"a"]', id="short texts"),
        pytest.param(b"[" + b"1," * 8_000_000 + b"1]", id="numbers"),
        pytest.param(b'["' + b"a" * 16_000_000 + b'"]', id="one text"),
        pytest.param(b'["' + b'\\"' * 4_000_000 + b'"]', id="one text of escapes"),
        pytest.param(
            b'{"users":[' + b'{"email":"a@b.c","fields":{"a":1}},' * 120_000 + b"{}]}", id="rows"
        ),
        pytest.param(b"[" * 50 + b"1," * 2_000_000 + b"1" + b"]" * 50, id="deep, then long"),
    ],
)
async def test_the_loop_goes_on_while_large_json_is_read(text: bytes) -> None:
    assert await longest_standstill(lambda: parse_aside(text)) < MOST_SECONDS


@pytest.mark.slow
@pytest.mark.usefixtures("small_pieces")
@settings(max_examples=200)
@given(VALUES)
def test_what_is_written_in_pieces_is_what_is_written_as_a_whole(value: Any) -> None:
    assert encode_in_pieces(value) == encode(value)


@pytest.mark.usefixtures("small_pieces")
@settings(max_examples=500)
@given(
    st.lists(
        st.sampled_from(
            ["a", "ü", "☂", "😀", "\\", '"', "\n", "\u0000", "\u2028", "<", "\ud83d", "\ude00"]
        ),
        max_size=60,
    ),
    st.booleans(),
)
def test_a_long_string_is_cut_between_its_characters(parts: list[str], is_ascii: bool) -> None:
    value = ["", "".join(parts)]
    text = json.dumps(value, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")
    try:
        expected = parse(text)
    except (DecodeError, UnicodeDecodeError):
        with pytest.raises((DecodeError, UnicodeDecodeError)):
            parse_in_pieces(text)
    else:
        assert parse_in_pieces(text) == expected
    assert encode_in_pieces(value) == encode(value)
