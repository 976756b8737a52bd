"""Linking by way of the provider's sign-in page."""

import base64
import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import pytest

from tests.support.clock import FrozenClock
from tests.support.running import HubWith, Running
from tests.support.scripted import ScriptedServer, Seen, reply, scripted

pytestmark = pytest.mark.anyio

SECRET = "s:e+c/r%e=t&é"
OAKDALE = """
StackOne: 1.0.0
engine: strict
info: {title: Oakdale, key: oakdale, version: 1.0.0, description: d, assets: {icon: icon.svg}}
baseUrl: https://api.oakdale.example
authentication:
  - oauth2:
      type: oauth2
      label: OAuth 2.0
      authorization:
        type: oauth2
        token: $.credentials.accessToken
        authorizationUrl: https://login.oakdale.example/authorize
        tokenUrl: https://login.oakdale.example/token
        scopes: notes.read notes.write offline_access
      setupFields:
        - {key: clientId, label: Client ID, type: text, required: true}
        - {key: clientSecret, label: Client Secret, type: password, required: true, secret: true}
      configFields:
        - {key: workspace, label: Workspace, type: text, required: false}
      testActions: [{action: me}]
actions:
  - actionId: me
    label: Me
    description: Who signed in.
    categories: [internal]
    actionType: get
    effects: [read]
    steps:
      - stepId: me
        stepFunction:
          functionName: request
          parameters: {url: /me, method: get}
    result: {data: $.steps.me.output.data}
"""


@dataclass
class Provider:
    """A provider whose token endpoint and API say what a test tells them to."""

    tokens: dict[str, Any] = field(
        default_factory=lambda: {
            "access_token": "at-1",
            "refresh_token": "rt-1",
            "expires_in": 3600,
        }
    )
    status: int = 200
    server: ScriptedServer | None = None

    async def answer(self, writer: Any, seen: Seen) -> None:
        if " /token" in seen.line:
            await reply(json.dumps(self.tokens), status=self.status)(writer, seen)
            return
        is_good = seen.headers.get("authorization") == f"Bearer {self.tokens.get('access_token')}"
        await reply('{"id": "u-1"}', status=200 if is_good else 401)(writer, seen)

    @property
    def exchanges(self) -> list[dict[str, str]]:
        assert self.server is not None
        return [
            dict(parse_qsl(seen.body.decode()))
            for seen in self.server.seen
            if " /token" in seen.line
        ]


@asynccontextmanager
async def oakdale(
    hub_with: HubWith, text: str = OAKDALE
) -> AsyncGenerator[tuple[Running, Provider]]:
    provider = Provider()
    async with scripted(provider.answer) as server:
        provider.server = server
        rewrite = {
            "https://login.oakdale.example": server.url,
            "https://api.oakdale.example": server.url,
        }
        async with hub_with({"oakdale": text}, rewrite=rewrite) as hub:
            created = await hub.api.post(
                "/connector_profiles",
                json={
                    "connector_key": "oakdale",
                    "setup": {"clientId": "app", "clientSecret": SECRET},
                    "default": True,
                },
            )
            assert created.status_code == 201, created.text
            yield hub, provider


