"""Shapes of what actions give back, where their documents outline them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.connectors.docs.reference import describe
from jackfield.connectors.docs.reference_markdown import render_reference
from jackfield.connectors.loading.loader import load
from jackfield.connectors.outputs import mapped_schema, output_schema
from jackfield.kit.errors import HubError
from tests.unit.connectors.conftest import MAIN

OUTLINE = "[{id: integer, at: datetime, tags: [string], counts: {'*': number}, more: any}]"
SHOWN = "[{ id: integer, at: datetime, tags: [string], counts: { *: number }, more: any }]"


def test_an_outline_is_a_schema_in_which_any_value_may_be_absent(
    write: Callable[..., Path],
) -> None:
    connector = load(write(f"{MAIN}    output: {OUTLINE}\n"))
    (action,) = connector.actions

    assert output_schema(action) == {
        "type": ["array", "null"],
        "items": {
            "type": ["object", "null"],
            "properties": {
                "id": {"type": ["integer", "null"]},
                "at": {"type": ["string", "null"], "format": "date-time"},
                "tags": {"type": ["array", "null"], "items": {"type": ["string", "null"]}},
                "counts": {
                    "type": ["object", "null"],
                    "properties": {},
                    "additionalProperties": {"type": ["number", "null"]},
                },
                "more": {},
            },
        },
    }
    assert mapped_schema(action) is None
    assert f"It gives back `{SHOWN}`." in render_reference(describe(connector))


@pytest.mark.parametrize(
    ("outline", "said"),
    [
        ("{id: text}", "must be one of"),
        ("{id: integr}", "Did you mean 'integer'?"),
        ("[string, number]", "must have one outline"),
        ("{id: 7}", "not a number"),
    ],
)
def test_what_is_no_outline_is_a_fault(outline: str, said: str, write: Callable[..., Path]) -> None:
    with pytest.raises(HubError) as refused:
        load(write(f"{MAIN}    output: {outline}\n"))

    assert said in str(refused.value)
