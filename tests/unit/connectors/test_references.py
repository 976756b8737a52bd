"""What a connector's parts say of each other."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.connectors.diagnostics import InvalidConnector
from jackfield.connectors.loading.loader import load
from tests.unit.connectors.conftest import ACTION, MAIN

Write = Callable[..., Path]
PERMISSIONS = (
    "      permissions:\n        - { key: read, label: Read, actions: [list_things], "
    "request: { url: /things, method: get } }\nactions:"
)
EVENTS = (
    "events: { router: { rules: [{ when: \"body.kind == 'new'\", then: { action: list_things } }] "
    "} }\nactions:\n"
)
TEST_ACTIONS = "      testActions: [{ action: list_thing, required: true }]\nactions:"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "actions:",
            PERMISSIONS.replace("list_things", "list_thing"),
            "'list_thing' in .* is not an action. Did you mean 'list_things'",
        ),
        (
            "actions:",
            PERMISSIONS.replace("actions: [list_things], ", ""),
            "permissions\\[0\\].tags' is missing",
        ),
        (
            "actions:",
            PERMISSIONS.replace("get }", "post }"),
            "request that could change something must be refused",
        ),
        (
            "actions:",
            TEST_ACTIONS,
            "'list_thing' in .* is not an action. Did you mean 'list_things'",
        ),
        (
            "actions:",
            "      credentialErrors: [{ cause: expired, step: Make a key }]\nactions:",
            "'Make a key' in .* is not the title of a step of the config guide",
        ),
        (
            "actions:",
            "      revocation: { action: list_thing }\nactions:",
            "'list_thing' in .* is not an action. Did you mean 'list_things'",
        ),
        (
            "actions:",
            "      revocation: { sharedGrant: true }\nactions:",
            "Give either 'url' or 'action'",
        ),
        (
            "actions:",
            "      revocation: { url: https://api.example.com/revoke }\nactions:",
            "where 'authorization' is oauth2; give an 'action'",
        ),
        (
            "    actionType: list",
            "    actionType: list\n    requiredScopes: things.raed\n",
            "'things.raed' in .* is not one of 'scopeDefinitions'. Did you mean 'things.read'",
        ),
        (
            "      configFields:",
            "      environments: [{ key: sandbox, name: Sandbox }]\n      configFields:",
            "must be 'production'",
        ),
        ("type: password", "type: select", "configFields\\[0\\].options' is missing"),
        (
            "          secret: true",
            "          secret: true\n          validation: { pattern: '(a+)+$' }",
            "can take exponential time",
        ),
        (
            "          secret: true",
            "          secret: true\n          advice: { pattern: '(', message: Hm. }",
            "is not a regular expression",
        ),
        (
            "          secret: true",
            (
                "          secret: true\n      configNotices:\n        - { key: n, type: info, "
                "description: D., anchor: api_kee }"
            ),
            "is not a field. Did you mean 'api_key'",
        ),
        (
            "    steps:\n",
            "    inputs: [{ name: a, rules: { pattern: '^[a-z]+\\Z' } }]\n    steps:\n",
            "is not one of JSON Schema",
        ),
        (
            "    steps:\n",
            "    inputs: [{ name: a, variants: [{ rules: { pattern: '(' } }] }]\n    steps:\n",
            "is not a regular expression",
        ),
        (
            "    steps:\n",
            "    inputs:\n      - { name: kind, type: enum, in: query }\n    steps:\n",
            "inputs\\[0\\].oneOf' says which values",
        ),
        (
            "    steps:\n",
            "    validationRules: [{ rule: atLeastOneOf, fields: [a] }]\n    steps:\n",
            "'a' in .* is not an input",
        ),
        (
            "      - stepId: fetch\n",
            "      - stepId: wait\n        iterator: $.inputs.x\n      - stepId: fetch\n",
            "steps\\[0\\].stepFunction' is missing",
        ),
        (
            "        type: bearer\n        token: $.credentials.api_key",
            (
                "        type: oauth2\n        token: $.credentials.api_key\n        callbackParams: "
                "{ code: accessToken }"
            ),
            "must not set 'accessToken'",
        ),
        (
            "        type: bearer\n        token: $.credentials.api_key",
            (
                "        type: oauth2\n        token: $.credentials.api_key\n        callbackParams: "
                "{ id: installation }\n        callback: { codeByWebhook: { code: c, "
                "installation: i, credential: instalation, signatureHeader: X-S } }"
            ),
            "is not a credential of 'callbackParams'. Did you mean 'installation'?",
        ),
        (
            "          secret: true",
            (
                "          secret: true\n      setupNotices:\n        - { key: n, type: info, "
                "description: D., anchor: api_key, position: bottom }"
            ),
            "needs the position 'top'",
        ),
        (
            "      configFields:",
            (
                "      refreshAuthentication: { schedule: 0 * * *, action: { actionId: r, steps: "
                "[] } }\n      configFields:"
            ),
            "must be a cron expression",
        ),
        (
            "actions:\n",
            EVENTS.replace("body.kind == 'new'", "{{body.kind == 'new'}}"),
            "must be a bare expression",
        ),
        (
            "actions:\n",
            EVENTS.replace("body.kind == 'new'", "body.kind =="),
            "rules\\[0\\].when' cannot be read",
        ),
        (
            "    actionType: list",
            "    actionType: list\n    compositeIdentifiers: { enabled: true, version: 2 }\n",
            "version' must be at most 1",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(
    write: Write, old: str, new: str, message: str
) -> None:
    assert old in MAIN
    scopes = "scopeDefinitions:\n  things.read:\n    description: Read things.\n"

    with pytest.raises(InvalidConnector, match=message):
        load(write("engine: strict\n" + MAIN.replace(old, new, 1) + scopes))


def test_an_action_may_not_be_there_twice(write: Write) -> None:
    file = write(MAIN + "  - $ref: acme.more\n", more=ACTION)

    with pytest.raises(InvalidConnector) as invalid:
        load(file)

    (finding,) = invalid.value.findings
    assert (finding.file.name, finding.line) == ("acme.more.s1.partial.yaml", 1)
    assert finding.message == "'list_things' occurs twice in 'actions'."


def test_a_fault_in_a_partial_names_the_partials_own_place(write: Write) -> None:
    partial = ACTION.replace("list_things", "other").replace("method: get", "method: fetch")

    with pytest.raises(InvalidConnector) as invalid:
        load(write(MAIN + "  - $ref: acme.more\n", more=partial))

    (finding,) = invalid.value.findings
    assert (finding.file.name, finding.line, finding.column) == (
        "acme.more.s1.partial.yaml",
        12,
        19,
    )


def test_a_long_tool_name_is_warned_of(write: Write) -> None:
    connector = load(write(MAIN.replace("list_things", f"list_{'x' * 60}", 1)))

    assert [each.message.endswith("many clients take 60.") for each in connector.findings] == [True]
