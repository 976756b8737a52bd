"""The values an input declares: what no caller could send is refused when the connector is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.connectors.diagnostics import Diagnostic, InvalidConnector
from jackfield.connectors.loading.loader import load
from tests.unit.connectors.conftest import MAIN

Write = Callable[..., Path]
LINE = MAIN.splitlines().index("    steps:") + 2


def findings(write: Write, declared: str, *, engine: str = "strict") -> list[Diagnostic]:
    text = MAIN.replace("StackOne: 1.0.0", f"StackOne: 1.0.0\nengine: {engine}")
    file = write(text.replace("    steps:\n", f"    inputs:\n      - {declared}\n    steps:\n", 1))
    try:
        return list(load(file).findings)
    except InvalidConnector as invalid:
        return list(invalid.findings)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("{ name: v, type: string, default: 0720 }", "default' must be a string. Put it in quotes"),
        ("{ name: v, type: string, default: 1e3 }", "default' must be a string"),
        ("{ name: v, type: string, default: 0x1F }", "default' must be a string"),
        ("{ name: v, type: string, default: true }", "default' must be a string"),
        ("{ name: v, type: string, default: null }", "default' must be a string"),
        ("{ name: v, type: datetime_string, default: 2024 }", "default' must be a string"),
        ("{ name: v, type: number, default: '5' }", "default' must be a number"),
        ("{ name: v, type: number, default: true }", "default' must be a number"),
        ("{ name: v, type: integer, default: 1.5 }", "default' must be a whole number"),
        ("{ name: v, type: boolean, default: 'yes' }", "default' must be a boolean"),
        ("{ name: v, type: boolean, default: 1 }", "default' must be a boolean"),
        ("{ name: v, type: object, default: [] }", "default' must be an object"),
        ("{ name: v, type: string, array: true, default: a }", "default' must be a list"),
        (
            "{ name: v, type: string, array: true, default: [a, 7] }",
            "default[1]' must be a string",
        ),
        (
            "{ name: v, type: object, properties: [{ name: zip, type: string }], default: { zip: 1 } }",
            "default.zip' must be a string",
        ),
        (
            "{ name: v, type: object, properties: [{ name: zip, type: string, default: 1 }] }",
            "properties[0].default' must be a string",
        ),
        (
            "{ name: v, type: enum, oneOf: { values: [a, b] }, default: c }",
            "default' must be one of a, b",
        ),
        ("{ name: v, type: string, rules: { maxLength: 2 }, default: abc }", "at most 2 char"),
        ("{ name: v, type: enum, oneOf: { values: [a, 1] } }", "values[1]' must be a string"),
        ("{ name: v, type: string, oneOf: { values: [no, true] } }", "values[1]' must be a string"),
        ("{ name: v, type: number, oneOf: { values: [1, '2'] } }", "values[1]' must be a number"),
        ("{ name: v, type: integer, oneOf: { values: [1, 2.5] } }", "values[1]' must be a whole"),
        ("{ name: v, type: boolean, oneOf: { values: ['true'] } }", "values[0]' must be a boolean"),
        (
            "{ name: v, variants: [{ type: enum, oneOf: { values: [1] } }] }",
            "variants[0].oneOf.values[0]' must be a string",
        ),
        ("{ name: v, type: enum, oneOf: { values: [a, b, a] } }", "values[2]' is there twice"),
        ("{ name: v, oneOf: { values: [{ a: 1 }, { a: 1 }] } }", "values[1]' is there twice"),
    ],
)
def test_a_declared_value_that_no_caller_could_send_is_an_error_on_its_line(
    write: Write, declared: str, message: str
) -> None:
    (strict,) = findings(write, declared)
    (compat,) = findings(write, declared, engine="compat")

    for finding in (strict, compat):
        assert finding.is_error
        assert message in finding.message
        assert finding.file.name == "acme.connector.s1.yaml"
        assert finding.line == LINE + 1


@pytest.mark.parametrize(
    "declared",
    [
        "{ name: v, type: string, default: '0720' }",
        "{ name: v, type: string, default: '' }",
        "{ name: v, type: number, default: 1.5 }",
        "{ name: v, type: integer, default: 2.0 }",
        "{ name: v, type: boolean, default: false }",
        "{ name: v, type: string, array: true, default: [] }",
        "{ name: v, type: string, nullable: true, default: null }",
        "{ name: v, type: string, variants: [{ type: number }], default: 5 }",
        "{ name: v, default: { any: [1, a] } }",
        "{ name: v, type: enum, array: true, oneOf: { values: [a, b] }, default: [b] }",
        "{ name: v, type: enum, nullable: true, oneOf: { values: [a, null] } }",
        "{ name: v, oneOf: { values: [1, '1', true, 1.5] } }",
        "{ name: v, type: enum, oneOf: { ref: gender }, default: female }",
    ],
)
def test_a_declared_value_that_a_caller_could_send_is_fine(write: Write, declared: str) -> None:
    assert findings(write, declared) == []
