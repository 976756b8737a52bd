"""The small tables of the published engine: casts, matchers, composite ids and cursors."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jackfield.engine.casts import CASTS
from jackfield.engine.composite import (
    InvalidCompositeId,
    decode_id,
    encode_id,
    encode_single_id,
)
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


@pytest.mark.parametrize("case", TABLES["compositeIds"], ids=lambda case: case["encoded"])
def test_a_single_id_is_written_as_the_published_engine_writes_it(case: dict[str, Any]) -> None:
    assert encode_single_id(case["single"], mode="compat") == case["encoded"]


@pytest.mark.parametrize("case", TABLES["compositeIds"], ids=lambda case: case["encoded"])
def test_a_single_id_is_read_as_the_published_engine_reads_it(case: dict[str, Any]) -> None:
    if "throws" in case["decoded"]:
        with pytest.raises(InvalidCompositeId):
            decode_id(case["encoded"], mode="compat")
    else:
        assert decode_id(case["encoded"], mode="compat") == case["decoded"]


@pytest.mark.parametrize("case", TABLES["compositeIds"], ids=lambda case: case["encoded"])
def test_in_strict_mode_an_id_comes_back_whole(case: dict[str, Any]) -> None:
    assert decode_id(encode_single_id(case["single"])) == {"id": case["single"]}


def test_an_id_of_several_parts_is_written_as_the_published_engine_writes_it() -> None:
    case = TABLES["multiComposite"]
    parts = {part["key"]: part["value"] for part in case["identifiers"]}

    assert encode_id(parts, case["aliases"], mode="compat") == case["encoded"]
    assert decode_id(case["encoded"], case["aliases"], mode="compat") == case["decoded"]


def test_a_cursor_of_the_published_engine_is_understood_and_written_alike() -> None:
    case = TABLES["cursor"]
    at = datetime.fromtimestamp(case["in"]["timestamp"] / 1000, UTC)

    positions = decode_cursor(case["encoded"])

    assert encode_cursor(positions, at) == case["encoded"]
