"""The small tables of the published engine: casts, matchers and cursors."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jackfield.engine.casts import CASTS
from jackfield.engine.cursor import decode_cursor, encode_cursor
from jackfield.engine.enum_matchers.matchers import find_matcher
from jackfield.engine.undefined import UNDEFINED

TABLES = json.loads((Path(__file__).parent / "vectors" / "tables.json").read_text("utf-8"))


def plain(value: Any) -> Any:
    """Read null and what is missing as the same: a field's cast leaves both out."""
    return None if value is UNDEFINED or value == {"$undefined": True} else value


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [(name, *pair) for name, pairs in TABLES["casts"].items() for pair in pairs],
)
def test_a_cast_gives_what_the_published_engine_gives(name: str, given: Any, wanted: Any) -> None:
    # The table was made with the bare functions; a step gives null for an empty text before it
    # asks one, as the vectors of whole steps show, and our functions hold to that themselves.
    assert plain(CASTS[name](given)) == (None if given == "" else wanted)


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [(name, *pair) for name, pairs in TABLES["matchers"].items() for pair in pairs],
)
def test_a_matcher_finds_what_the_published_engine_finds(
    name: str, given: str, wanted: Any
) -> None:
    match = find_matcher(name, "compat")

    assert match is not None
    assert plain(match(given)) == plain(wanted)


def test_a_cursor_of_the_published_engine_is_understood_and_written_alike() -> None:
    case = TABLES["cursor"]
    at = datetime.fromtimestamp(case["in"]["timestamp"] / 1000, UTC)

    positions = decode_cursor(case["encoded"])

    assert encode_cursor(positions, at) == case["encoded"]
