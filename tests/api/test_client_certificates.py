"""A client certificate that is filled in when an account is linked."""

from base64 import b64encode

import pytest

from tests.support.certificates import Authority
from tests.support.running import HubWith

pytestmark = pytest.mark.anyio

CONNECTOR = """\
StackOne: 1.0.0
engine: strict
info: {title: Acme, key: acme, version: 1.0.0, description: Things.}
baseUrl: https://127.0.0.1:1
authentication:
  - pair:
      type: custom
      label: Certificate
      authorization: {type: none}
      environments: [{key: production, name: Production}]
      configFields:
        - {key: name, label: Name, type: text, required: true, secret: false}
        - {key: cert, label: Certificate, type: password, required: true, secret: true}
        - {key: key, label: Key, type: password, required: true, secret: true}
      testActions: [{action: verify, required: true}]
actions:
  - actionId: verify
    label: Verify
    description: Verify.
    categories: [documents]
    actionType: custom
    effects: [read]
    inputs: []
    steps:
      - stepId: ask
        stepFunction:
          functionName: request
          parameters:
            url: /verify
            method: get
            certificates: {certs: [$.credentials.cert], keys: [$.credentials.key]}
    result: {data: $.steps.ask.output.data}
"""
ONE, OTHER = Authority().issue("One"), Authority().issue("Other")


@pytest.mark.parametrize(
    ("pair", "blamed"),
    [
        (("no certificate", ONE.key), {"cert"}),
        ((ONE.certificate, "no key"), {"key"}),
        (("Zertifikat für ü", ONE.key), {"cert"}),
        ((ONE.certificate, "Schlüssel"), {"key"}),
        ((ONE.certificate, OTHER.key), {"cert", "key"}),
        ((b64encode(ONE.certificate.encode()).decode(), OTHER.key), {"cert", "key"}),
        ((ONE.certificate[:200], ONE.key), {"cert", "key"}),
    ],
    ids=[
        "no certificate",
        "no key",
        "accents",
        "accents in the key",
        "other key",
        "in base64",
        "half",
    ],
)
async def test_a_certificate_that_cannot_be_used_is_a_fault_at_its_fields(
    pair: tuple[str, str],
    blamed: set[str],
    hub_with: HubWith,
) -> None:
    async with hub_with({"acme": CONNECTOR}) as hub:
        session = await hub.session(provider="acme")
        filled = {"name": "a", "cert": pair[0], "key": pair[1]}
        refused = await hub.submit(session["token"], filled, provider="acme")

    assert refused.status_code == 400, refused.text
    faults = {each["path"] for each in refused.json()["faults"]}
    assert faults == {f"credentials.{name}" for name in blamed}
