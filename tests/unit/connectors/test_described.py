"""What there is to read about a connector that is not as it should be."""

from pathlib import Path

from jackfield.connectors.docs.reference import describe
from jackfield.connectors.docs.reference_markdown import render_reference
from jackfield.connectors.loading.loader import load

HALF_BROKEN = """\
StackOne: 1.0.0
info: {title: Acme, key: acme, version: 1.0.0, description: Things.}
baseUrl: https://api.acme.example
authentication:
  - token:
      type: custom
      label: Token
      authorization: {type: bearer, token: $.credentials.token}
      configFields:
        - {key: token, label: Token, type: password, required: true, secret: true}
actions:
  - actionId: get_thing
    label: Get a thing
    description: Get a thing.
    categories: [crm]
    actionType: get
    tags: [things]
    steps:
      - stepId: call
        stepFunction: {functionName: request, parameters: {url: /things, method: get}}
    result: {data: $.steps.call.output.data}
  - actionId: break_thing
    label: Break a thing
    description: Break a thing.
    categories: [crm]
    actionType: custom
    steps:
      - stepId: call
        stepFunction:
          functionName: paginated_request
          parameters: {url: /things, method: get, iterator: {in: query}}
    result: {data: $.steps.call.output.data}
"""


def test_an_action_with_a_fault_is_told_and_the_others_are_as_ever(tmp_path: Path) -> None:
    file = tmp_path / "acme.connector.s1.yaml"
    file.write_text(HALF_BROKEN, encoding="utf-8")

    described = describe(load(file))

    assert [
        (group.title, [(each.info.id, each.is_usable) for each in group.actions])
        for group in described.groups
    ] == [("Things", [("acme_get_thing", True)]), ("Other actions", [("acme_break_thing", False)])]
    text = render_reference(described)
    assert "`acme_break_thing` · effects: not declared" in text
    assert text.count("It cannot be used: there is a fault in the connector.") == 1
