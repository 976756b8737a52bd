"""Documents of strangers: what reading one takes grows with its size, and no faster.

What is read here would take minutes or hours if a part of it were looked at once for each other.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from jackfield.connectors import patterns, yaml
from jackfield.connectors.diagnostics import InvalidConnector
from jackfield.connectors.loading.loader import load
from jackfield.engine.allowed_hosts import HostRules
from jackfield.engine.compat import Mode
from jackfield.engine.expressions.text import LONGEST, check, is_static
from jackfield.uploads.bundle import Bundle
from jackfield.uploads.inspection import inspect
from tests.unit.connectors.conftest import MAIN

Write = Callable[..., Path]
STRICT = MAIN.replace("StackOne: 1.0.0", "StackOne: 1.0.0\nengine: strict")
RESULT = "data: $.steps.fetch.output.data"


def _errors(write: Write, document: str, partials: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(InvalidConnector) as refused:
        load(write(document, **(partials or {})))
    return [finding.message for finding in refused.value.findings if finding.is_error]


@pytest.mark.parametrize("mode", ["compat", "strict"])
def test_references_that_never_close_are_read_once(mode: Mode) -> None:
    text = "Hello " + "${" * (LONGEST // 2 - 3)
    assert is_static(text)
    assert check(text, mode=mode) is None
    assert "may have 1000000 characters" in str(check("${" * LONGEST, mode=mode))
    rules = HostRules({"baseUrl": f"https://{text}"}, mode)
    assert not rules.allows("https://api.example.com/", {})


def test_labels_side_by_side_match_a_host_without_being_tried_in_every_way() -> None:
    # Each label could begin and end anywhere among the others.
    labels = "".join(f"${{inputs.p{number}}}" for number in range(12))
    account = "${credentials.account}"
    rules = HostRules({"baseUrl": f"https://{account}.{labels}.example.com"}, "strict")
    name = "a" * 60
    assert rules.allows(f"https://acme.{name}.example.com/", {"account": "acme"})
    assert not rules.allows(f"https://acme.{name}.example.org/", {"account": "acme"})


def test_of_a_document_full_of_faults_the_first_thousand_are_told_with_their_lines(
    write: Write,
) -> None:
    unknown = "".join(f"    unknown{number}: 1\n" for number in range(20_000))
    with pytest.raises(InvalidConnector) as refused:
        load(write(STRICT + unknown))
    findings = [finding for finding in refused.value.findings if finding.is_error]
    assert findings[0].message == "There are more errors than the first 1,000."
    assert len(findings) == 1001
    assert findings[1].line == STRICT.count("\n") + 1
    # So they are of an upload, each with its line quoted.
    main = "acme.connector.s1.yaml"
    inspection = inspect(Bundle({main: (STRICT + unknown).encode()}), key="acme")
    assert len(inspection.errors) == 1001
    assert inspection.errors[1].quote.strip() == "unknown0: 1"


def test_names_that_nothing_has_are_compared_with_no_more_than_some_that_it_has(
    write: Write,
) -> None:
    inputs = ", ".join(f"{{ name: known_{number}, type: string }}" for number in range(3000))
    missing = ", ".join(f"'$.inputs.unknown_{number}'" for number in range(3000))
    document = MAIN.replace(RESULT, f"data: [{missing}]")
    document = document.replace("    steps:", f"    inputs: [{inputs}]\n    steps:")
    findings = load(write(document)).findings
    assert findings[0].message == "There are more warnings than the first 1,000."
    assert len(findings) == 1001


def test_aliases_repeat_no_more_text_than_a_document_may_have() -> None:
    repeated = ", ".join(["*long"] * 20_000)
    with pytest.raises(yaml.Malformed, match="or as much text"):
        yaml.parse(f"[&long {'x' * 100_000}, {repeated}]")


def test_an_indent_counts_for_every_line_that_is_included_at_it(write: Write) -> None:
    deep = f"{' ' * 20_000}$ref: acme.deep\n"
    errors = _errors(write, MAIN + deep, {"deep": "a:\n" * 2_000})
    assert errors == ["The connector is larger than 8 MB or 2,000 inclusions."]


def test_places_below_merged_mappings_are_found_by_looking_at_each_once() -> None:
    levels = 14
    lines = ["a0: &a0 { q: 1 }"]
    lines += [
        f"a{level}: &a{level} {{ <<: [*a{level - 1}, *a{level - 1}] }}"
        for level in range(1, levels)
    ]
    document = yaml.parse("\n".join(lines))
    assert document.value_place((f"a{levels - 1}", "q")) == yaml.Place(1, 14)
    for number in range(500):
        place = document.value_place((f"a{levels - 1}", f"none{number}"))
        assert place.line == levels


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("9" * 5000, "a number may have 1000 digits"),
        (f"inputs.a{'[0]' * 5000}", "more than 256 brackets, calls and transforms in a row"),
    ],
)
def test_what_an_expression_has_too_much_of_is_named(
    write: Write, expression: str, fault: str
) -> None:
    (error,) = _errors(write, STRICT.replace(RESULT, f"data: '{{{{ {expression} }}}}'"))
    assert fault in error


def test_patterns_are_bounded_each_and_together(write: Write) -> None:
    assert patterns.fault(f"a{{{'9' * 4000}}}") == "is not a regular expression"
    assert patterns.fault("a" * 5000) == "has more than 4,096 characters"
    # One that looks ahead takes long to compile.
    inputs = ", ".join(
        f"{{ name: i{number}, type: string, rules: {{ pattern: '(?=x)a' }} }}"
        for number in range(66)
    )
    errors = _errors(write, STRICT.replace("    steps:", f"    inputs: [{inputs}]\n    steps:"))
    assert errors == [
        f"The pattern in 'actions[0].inputs[{number}].rules.pattern' is one too many: the patterns "
        "of a connector are too large together."
        for number in (64, 65)
    ]


def test_lists_whose_items_meet_those_of_others_are_bounded(write: Write) -> None:
    method = "  - key{}: {{ type: custom, label: Key, authorization: {{ type: none }} }}\n"
    methods = "".join(method.format(number) for number in range(51))
    errors = _errors(write, MAIN.replace("actions:\n", f"{methods}actions:\n"))
    assert errors == ["The field 'authentication' may have at most 50 items. It has 52."]
