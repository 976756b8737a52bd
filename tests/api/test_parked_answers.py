"""Answers of a provider that begin there: without a state of ours, or without a code."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.support.clock import FrozenClock
from tests.support.oakdale import OAKDALE, Browser, oakdale
from tests.support.running import HubWith

pytestmark = pytest.mark.anyio

THERE = """
        callback: {mayStartThere: true, pendingWhen: {setup_action: request}}
        callbackParams: {installation_id: installationId}
        tokenParams: {installation: $.credentials.installationId}
"""
SCOPES = "        scopes: notes.read notes.write offline_access\n"
MAY_BEGIN = OAKDALE.replace(SCOPES, SCOPES + THERE.lstrip("\n"))
PARKED = "/connect/oauth2/oakdale/parked"


async def install(browser: Browser, **query: str) -> httpx2.Response:
    """Come from the provider's own store."""
    return await browser.come_back(installation_id="77", **query)


async def decide(browser: Browser, choice: str) -> httpx2.Response:
    return await browser.shown(await browser.client.post(PARKED, data={choice: "1"}))


def way_out(page: httpx2.Response) -> dict[str, str]:
    """Return what the provider is asked for by the address that a page leads to."""
    address = re.search(r'0; url=([^"]+)', page.text)
    assert address, page.text
    query = parse_qs(urlsplit(unescape(address[1])).query)
    return {name: values[0] for name, values in query.items()}


async def test_answer_without_our_state_is_refused_where_people_cannot_begin_at_the_provider(
    hub_with: HubWith,
) -> None:
    async with oakdale(hub_with) as (hub, provider):
        browser = Browser.of(hub)
        refused = await install(browser, code="c-1")
        parked = await browser.client.get(PARKED)

    assert (refused.status_code, parked.status_code) == (404, 404)
    assert provider.exchanges == []


@pytest.mark.database
async def test_installation_that_began_there_is_linked_when_its_person_says_so(
    hub_with: HubWith,
) -> None:
    async with oakdale(hub_with, MAY_BEGIN) as (hub, provider):
        browser, other = Browser.of(hub), Browser.of(hub)
        kept = await install(browser, code="code-of-install")
        alone = await decide(browser, "use")
        asked = await browser.leave(hub)
        offered = await browser.client.get(PARKED)
        foreign = await other.client.get(PARKED)
        nothing = (provider.exchanges, (await hub.api.get("/accounts")).json())
        await decide(browser, "use")
        again = await decide(browser, "use")
        ended = await browser.attempt(asked)
        account = (await hub.api.get("/accounts")).json()[0]
        ran = await hub.run(account["id"], "oakdale_me")

    assert kept.status_code == 200
    assert "state" not in asked
    assert (alone.status_code, foreign.status_code, again.status_code) == (404, 404, 404)
    assert nothing == ([], [])
    assert "77" in offered.text
    assert "Acme Inc." in offered.text
    assert "code-of-install" not in offered.text
    (exchange,) = provider.exchanges
    assert (exchange["code"], exchange["installation"]) == ("code-of-install", "77")
    assert "code_verifier" not in exchange
    assert ended["status"] == "authenticated"
    assert ran.status_code == 200


async def test_person_may_sign_in_without_the_answer(hub_with: HubWith) -> None:
    async with oakdale(hub_with, MAY_BEGIN) as (hub, provider):
        browser = Browser.of(hub)
        asked = await browser.leave(hub)
        offered = await install(browser, code="code-of-install")
        page = await decide(browser, "anew")
        await browser.come_back(code="c-1", state=way_out(page)["state"])
        ended = await browser.attempt(asked)

    assert 'name="use"' in offered.text
    (exchange,) = provider.exchanges
    assert exchange["code"] == "c-1"
    assert "installation" not in exchange
    assert ended["status"] == "authenticated"


async def test_installation_without_a_code_is_kept_for_the_sign_in_after_it(
    hub_with: HubWith,
) -> None:
    async with oakdale(hub_with, MAY_BEGIN) as (hub, provider):
        browser = Browser.of(hub)
        await install(browser, setup_action="install")
        asked = await browser.leave(hub)
        page = await decide(browser, "use")
        await browser.come_back(code="c-1", state=way_out(page)["state"])
        ended = await browser.attempt(asked)

    assert provider.exchanges[0]["installation"] == "77"
    assert provider.exchanges[0]["code_verifier"]
    assert ended["status"] == "authenticated"


async def test_answer_is_kept_for_half_an_hour_and_never_if_its_state_is_ours(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    async with oakdale(hub_with, MAY_BEGIN) as (hub, _):
        browser = Browser.of(hub)
        made_up = await install(browser, code="c-1", state="jf_st_" + "A" * 43)
        await install(browser, code="code-of-install", state="of-the-store")
        soon = await browser.client.get(PARKED)
        clock.advance(minutes=31)
        late = await browser.client.get(PARKED)

    assert made_up.status_code == 404
    assert (soon.status_code, late.status_code) == (200, 404)


async def test_answer_that_the_connector_cannot_read_does_not_block_the_next_sign_in(
    hub_with: HubWith,
) -> None:
    text = MAY_BEGIN.replace(
        "{mayStartThere", "{patterns: {installationId: '[0-9]+'}, mayStartThere"
    )
    async with oakdale(hub_with, text) as (hub, provider):
        browser = Browser.of(hub)
        await browser.come_back(installation_id="7/../8", code="code-of-install")
        await browser.leave(hub)
        refused = await browser.client.get(PARKED)
        asked = await browser.leave(hub)

    assert refused.status_code == 400
    assert "state" in asked
    assert provider.exchanges == []


async def test_installation_that_has_to_be_approved_says_so(hub_with: HubWith) -> None:
    async with oakdale(hub_with, MAY_BEGIN) as (hub, provider):
        browser = Browser.of(hub)
        page = await browser.come_back(setup_action="request")
        asked = await browser.leave(hub)
        await browser.come_back(setup_action="request", state=asked["state"])
        ended = await browser.attempt(asked)

    assert "approve" in page.text
    assert ended["error"]["code"] == "sign_in_not_approved"
    assert provider.exchanges == []


async def test_consent_of_an_administrator_is_enough_for_tokens_now_and_later(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    consent = """        callback: {withoutCode: true, patterns: {tenantId: '[a-z0-9-]+'}}
        callbackParams: {tenant: tenantId}
"""
    text = OAKDALE.replace(SCOPES, SCOPES + consent)
    text = text.replace("example/token", "example/token/${credentials.tenantId}")
    async with oakdale(hub_with, text) as (hub, provider):
        provider.tokens = {"access_token": "access-token-1", "expires_in": 600}
        browser = Browser.of(hub)
        asked = await browser.leave(hub)
        await browser.come_back(tenant="t-5", admin_consent="True", state=asked["state"])
        account: Any = (await hub.api.get("/accounts")).json()[0]
        clock.advance(seconds=700)
        ran = await hub.run(account["id"], "oakdale_me")
        assert provider.server is not None
        places = [each.line.split()[1] for each in provider.server.seen if "/token" in each.line]

    assert ran.status_code == 200
    assert places == ["/token/t-5", "/token/t-5"]
    assert [each["grant_type"] for each in provider.exchanges] == ["client_credentials"] * 2
