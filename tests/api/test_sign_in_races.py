"""Sign-ins whose user or process goes away while the code is exchanged."""

import asyncio

import pytest

from jackfield.connect.sign_in.repo import SignIns
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.oakdale import OAKDALE, Browser, Provider, exchanging, oakdale
from tests.support.running import HubWith, Running

pytestmark = pytest.mark.anyio

DEVICE = "type: oauth2\n      grantType: device_code"
CODES = "deviceAuthorizationUrl: https://login.oakdale.example/token"


async def test_sign_in_that_is_given_up_during_the_exchange_links_nothing(
    oak: tuple[Running, Provider],
) -> None:
    hub, provider = oak
    browser = Browser.of(hub)
    asked = await browser.leave(hub)

    async with exchanging(provider, browser, asked):
        place = f"/hub/connection_attempts/{asked['attempt']}"
        await browser.client.delete(place, headers={"x-hub-session-token": asked["token"]})

    assert (await browser.attempt(asked))["status"] == "cancelled"
    assert (await hub.api.get("/accounts")).json() == []


async def test_popup_that_is_opened_again_with_other_values_ends_no_sign_in_under_way(
    oak: tuple[Running, Provider],
) -> None:
    hub, _ = oak
    browser = Browser.of(hub)
    asked = await browser.leave(hub)
    headers = {"x-hub-session-token": asked["token"]}
    offered = (await browser.client.get("/hub/connectors", headers=headers)).json()
    place = f"/connect/oauth2/{offered['integrations'][0]['integration_id']}"
    wanted = {"token": asked["token"], "connection_attempt_id": asked["attempt"], "no_field": "x"}

    again = await browser.get(place, **wanted)
    await browser.come_back(code="c-1", state=asked["state"])

    assert again.status_code == 422
    assert (await browser.attempt(asked))["status"] == "authenticated"


async def test_start_that_fails_late_ends_no_sign_in_that_another_has_started(
    hub_with: HubWith,
) -> None:
    text = OAKDALE.replace("type: oauth2\n      label", f"{DEVICE}\n      label")
    text = text.replace("authorizationUrl: https://login.oakdale.example/authorize", CODES)
    async with oakdale(hub_with, text) as (hub, provider):
        provider.tokens = {"device_code": "d", "user_code": "U", "verification_uri": "https://a.b/"}
        provider.opened = opened = asyncio.Event()
        browser = Browser.of(hub)
        asked = await browser.begin(hub)

        late = asyncio.create_task(browser.client.get(asked["start"]))
        await provider.asked.wait()
        provider.opened = None
        first = await browser.client.get(asked["start"])
        provider.status = 503
        opened.set()
        await late

        assert first.status_code == 302
        assert (await browser.attempt(asked))["status"] == "pending"


async def test_setup_that_is_changed_during_the_exchange_breaks_no_sign_in(
    oak: tuple[Running, Provider],
) -> None:
    hub, provider = oak
    browser = Browser.of(hub)
    asked = await browser.leave(hub)

    async with exchanging(provider, browser, asked):
        (profile,) = (await hub.api.get("/connector_profiles?connector_key=oakdale")).json()["data"]
        changed = {"setup": {"clientSecret": "another"}}
        await hub.api.patch(f"/connector_profiles/{profile['id']}", json=changed)

    assert (await browser.attempt(asked))["status"] == "authenticated"


async def test_sign_in_whose_process_died_during_the_exchange_expires(
    oak: tuple[Running, Provider], clock: FrozenClock
) -> None:
    hub, _ = oak
    browser = Browser.of(hub)
    asked = await browser.leave(hub)
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        rows = SignIns(tx)
        assert await rows.redeem(await rows.get(asked["attempt"]))

    before = await browser.attempt(asked)
    clock.advance(minutes=6)
    after = await browser.attempt(asked)

    assert (before["status"], after["status"]) == ("pending", "expired")
    page = await browser.get(f"/connect/sign-ins/{asked['attempt']}/result")
    assert 'http-equiv="refresh"' not in page.text
