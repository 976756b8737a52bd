"""Linking by a code that is entered at the provider."""

import html
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.server import OAuthSandbox, serve
from tests.support.clock import FrozenClock
from tests.support.oakdale import OAKDALE, Browser
from tests.support.running import HubWith, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
async def idp(clock: FrozenClock) -> AsyncGenerator[OAuthSandbox]:
    async with serve(clock=clock) as running:
        yield running


@asynccontextmanager
async def oakdale(
    hub_with: HubWith, idp: OAuthSandbox
) -> AsyncGenerator[tuple[Running, Browser, Client]]:
    client = idp.add_client()
    text = OAKDALE.replace(
        "type: oauth2\n      label", "type: oauth2\n      grantType: device_code\n      label"
    )
    text = text.replace(
        "        authorizationUrl: https://login.oakdale.example/authorize\n",
        "        deviceAuthorizationUrl: https://login.oakdale.example/device_authorization\n",
    )
    text = text.replace("url: /me", "url: /api/me").replace(" offline_access", "")
    rewrite = dict.fromkeys(
        ("https://login.oakdale.example", "https://api.oakdale.example"), idp.url
    )
    async with hub_with({"oakdale": text}, rewrite=rewrite) as hub:
        created = await hub.api.post(
            "/connector_profiles",
            json={
                "connector_key": "oakdale",
                "setup": {"clientId": client.id, "clientSecret": client.secret},
                "default": True,
            },
        )
        assert created.status_code == 201, created.text
        yield hub, Browser.of(hub), client


async def begin(hub: Running, browser: Browser) -> tuple[dict[str, str], str, str]:
    """Open the popup; return the attempt, the page that it shows, and the code on it."""
    session = await hub.session(provider="oakdale")
    headers = {"x-hub-session-token": session["token"]}
    asked = (await browser.client.post("/hub/connection_attempts", headers=headers, json={})).json()
    offered = (await browser.client.get("/hub/connectors", headers=headers)).json()["integrations"]
    query = {"token": session["token"], "connection_attempt_id": asked["id"]}
    place = f"/connect/oauth2/{offered[0]['integration_id']}"
    shown = await browser.client.get(place, params=query, follow_redirects=True)
    code = re.search(r"[A-Z]{4}-[A-Z]{4}", shown.text)
    assert code, shown.text
    attempt = {"attempt": asked["id"], "token": session["token"]}
    return attempt, str(shown.url), code[0]


async def test_account_is_linked_when_its_code_was_entered(
    hub_with: HubWith, idp: OAuthSandbox, clock: FrozenClock
) -> None:
    async with oakdale(hub_with, idp) as (hub, browser, client):
        asked, place, code = await begin(hub, browser)
        waiting = await browser.client.get(place)
        stranger = await Browser.of(hub).client.get(place)
        early = await browser.attempt(asked)
        idp.approve_device(code)
        clock.advance(seconds=6)
        done = await browser.client.get(place)
        ended = await browser.attempt(asked)
        account = (await hub.api.get("/accounts")).json()[0]
        ran = await hub.run(account["id"], "oakdale_me")
        asks = [each for each in idp.requests(client, "token") if "device_code" in str(each)]

    assert 'http-equiv="refresh"' in waiting.text
    assert stranger.status_code == 404
    assert early["status"] == "pending"
    assert (ended["status"], ended["account"]["id"]) == ("authenticated", account["id"])
    assert code not in done.text
    assert ran.status_code == 200
    # Not before the provider's interval, whoever looked how often.
    assert len(asks) == 1


async def test_provider_is_asked_more_slowly_when_it_says_so(
    hub_with: HubWith, idp: OAuthSandbox, clock: FrozenClock
) -> None:
    async with oakdale(hub_with, idp) as (hub, browser, client):
        asked, place, code = await begin(hub, browser)
        idp.add_fault(client, endpoint="token", status=503, body="<html>busy</html>")
        clock.advance(seconds=6)
        down = await browser.attempt(asked)
        idp.approve_device(code)
        clock.advance(seconds=6)
        soon = await browser.attempt(asked)
        page = await browser.client.get(place)
        clock.advance(seconds=6)
        ended = await browser.attempt(asked)

    assert (down["status"], soon["status"], ended["status"]) == (
        "pending", "pending", "authenticated",
    )  # fmt: skip
    assert 'content="10"' in page.text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("access_denied", "access_denied"),
        ("expired_token", "sign_in_expired"),
        ("invalid_grant", "grant_refused"),
    ],
)
async def test_refused_code_ends_the_sign_in(
    hub_with: HubWith,
    idp: OAuthSandbox,
    clock: FrozenClock,
    error: str,
    code: str,
) -> None:
    async with oakdale(hub_with, idp) as (hub, browser, client):
        asked, place, _ = await begin(hub, browser)
        idp.add_fault(client, endpoint="token", status=400, error=error)
        clock.advance(seconds=6)
        ended = await browser.attempt(asked)
        page = await browser.client.get(place)
        again = await browser.attempt(asked)
        accounts = (await hub.api.get("/accounts")).json()

    assert (ended["status"], ended["error"]["code"]) == ("error", code)
    assert 'http-equiv="refresh"' not in page.text
    assert again == ended
    assert accounts == []


async def test_provider_that_fails_is_named_and_the_sign_in_can_be_started_over(
    hub_with: HubWith, idp: OAuthSandbox
) -> None:
    async with oakdale(hub_with, idp) as (hub, browser, client):
        idp.add_fault(client, endpoint="device_authorization", status=503)
        link = (await hub.session(provider="oakdale"))["auth_link_url"]
        form = await browser.client.get(link)
        start = await browser.fill_in(link)
        page = await browser.client.get(start, follow_redirects=True)
        (again,) = re.findall('href="([^"]+)"[^>]*>Start over<', page.text)
        begun = await browser.client.get(
            await browser.fill_in(html.unescape(again)), follow_redirects=True
        )

    assert "you will sign in at Oakdale" in form.text
    assert "Oakdale cannot be reached right now" in page.text
    assert "Enter this code at Oakdale" in begun.text
    assert "This code works until" in begun.text