@dataclass
class Browser:
    """A person's browser: it keeps cookies, and goes to the provider when a test says so."""

    client: httpx2.AsyncClient

    @classmethod
    def of(cls, hub: Running) -> "Browser":
        transport = hub.api._transport  # noqa: SLF001 - the same hub, without its key
        return cls(httpx2.AsyncClient(base_url="https://hub.test", transport=transport))

    async def leave(self, hub: Running, **wanted: Any) -> dict[str, str]:
        """Go to the provider by the published way, and return what it is asked for."""
        session = await hub.session(provider="oakdale", **wanted)
        headers = {"x-hub-session-token": session["token"]}
        body = {"token": session["token"]}
        attempt = (
            await self.client.post("/hub/connection_attempts", headers=headers, json=body)
        ).json()
        offered = (await self.client.get("/hub/connectors", headers=headers)).json()["integrations"]
        started = await self.client.get(
            f"/connect/oauth2/{offered[0]['integration_id']}",
            params={
                "redirect_uri": "https://hub.test/embedded/accounts/callback",
                "token": session["token"],
                "connection_attempt_id": attempt["id"],
                "workspace": "blue",
            },
        )
        assert started.status_code == 302, started.text
        sent = await self.client.get(started.headers["location"])
        assert sent.status_code == 302, sent.text
        query = parse_qs(urlsplit(sent.headers["location"]).query)
        asked = {name: values[0] for name, values in query.items()}
        return {**asked, "attempt": attempt["id"], "token": session["token"]}

    async def come_back(self, **query: str) -> httpx2.Response:
        back = await self.client.get("/connect/oauth2/oakdale/callback", params=query)
        return back if back.status_code != 303 else await self.client.get(back.headers["location"])

    async def attempt(self, asked: dict[str, str]) -> dict[str, Any]:
        headers = {"x-hub-session-token": asked["token"]}
        return (
            await self.client.get(f"/hub/connection_attempts/{asked['attempt']}", headers=headers)
        ).json()


async def test_account_is_linked_by_signing_in(hub_with: HubWith) -> None:
    async with oakdale(hub_with) as (hub, provider):
        browser = Browser.of(hub)

        asked = await browser.leave(hub)
        waiting = await browser.attempt(asked)
        page = await browser.come_back(code="c-1", state=asked["state"])
        ended = await browser.attempt(asked)
        account = (await hub.api.get("/accounts")).json()[0]
        ran = await hub.run(account["id"], "oakdale_me")

    challenge = hashlib.sha256(provider.exchanges[0]["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(challenge).decode().rstrip("=")
    assert asked["redirect_uri"] == "https://hub.test/connect/oauth2/oakdale/callback"
    assert asked["scope"] == "notes.read notes.write offline_access"
    assert provider.exchanges[0] == {
        "grant_type": "authorization_code",
        "code": "c-1",
        "redirect_uri": asked["redirect_uri"],
        "code_verifier": provider.exchanges[0]["code_verifier"],
        "client_id": "app",
        "client_secret": SECRET,
    }
    assert waiting == {"status": "pending", "account": None, "error": None}
    assert page.status_code == 200, page.text
    assert ended["status"] == "authenticated"
    assert ended["account"]["id"] == account["id"]
    assert account["status"] == "active"
    assert ran.json()["data"] == {"id": "u-1"}


async def test_token_that_has_expired_is_renewed_by_the_connectors_settings(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    async with oakdale(hub_with) as (hub, provider):
        browser = Browser.of(hub)
        asked = await browser.leave(hub)
        await browser.come_back(code="c-1", state=asked["state"])
        account = (await browser.attempt(asked))["account"]

        clock.advance(hours=2)
        provider.tokens = {"access_token": "at-2", "expires_in": 3600}
        first = await hub.run(account["id"], "oakdale_me")
        clock.advance(hours=2)
        provider.tokens = {"access_token": "at-3", "refresh_token": None, "expires_in": 3600}
        second = await hub.run(account["id"], "oakdale_me")

    renewals = provider.exchanges[1:]
    assert [each.json()["data"] for each in (first, second)] == [{"id": "u-1"}] * 2
    assert [(each["grant_type"], each["refresh_token"]) for each in renewals] == [
        ("refresh_token", "rt-1")
    ] * 2


async def test_provider_may_answer_with_a_form(hub_with: HubWith) -> None:
    async with oakdale(hub_with) as (hub, _provider):
        browser = Browser.of(hub)
        asked = await browser.leave(hub)
        form = {"code": "c-1", "state": asked["state"]}
        posted = await browser.client.post("/connect/oauth2/oakdale/callback", data=form)
        back = await browser.client.get(posted.headers["location"])
        ended = await browser.attempt(asked)

    assert (posted.status_code, back.status_code) == (303, 303)
    assert ended["status"] == "authenticated"
