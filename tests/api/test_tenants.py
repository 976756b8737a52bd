"""One sign-in that reaches several tenants of the provider."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.oakdale import OAKDALE, Browser, Provider, oakdale
from tests.support.running import HubWith, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

TENANTS = """      testActions: [{action: me}]
      tenants:
        label: Workspace
        action: list_sites
        items: $.output.sites
        id: $.id
        name: $.name
        credential: siteId
"""
SITES = """actions:
  - actionId: list_sites
    label: List sites
    description: d
    categories: [internal]
    actionType: list
    effects: [read]
    steps:
      - stepId: sites
        stepFunction: {functionName: request, parameters: {url: /sites, method: get}}
    result: {data: $.steps.sites.output.data}
  - actionId: site
    label: Site
    description: d
    categories: [internal]
    actionType: get
    effects: [read]
    steps:
      - stepId: site
        stepFunction:
          functionName: request
          parameters: {url: "/sites/${credentials.siteId}", method: get}
    result: {data: $.steps.site.output.data}
"""
NORTH, SOUTH = {"id": "s-1", "name": "North <b>"}, {"id": "s-2", "name": "South"}


@asynccontextmanager
async def hub_of_sites(
    hub_with: HubWith, *sites: Mapping[str, str]
) -> AsyncGenerator[tuple[Running, Provider, Browser]]:
    text = OAKDALE.replace("      testActions: [{action: me}]\n", TENANTS)
    text = text.replace("actions:\n  - actionId: me", f"{SITES}  - actionId: me")
    async with oakdale(hub_with, text) as (hub, provider):
        provider.answers = {
            "/sites": {"sites": list(sites)},
            "/sites/s-1": {"site": "north"},
            "/sites/s-2": {"site": "south"},
        }
        yield hub, provider, Browser.of(hub)


async def sign_in(hub: Running, browser: Browser, **wanted: Any) -> tuple[dict[str, str], Any]:
    asked = await browser.leave(hub, **wanted)
    return asked, await browser.come_back(code="c-1", state=asked["state"])


async def choose(browser: Browser, asked: Mapping[str, str], tenant: str) -> Any:
    place = f"/connect/sign-ins/{asked['attempt']}/tenant"
    return await browser.shown(await browser.client.post(place, data={"tenant": tenant}))


async def test_only_tenant_is_taken_without_asking(hub_with: HubWith) -> None:
    async with hub_of_sites(hub_with, SOUTH) as (hub, _, browser):
        await sign_in(hub, browser)
        account = (await hub.api.get("/accounts")).json()[0]
        ran = await hub.run(account["id"], "oakdale_site")

    assert account["setup_information"] == {
        "workspace": "blue-team", "siteId": "s-2", "tenantName": "South",
    }  # fmt: skip
    assert ran.json()["data"] == {"site": "south"}


async def test_person_chooses_among_several_tenants(hub_with: HubWith) -> None:
    async with hub_of_sites(hub_with, NORTH, SOUTH) as (hub, _, browser):
        asked, page = await sign_in(hub, browser)
        waiting = await browser.attempt(asked)
        unanswered = await choose(browser, asked, "")
        foreign = await choose(browser, asked, "s-9")
        stranger = await choose(Browser.of(hub), asked, "s-2")
        nothing = (await hub.api.get("/accounts")).json()
        done = await choose(browser, asked, "s-2")
        again = await choose(browser, asked, "s-1")
        ended = await browser.attempt(asked)
        accounts = (await hub.api.get("/accounts")).json()
        ran = await hub.run(accounts[0]["id"], "oakdale_site")

    assert 'value="s-1"' in page.text
    assert "North &lt;b&gt;" in page.text
    assert waiting["status"] == "pending"
    assert 'role="alert"' in unanswered.text
    assert 'role="alert"' in foreign.text
    assert (stranger.status_code, nothing) == (404, [])
    assert again.text == done.text
    assert (ended["status"], len(accounts)) == ("authenticated", 1)
    assert ran.json()["data"] == {"site": "south"}


async def test_sign_in_that_reaches_no_tenant_is_refused(hub_with: HubWith) -> None:
    async with hub_of_sites(hub_with) as (hub, _, browser):
        asked, _ = await sign_in(hub, browser)
        ended = await browser.attempt(asked)
        accounts = (await hub.api.get("/accounts")).json()

    assert (ended["status"], ended["error"]["code"]) == ("error", "sign_in_without_tenant")
    assert accounts == []


async def test_account_that_is_linked_again_stays_in_its_tenant(hub_with: HubWith) -> None:
    async with hub_of_sites(hub_with, SOUTH) as (hub, provider, browser):
        await sign_in(hub, browser)
        provider.answers["/sites"] = {"sites": [NORTH, SOUTH]}
        await sign_in(hub, browser)
        kept = (await hub.api.get("/accounts")).json()
        provider.answers["/sites"] = {"sites": [NORTH]}
        asked, _ = await sign_in(hub, browser)
        moved = await browser.attempt(asked)
        await sign_in(hub, browser, multiple=True)
        both = (await hub.api.get("/accounts")).json()

    assert [each["setup_information"]["siteId"] for each in kept] == ["s-2"]
    assert moved["error"]["code"] == "identity_changed"
    assert sorted(each["setup_information"]["siteId"] for each in both) == ["s-1", "s-2"]


async def test_choice_that_takes_too_long_ends_the_sign_in(hub_with: HubWith, clock: Any) -> None:
    async with hub_of_sites(hub_with, NORTH, SOUTH) as (hub, _, browser):
        asked, _ = await sign_in(hub, browser)
        clock.advance(minutes=16)
        await choose(browser, asked, "s-2")
        ended = await browser.attempt(asked)

    assert ended["error"]["code"] == "sign_in_expired"
