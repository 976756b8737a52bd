"""Connectors whose renewal or revocation would send an operator's secret to a host people type."""

import pytest
import yaml

from jackfield.connectors.diagnostics import Severity
from jackfield.connectors.loading.validation import validate

DOCUMENT = """
StackOne: 1.0.0
engine: strict
info: {title: Acme, key: acme, version: 1.0.0, description: d, assets: {icon: icon.svg}}
baseUrl: BASE
authentication:
  - key:
      type: custom
      label: Key
      authorization: {type: bearer, token: $.credentials.accessToken}
      setupFields:
        - {key: clientSecret, label: Secret, type: password, required: true, secret: true}
      configFields:
        - {key: domain, label: Domain, type: text, required: true}
        - {key: own, label: Own, type: password, required: true, secret: true}
        - {key: region, label: Region, type: select, required: true, options: [{value: a, label: A}]}
      PLACE:
        action:
          actionId: act
          steps:
            - stepId: ask
              stepFunction:
                functionName: request
                parameters:
                  url: URL
                  method: post
                  authorization: {type: none}
                  args: [{name: secret, value: SENT, in: body}]
          result: {data: {accessToken: $.steps.ask.output.data.access_token}}
actions:
  - {actionId: me, label: Me, description: d, categories: [internal], actionType: get,
     effects: [read], steps: [{stepId: me, stepFunction: {functionName: request,
     parameters: {url: /me, method: get}}}], result: {data: $.steps.me.output.data}}
"""
TYPED = "https://${credentials.domain}"


def problems(**given: str) -> list[str]:
    values = {"BASE": TYPED, "PLACE": "refreshAuthentication", "URL": "/token"}
    values |= {"SENT": "$.credentials.clientSecret", **given}
    text = DOCUMENT
    for name, value in values.items():
        text = text.replace(name, value)
    found = validate(yaml.safe_load(text))
    return [each.message for each in found if each.severity is Severity.ERROR]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"PLACE": "revocation"},
        {
            "required: true, secret: true}\n      configFields": "required: true}\n      configFields"
        },
        {"SENT": "'{{$.credentials}}'"},
        {"BASE": "https://api.acme.example", "URL": "'${credentials.domain}/token'"},
        {"BASE": "\"{{'https://' + credentials.domain}}\""},
    ],
)
def test_secret_of_the_operator_that_would_go_to_a_typed_host_is_an_error(
    given: dict[str, str],
) -> None:
    (said,) = problems(**given)
    assert "which people type" in said


@pytest.mark.parametrize(
    "given",
    [
        {"SENT": "$.credentials.own"},
        {"BASE": "https://${credentials.domain}.acme.example"},
        {"BASE": "https://${credentials.region}"},
        {"BASE": TYPED, "URL": "https://login.acme.example/token"},
    ],
)
def test_what_goes_to_a_named_host_or_is_the_accounts_own_is_none(given: dict[str, str]) -> None:
    assert problems(**given) == []
