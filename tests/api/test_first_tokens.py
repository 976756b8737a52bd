"""Linking by credentials that the provider gives tokens for without a sign-in."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.server import OAuthSandbox, serve
from tests.support.clock import FrozenClock
from tests.support.oakdale import OAKDALE
from tests.support.running import HubWith, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

FIELDS = """      configFields:
        - {key: clientId, label: Client ID, type: text, required: true}
        - {key: clientSecret, label: Client Secret, type: password, required: true, secret: true}
"""
KNOWN = """      support:
        guides:
          config:
            sections:
              - title: Register a Client
                steps:
                  - {title: Copy the ID, field: clientId}
                  - {title: Create a secret, field: clientSecret}
      credentialErrors:
        - {status: 401, cause: key_revoked, message: This secret is over., step: Create a secret}
"""


@pytest.fixture
async def idp(clock: FrozenClock) -> AsyncGenerator[OAuthSandbox]:
    async with serve(clock=clock) as running:
        yield running


@asynccontextmanager
async def oakdale(
    hub_with: HubWith, idp: OAuthSandbox, more: str = ""
) -> AsyncGenerator[tuple[Running, Client]]:
    head, _, rest = OAKDALE.partition("      setupFields:\n")
    text = head + FIELDS + more + rest[rest.index("      testActions") :]
    text = text.replace("label: OAuth 2.0", "label: OAuth 2.0\n      grantType: client_credentials")
    text = text.replace("url: /me", "url: /api/me").replace(" offline_access", "")
    rewrite = dict.fromkeys(
        ("https://login.oakdale.example", "https://api.oakdale.example"), idp.url
    )
    async with hub_with({"oakdale": text}, rewrite=rewrite) as hub:
        yield hub, idp.add_client(access_token_lifetime=600)


async def test_client_of_its_own_is_linked_and_gets_tokens_as_they_end(
    hub_with: HubWith, idp: OAuthSandbox, clock: FrozenClock
) -> None:
    async with oakdale(hub_with, idp) as (hub, client):
        typed = {"clientId": client.id, "clientSecret": client.secret}
        account = await hub.link_to("oakdale", typed)
        first = await hub.run(account, "oakdale_me")
        asked = len(idp.requests(client, "token"))
        clock.advance(seconds=700)
        later = await hub.run(account, "oakdale_me")
        again = len(idp.requests(client, "token"))

    assert (first.status_code, later.status_code) == (200, 200)
    assert (asked, again) == (1, 2)


async def test_client_that_the_provider_refuses_is_not_linked(
    hub_with: HubWith, idp: OAuthSandbox
) -> None:
    async with oakdale(hub_with, idp) as (hub, client):
        token = (await hub.session(provider="oakdale"))["token"]
        typed = {"clientId": client.id, "clientSecret": "another-secret-than-that"}
        refused = await hub.submit(token, typed, provider="oakdale")
        idp.add_fault(client, endpoint="token", status=503)
        typed["clientSecret"] = client.secret or ""
        down = await hub.submit(token, typed, provider="oakdale")
        idp.add_fault(client, endpoint="token", status=400, error="invalid_scope")
        scope = await hub.submit(token, typed, provider="oakdale")
        linked = await hub.submit(token, typed, provider="oakdale")

    assert refused.status_code == 400
    assert refused.json()["code"] == "credential_rejected"
    assert [each["path"] for each in refused.json()["faults"]] == [
        "credentials.clientId", "credentials.clientSecret",
    ]  # fmt: skip
    assert "another-secret" not in refused.text
    assert down.json()["code"] == "provider_unavailable"
    assert (scope.status_code, scope.json()["code"]) == (400, "credential_rejected")
    assert "a fault that was asked for" in scope.text
    assert linked.status_code == 201


async def test_refusal_that_the_connector_knows_is_told_at_the_field_of_its_step(
    hub_with: HubWith, idp: OAuthSandbox
) -> None:
    async with oakdale(hub_with, idp, KNOWN) as (hub, client):
        token = (await hub.session(provider="oakdale"))["token"]
        typed = {"clientId": client.id, "clientSecret": "another-secret-than-that"}
        refused = await hub.submit(token, typed, provider="oakdale")

    assert refused.json()["faults"] == [
        {"path": "credentials.clientSecret", "message": "This secret is over."}
    ]


async def test_secret_that_is_replaced_is_tried_first(hub_with: HubWith, idp: OAuthSandbox) -> None:
    async with oakdale(hub_with, idp) as (hub, client):
        typed = {"clientId": client.id, "clientSecret": client.secret}
        account = await hub.link_to("oakdale", typed)
        other = idp.add_client()
        change = {"clientId": other.id, "clientSecret": other.secret}
        wrong = await hub.api.patch(
            f"/accounts/{account}", json={"credentials": {**change, "clientSecret": "not-this-one"}}
        )
        kept = await hub.run(account, "oakdale_me")
        right = await hub.api.patch(
            f"/accounts/{account}",
            json={"credentials": change, "confirm_identity_change": True},
        )
        ran = await hub.run(account, "oakdale_me")

    assert (wrong.status_code, wrong.json()["code"]) == (400, "credential_rejected")
    assert kept.status_code == 200
    assert right.status_code == 200, right.text
    assert ran.status_code == 200
    assert len(idp.requests(other, "token")) == 2
