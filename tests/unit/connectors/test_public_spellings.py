"""Connectors written for the engine the format comes from load, with what is odd about them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.connectors.diagnostics import InvalidConnector
from jackfield.connectors.loading.loader import load
from tests.unit.connectors.conftest import MAIN

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("method: get", "method: get\n            args: [{ name: $filter, value: a, in: query }]"),
        (
            "method: get",
            "method: get\n            args: [{ name: '{{\\\"$filter\\\"}}', value: a, in: query }]",
        ),
        ("data: $.steps.fetch.output.data", "data: '{{{\"city\": steps.fetch.output}}}'"),
        ("data: $.steps.fetch.output.data", "data: '{{steps.fetch.output.data.split(\",\")}}'"),
        ("type: bearer\n        token: $.credentials.api_key", "type: basic\n        password: ''"),
        ("      type: custom", "      type: apikey"),
        ("  version: 1.0.0", "  version: 1.0.0\n  assets: { icon: https://x.example/i.png }"),
        ("categories: [documents]", "categories: [documents]\n    somethingNew: 1"),
        ("StackOne: 1.0.0", "%YAML 1.2\n---\nStackOne: 1.0.0"),
        ("key: acme\n", "key: acme-custom-test\n"),
        ("    result:\n      data:", "    result:"),
    ],
)
def test_it_loads_and_nothing_is_an_error(write: Write, old: str, new: str) -> None:
    assert old in MAIN

    connector = load(write(MAIN.replace(old, new, 1)))

    assert not any(finding.is_error for finding in connector.findings)
    assert connector.actions[0].compiled


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "    steps:\n",
            (
                "    inputs:\n      - { name: a, type: string, in: path }\n"
                "      - { name: a, type: string, in: body }\n    steps:\n"
            ),
        ),
        ("    steps:\n", "    inputs: [{ name: a, type: enum, in: body }]\n    steps:\n"),
        ("actionType: list", "actionType: list\n    requiredScopes: a.read"),
        ("actionType: list", "actionType: list\n    detials: x"),
        ("secret: true", "secret: true\n          validation: { pattern: '(a+)+' }"),
        ("$.steps.fetch.output.data", "'{{steps.fetch + }}'"),
    ],
)
def test_what_that_engine_lives_with_is_told_and_loads_all_the_same(
    write: Write, old: str, new: str
) -> None:
    text = MAIN.replace(old, new, 1)

    connector = load(write(text))

    assert [finding.is_error for finding in connector.findings].count(True) == 1
    with pytest.raises(InvalidConnector):
        load(write(f"engine: strict\n{text}"))
