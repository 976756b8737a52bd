"""What is said about documents that do not follow the format, or only just do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.connectors.diagnostics import Diagnostic, InvalidConnector, Severity
from jackfield.connectors.loading.loader import load
from tests.unit.connectors.conftest import MAIN

Write = Callable[..., Path]


@pytest.fixture
def findings(write: Write) -> Callable[..., list[Diagnostic]]:
    """Find what there is to say about the main file with some of its text replaced."""

    def find(*replacements: tuple[str, str], strict: bool = False) -> list[Diagnostic]:
        text = MAIN
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new, 1)
        try:
            return list(load(write(f"engine: strict\n{text}" if strict else text)).findings)
        except InvalidConnector as invalid:
            return list(invalid.findings)

    return find


Find = Callable[..., list[Diagnostic]]


def test_a_sound_connector_has_nothing_to_be_said_about_it(findings: Find) -> None:
    assert findings() == []
    assert findings(strict=True) == []


@pytest.mark.parametrize(
    ("replaced", "path", "message"),
    [
        (
            ("  title: Acme\n", ""),
            "info.title",
            "The required field 'info.title' is missing.",
        ),
        (
            ("actionType: list", "actionType: lst"),
            "actions[0].actionType",
            (
                "The field 'actions[0].actionType' has an invalid value: 'lst'. Allowed values are: "
                "[list, get, create, update, delete, custom, refresh_token, test, event, unknown]. "
                "Did you mean 'list'?"
            ),
        ),
        (
            ("required: true", "requierd: true"),
            "authentication[0].api_key.configFields[0].requierd",
            (
                "Unknown field 'authentication[0].api_key.configFields[0].requierd'. This field doesn't "
                "exist in the schema and should be removed. Did you mean 'required'?"
            ),
        ),
        (
            ("version: 1.0.0\n  desc", "version: 1.0\n  desc"),
            "info.version",
            "The field 'info.version' must be a text, not a number. Put it in quotes.",
        ),
        (
            ("key: acme", "key: Acme Corp"),
            "info.key",
            "The field 'info.key' must be lower case letters, digits, '_' and '-'.",
        ),
        (
            ("categories: [documents]", "categories: documents"),
            "actions[0].categories",
            "The field 'actions[0].categories' must be a list, not a text.",
        ),
        (
            ("functionName: request", "functionName: browser_use"),
            "actions[0].steps[0].stepFunction.functionName",
            "The step function 'browser_use' needs a service that this hub does not run.",
        ),
        (
            ("functionName: request", "functionName: reqest"),
            "actions[0].steps[0].stepFunction.functionName",
            (
                "The field 'actions[0].steps[0].stepFunction.functionName' has an invalid value: "
                "'reqest'. Allowed values are: [request, paginated_request, soap_request, "
                "soap_paginated_request, map_fields, typecast, group_data, static_values, upload_file, "
                "upload_binary, download_file, sign_jwt, mcp_request]. Did you mean 'request'?"
            ),
        ),
        (
            ("functionName: request", "functionName: request\n          version: '3'"),
            "actions[0].steps[0].stepFunction.version",
            "Unknown step function: request v3.",
        ),
        (
            ("type: bearer", "type: bearer\n        colour: red"),
            "authentication[0].api_key.authorization.colour",
            (
                "Unknown field 'authentication[0].api_key.authorization.colour'. This field doesn't "
                "exist in the schema and should be removed."
            ),
        ),
        (
            ("        type: bearer\n", ""),
            "authentication[0].api_key.authorization.type",
            "The required field 'authentication[0].api_key.authorization.type' is missing.",
        ),
        (
            ("      - stepId: fetch\n", "      - stepId: fetch\n        onConditionError: maybe\n"),
            "actions[0].steps[0].onConditionError",
            (
                "The field 'actions[0].steps[0].onConditionError' has an invalid value: 'maybe'. "
                "Allowed values are: [true, false, break]."
            ),
        ),
        (
            ("url: /things", 'url: "/things/{{"\n            cacheTTL: -1'),
            "actions[0].steps[0].stepFunction.parameters.cacheTTL",
            "The field 'actions[0].steps[0].stepFunction.parameters.cacheTTL' must be at least 0.",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_path(
    findings: Find, replaced: tuple[str, str], path: str, message: str
) -> None:
    errors = [(each.path, each.message) for each in findings(replaced) if each.is_error]

    assert (path, message) in errors


def test_everything_wrong_is_said_at_once(findings: Find) -> None:
    found = findings(
        ("StackOne: 1.0.0", "StackOne: 2.0.0"),
        ("method: get", "method: GET"),
        ("label: API Key", "label: 5"),
    )

    assert [(each.line, each.column) for each in found] == [(1, 11), (11, 14), (33, 21)]


def test_keys_that_other_engines_drop_are_warned_of(findings: Find) -> None:
    found = findings(("method: get", "method: get\n            headers: {a: b}"))

    (finding,) = found
    assert finding.severity is Severity.WARNING
    assert (finding.line, finding.column) == (34, 13)
    assert finding.path.endswith("parameters.headers")


def test_a_strict_connector_may_not_have_them(findings: Find) -> None:
    found = findings(("method: get", "method: get\n            headers: {a: b}"), strict=True)

    assert [each.is_error for each in found] == [True]


@pytest.mark.parametrize(
    ("expression", "severity"),
    [
        ("'{{ a + }}'", Severity.ERROR),
        ("'{{ lower( }}'", Severity.ERROR),
        ("'$.a['", Severity.WARNING),
        ("$filter", None),
        ("'{{present(steps.fetch) ? 1 : 2}}'", None),
        ("plain", None),
    ],
)
def test_expressions_are_read_when_the_connector_is(
    findings: Find, expression: str, severity: Severity | None
) -> None:
    replaced = ("data: $.steps.fetch.output.data", f"data: $.steps.fetch\n      more: {expression}")

    found = [each for each in findings(replaced) if each.path == "actions[0].result.more"]

    assert [each.severity for each in found] == ([severity] if severity else [])


def test_a_connector_with_an_unreadable_expression_is_still_as_good_as_it_was(
    write: Write,
) -> None:
    file = write(MAIN.replace("$.steps.fetch.output.data", "'{{ steps.fetch + }}'"))

    assert [each.is_error for each in load(file).findings] == [True]


def test_a_strict_connector_with_one_is_refused(write: Write) -> None:
    text = MAIN.replace("$.steps.fetch.output.data", "'{{ steps.fetch + }}'")

    with pytest.raises(InvalidConnector, match="cannot be read"):
        load(write(f"engine: strict\n{text}"))


@pytest.mark.parametrize("document", ["", "- a\n- b\n", "just text", "5", "null"])
def test_what_is_no_connector_at_all_is_refused(write: Write, document: str) -> None:
    with pytest.raises(InvalidConnector):
        load(write(document))


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("old", "line"),
    [
        ("baseUrl: https://api.acme.example", 7),
        ("url: /things", 32),
        ("token: $.credentials.api_key", 14),
    ],
)
@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("https://user:pass@api.acme.example/v1", "has a user name before its host"),
        ("https://${credentials.api_key}@api.acme.example", "has a user name before its host"),
        ("ftp://api.acme.example", "has no host that requests can be sent to"),
        ("https://api.acme.example:99999", "has no host that requests can be sent to"),
        ("https://bücher.example", "has no host that requests can be sent to"),
        ("https:///v1", "has no host that requests can be sent to"),
    ],
)
def test_an_address_no_request_could_go_to_is_an_error_at_its_place(
    findings: Find, old: str, line: int, address: str, message: str, strict: bool
) -> None:
    key, _, value = old.partition(": ")
    new = f"tokenUrl: {address}\n        token: {value}" if key == "token" else f"{key}: {address}"

    found = findings((old, new), ("type: bearer", "type: oauth2"), strict=strict)

    (error,) = [each for each in found if each.severity is Severity.ERROR]
    assert (message in error.message, error.line) == (True, line + strict)


def test_an_at_sign_behind_the_host_is_no_user_name(findings: Find) -> None:
    assert findings(("url: /things", "url: /things/a@b?x=https://u@v.example")) == []
    own = "baseUrl: https://${credentials.api_key}.acme.example/@me"
    assert findings(("baseUrl: https://api.acme.example", own)) == []


@pytest.mark.parametrize("strict", [False, True])
def test_null_is_a_value_to_send(findings: Find, strict: bool) -> None:
    written = "method: get\n            args: [{ name: a, value: null, in: body }]"
    replaced = ("method: get", written)

    assert findings(replaced, strict=strict) == []
    missing = findings(("method: get", written.replace("value: null, ", "")), strict=strict)
    assert "args[0].value' is missing" in missing[0].message
