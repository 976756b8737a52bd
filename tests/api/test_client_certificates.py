"""A client certificate that is filled in when an account is linked."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Authority, requiring_certificates
from tests.support.running import HubWith
from tests.support.scripted import Seen, reply, scripted

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
# The certificate is the auth method's, and there is a token to ask for first.
WITH_TOKEN = (
    CONNECTOR.replace(
        "      authorization: {type: none}\n",
        "      authorization: {type: none}\n"
        "      certificates: {certs: [$.credentials.cert], keys: [$.credentials.key]}\n",
    )
    .replace(
        "            certificates: {certs: [$.credentials.cert], keys: [$.credentials.key]}\n", ""
    )
    .replace(
        "      - stepId: ask\n",
        "      - stepId: token\n"
        "        stepFunction: {functionName: request, parameters: {url: /token, method: post,\n"
        "          authorization: {type: basic, username: $.credentials.name}}}\n"
        "      - stepId: ask\n",
    )
    .replace(
        "            url: /verify\n",
        "            url: /verify\n"
        "            authorization: {type: bearer, token: $.steps.token.output.data.token}\n",
    )
)
WITHOUT_USER = (
    CONNECTOR.replace("type: custom", "type: oauth2\n      grantType: client_credentials")
    .replace(
        "      authorization: {type: none}\n",
        "      authorization: {type: oauth2, token: $.credentials.accessToken,\n"
        "        tokenUrl: https://127.0.0.1:1/token, clientId: $.credentials.name,\n"
        "        clientAuthentication: none}\n"
        "      certificates: {certs: [$.credentials.cert], keys: [$.credentials.key]}\n",
    )
    .replace(
        "            certificates: {certs: [$.credentials.cert], keys: [$.credentials.key]}\n", ""
    )
)
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


async def test_a_token_is_asked_for_with_the_certificate_that_it_is_used_with(
    hub_with: HubWith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(writer: Any, seen: Seen) -> None:
        token = json.dumps({"token": "the-token-of-this-run"})
        await reply(token if "/token" in seen.line else "{}")(writer, seen)

    authority = Authority()
    first, second = authority.issue("First"), authority.issue("Second")
    stranger = Authority().issue("Stranger")
    tls = requiring_certificates(authority, tmp_path, monkeypatch)
    async with scripted(answer, tls=tls) as server:
        text = WITH_TOKEN.replace("https://127.0.0.1:1", server.url)
        async with hub_with({"acme": text}) as hub:
            account_id = await hub.link_to(
                "acme", {"name": "a", "cert": first.certificate, "key": first.key}
            )
            asked = [(each.line.split()[1], each.client) for each in server.seen]
            server.seen.clear()
            session = await hub.session(account_id=account_id)
            statuses = [
                (
                    await hub.api.patch(
                        f"/hub/accounts/{account_id}",
                        headers={"x-hub-session-token": session["token"]},
                        json={
                            "credentials": {"name": "a", "cert": pair.certificate, "key": pair.key}
                        },
                    )
                ).status_code
                for pair in (stranger, second)
            ]
            server.seen.clear()
            ran = await hub.run(account_id, "acme_verify")

    assert asked == [("/token", "First"), ("/verify", "First")]
    # Who does not believe a certificate ends the connection without a word.
    assert statuses == [503, 200]
    assert ran.status_code == 200
    assert [each.client for each in server.seen] == ["Second", "Second"]
    assert server.seen[1].headers["authorization"] == "Bearer the-token-of-this-run"


async def test_sign_in_without_a_user_shows_the_certificate_for_its_token(
    hub_with: HubWith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(writer: Any, seen: Seen) -> None:
        token = json.dumps({"access_token": "the-token-of-this-account"})
        await reply(token if "/token" in seen.line else "{}")(writer, seen)

    authority = Authority()
    pair = authority.issue("First")
    tls = requiring_certificates(authority, tmp_path, monkeypatch)
    async with scripted(answer, tls=tls) as server:
        text = WITHOUT_USER.replace("https://127.0.0.1:1", server.url)
        async with hub_with({"acme": text}) as hub:
            await hub.link_to("acme", {"name": "a", "cert": pair.certificate, "key": pair.key})

    asked = [(each.line.split()[1], each.client) for each in server.seen]
    assert asked == [("/token", "First"), ("/verify", "First")]
    assert server.seen[0].body == b"grant_type=client_credentials&client_id=a"
