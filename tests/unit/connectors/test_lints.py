from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.connectors.loading.loader import load
from tests.unit.connectors.conftest import MAIN

Write = Callable[..., Path]
INPUTS = "    inputs:\n      - { name: limit, type: number, in: query }\n    steps:\n"
OBJECT = """\
      - stepId: map
        stepFunction:
          functionName: map_fields
          version: '2'
          parameters:
            dataSource: $.steps.fetch.output.data
            fields: [{ targetFieldKey: home, type: object, expression: $.home }]
    result:
      data: $.steps.map.output.data
"""


def arg(text: str) -> tuple[str, str]:
    return ("            method: get", f"            method: get\n            args: [{text}]")


@pytest.mark.parametrize(
    ("replacements", "message"),
    [
        (
            [("data: $.steps.fetch.output.data", "data: none")],
            "Nothing uses the step 'fetch': no later step, and not the result.",
        ),
        (
            [("    steps:\n", INPUTS), arg("{ name: a, value: $.inputs.limit, in: query }")],
            (
                "'limit' is optional, so this sends 'undefined' when it is not given. "
                "Add condition: '{{present(inputs.limit)}}'."
            ),
        ),
        (
            [
                ("    steps:\n", INPUTS),
                arg("{ name: a, value: '{{inputs.limitt + 1}}', in: query }"),
            ],
            "'inputs.limitt' is not an input of this action. Did you mean 'limit'?",
        ),
        (
            [("$.steps.fetch.output.data", "$.steps['fetsh'].output.data")],
            "'steps.fetsh' is not a step of this action. Did you mean 'fetch'?",
        ),
        (
            [("    steps:\n", INPUTS), arg("{ name: a, value: $.input.limit, in: query }")],
            "A step has no '$.input'. Did you mean '$.inputs'?",
        ),
        (
            [
                (
                    "    actionType: list",
                    "    actionType: list\n    prerequisiteActions: [list_thing]",
                )
            ],
            (
                "'list_thing' in 'actions[0].prerequisiteActions[0]' is not an action. "
                "Did you mean 'list_things'?"
            ),
        ),
        (
            [("$.credentials.api_key", "$.credentials.api_keey")],
            "'credentials.api_keey' is not a field of any auth method. Did you mean 'api_key'?",
        ),
        (
            [("$.credentials.api_key", "s3cret")],
            "The document contains a secret; take it from '$.credentials'.",
        ),
        (
            [arg("{ name: X-Api-Key, value: s3cret, in: headers }")],
            "The document contains the secret 'X-Api-Key'.",
        ),
        (
            [("    result:\n      data: $.steps.fetch.output.data\n", OBJECT)],
            "The object 'home' has no 'properties', so it is left out of the result.",
        ),
    ],
)
def test_what_is_legal_and_probably_not_meant_is_warned_of(
    write: Write, replacements: list[tuple[str, str]], message: str
) -> None:
    text = MAIN
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)

    findings = load(write(text)).findings

    assert message in [finding.message for finding in findings]
    assert not any(finding.is_error for finding in findings)


def test_a_strict_connector_needs_no_conditions(write: Write) -> None:
    old, new = arg("{ name: a, value: $.inputs.limit, in: query }")
    text = MAIN.replace("    steps:\n", INPUTS, 1).replace(old, new, 1)

    assert load(write(f"engine: strict\n{text}")).findings == ()


def test_a_step_that_changes_something_is_used_even_if_nobody_looks_at_it(write: Write) -> None:
    text = MAIN.replace("method: get", "method: post").replace("$.steps.fetch.output.data", "done")

    assert load(write(text)).findings == ()


@pytest.mark.parametrize(
    ("result", "is_used"),
    [
        ("$.steps", True),
        ("'{{values(steps)}}'", True),
        ("'{{steps[inputs.id].output}}'", True),
        ("$.steps.*.output", True),
        ("$.steps.other.output", False),
        ("$.inputs.steps", False),
        ("the steps", False),
    ],
)
def test_a_step_is_used_by_what_takes_all_of_them(
    write: Write, result: str, *, is_used: bool
) -> None:
    text = MAIN.replace("$.steps.fetch.output.data", result)

    found = [each.message for each in load(write(text)).findings]

    assert is_used != any(each.startswith("Nothing uses the step 'fetch'") for each in found)


@pytest.mark.parametrize(
    ("hosts", "warned"),
    [
        ("baseUrl: https://${credentials.api_key}.acme.example", None),
        ("baseUrl: 'https://${credentials.api_key}'", None),
        ("baseUrl: https://api.acme.example\nhosts: [api.acme.example]", None),
        ("baseUrl: https://${inputs.region}.acme.example", "${inputs.region}"),
        ("baseUrl: https://${credentials.api_key}.${inputs.b}.acme.example", "${inputs.b}"),
        ("baseUrl: https://api.acme.example\nhosts: ['*.acme.example']", "*"),
    ],
)
def test_a_host_with_a_part_that_may_be_anything_is_warned_of(
    write: Write, hosts: str, warned: str | None
) -> None:
    text = MAIN.replace("baseUrl: https://api.acme.example", hosts, 1)

    found = [each.message for each in load(write(text)).findings if "any name" in each.message]

    assert len(found) == (warned is not None)
    assert all(each.startswith(f"'{warned}' in ") for each in found)


@pytest.mark.parametrize("data", ["$.steps", "$.steps[*].output", "$..data", "{{length(steps)}}"])
def test_a_result_of_all_steps_uses_each(write: Write, data: str) -> None:
    main = write(MAIN.replace("data: $.steps.fetch.output.data", f"data: '{data}'"))

    assert not [each for each in load(main).findings if "Nothing uses" in each.message]
