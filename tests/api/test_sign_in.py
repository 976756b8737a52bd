"""Linking by way of the provider's sign-in page."""

import base64
import hashlib
from io import StringIO
from typing import Any

import pytest

from tests.support.clock import FrozenClock
from tests.support.oakdale import OAKDALE, SECRET, Browser, oakdale
from tests.support.running import HubWith

pytestmark = pytest.mark.anyio


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
        provider.tokens = {"access_token": "access-token-2", "expires_in": 3600}
        first = await hub.run(account["id"], "oakdale_me")
        clock.advance(hours=2)
        provider.tokens = {
            "access_token": "access-token-3",
            "refresh_token": None,
            "expires_in": 3600,
        }
        second = await hub.run(account["id"], "oakdale_me")

    renewals = provider.exchanges[1:]
    assert [each.json()["data"] for each in (first, second)] == [{"id": "u-1"}] * 2
    assert [(each["grant_type"], each["refresh_token"]) for each in renewals] == [
        ("refresh_token", "refresh-token-1")
    ] * 2


@pytest.mark.parametrize(
    ("given", "is_told"),
    [
        ({"expires_in": 3600}, True),
        ({"expires_in": 3600, "refresh_token": "refresh-token-1"}, False),
        ({}, False),
    ],
)
async def test_operator_is_told_of_a_sign_in_that_cannot_be_renewed(
    hub_with: HubWith, log_lines: StringIO, given: dict[str, Any], is_told: bool
) -> None:
    async with oakdale(hub_with) as (hub, provider):
        provider.tokens = {"access_token": "access-token-1", **given}
        browser = Browser.of(hub)
        asked = await browser.leave(hub)
        await browser.come_back(code="c-1", state=asked["state"])
        ended = await browser.attempt(asked)

    assert ended["status"] == "authenticated"
    assert ("no_refresh_token" in log_lines.getvalue()) is is_told


async def test_session_for_some_actions_asks_for_their_scopes_alone(hub_with: HubWith) -> None:
    action = OAKDALE[OAKDALE.index("  - actionId: me") :]
    scoped = action.replace("effects:", "requiredScopes: notes.read\n    effects:")
    other = scoped.replace("actionId: me", "actionId: write").replace("notes.read", "notes.write")
    scopes = "scopeDefinitions:\n  notes.read: {description: Read notes.}"
    text = OAKDALE.replace(action, scoped + other).replace("scopeDefinitions:", scopes)
    async with oakdale(hub_with, text) as (hub, _):
        some = await Browser.of(hub).leave(hub, actions=["oakdale_me"])
        every = await Browser.of(hub).leave(hub)

    assert some["scope"] == "notes.read offline_access"
    assert every["scope"] == "notes.read notes.write offline_access"


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ("notes.read notes.write offline_access", "notes.write offline_access"),
        ("notes.read offline_access", "notes.read offline_access"),
    ],
)
async def test_scope_is_not_asked_for_beside_one_that_includes_it(
    hub_with: HubWith, wanted: str, asked: str
) -> None:
    action = OAKDALE[OAKDALE.index("  - actionId: me") :]
    scoped = action.replace("effects:", "requiredScopes: notes.read\n    effects:")
    other = scoped.replace("actionId: me", "actionId: write").replace("notes.read", "notes.write")
    scopes = "scopeDefinitions:\n  notes.read: {description: Read notes.}"
    text = OAKDALE.replace(action, scoped + other).replace("scopeDefinitions:", scopes)
    text = text.replace(
        "description: Write notes.", "description: Write notes., includes: notes.read"
    )
    text = text.replace("scopes: notes.read notes.write offline_access", f"scopes: {wanted}")
    async with oakdale(hub_with, text) as (hub, _):
        some = await Browser.of(hub).leave(hub, actions=["oakdale_me"])
        every = await Browser.of(hub).leave(hub)

    assert some["scope"] == "notes.read offline_access"
    assert every["scope"] == asked


async def test_cookie_of_the_browser_is_out_of_reach_for_scripts_and_other_hosts(
    hub_with: HubWith,
) -> None:
    async with oakdale(hub_with) as (hub, _):
        browser = Browser.of(hub)
        start = (await browser.begin(hub))["start"]
        sent = await browser.client.get(start)

    (cookie,) = sent.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-jackfield_sign_in=")
    parts = {each.strip().lower() for each in cookie.split(";")[1:]}
    assert {"httponly", "secure", "samesite=lax", "path=/"} <= parts
    assert not any(each.startswith("domain") for each in parts)
    assert browser.client.cookies["__Host-jackfield_sign_in"] not in start


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


async def test_sign_in_that_was_given_up_in_its_product_links_nothing(hub_with: HubWith) -> None:
    async with oakdale(hub_with) as (hub, provider):
        browser = Browser.of(hub)
        asked = await browser.leave(hub)
        headers = {"x-hub-session-token": asked["token"]}
        await browser.client.delete(f"/hub/connection_attempts/{asked['attempt']}", headers=headers)
        await browser.come_back(code="c-1", state=asked["state"])
        ended = await browser.attempt(asked)

    assert ended == {"status": "cancelled", "account": None, "error": None}
    assert provider.exchanges == []


async def test_sign_in_that_takes_too_long_has_expired(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    async with oakdale(hub_with) as (hub, _):
        browser = Browser.of(hub)
        asked = await browser.leave(hub)
        clock.advance(minutes=16)
        ended = await browser.attempt(asked)

    assert (ended["status"], ended["account"]) == ("expired", None)


async def test_posted_answer_is_no_longer_than_one_that_is_got(hub_with: HubWith) -> None:
    async with oakdale(hub_with) as (hub, _provider):
        browser = Browser.of(hub)
        asked = await browser.leave(hub)
        form = {"code": "c" * 20_000, "state": asked["state"]}
        posted = await browser.client.post("/connect/oauth2/oakdale/callback", data=form)
        waiting = await browser.attempt(asked)

    assert posted.status_code == 413
    assert waiting["status"] == "pending"
