"""Sign-ins whose user or process goes away while the code is exchanged."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from jackfield.connect.sign_in.repo import SignIns
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.oakdale import Browser, Provider, oakdale
from tests.support.running import HubWith, Running

pytestmark = pytest.mark.anyio


@pytest.fixture
async def oak(hub_with: HubWith) -> AsyncGenerator[tuple[Running, Provider]]:
    async with oakdale(hub_with) as running:
        yield running


async def test_sign_in_that_is_given_up_during_the_exchange_links_nothing(
    oak: tuple[Running, Provider],
) -> None:
    hub, provider = oak
    provider.opened = asyncio.Event()
    browser = Browser.of(hub)
    asked = await browser.leave(hub)

    coming = asyncio.create_task(browser.come_back(code="c-1", state=asked["state"]))
    await provider.asked.wait()
    place = f"/hub/connection_attempts/{asked['attempt']}"
    await browser.client.delete(place, headers={"x-hub-session-token": asked["token"]})
    provider.opened.set()
    await coming

    assert (await browser.attempt(asked))["status"] == "cancelled"
    assert (await hub.api.get("/accounts")).json() == []


async def test_setup_that_is_changed_during_the_exchange_breaks_no_sign_in(
    oak: tuple[Running, Provider],
) -> None:
    hub, provider = oak
    provider.opened = asyncio.Event()
    browser = Browser.of(hub)
    asked = await browser.leave(hub)

    coming = asyncio.create_task(browser.come_back(code="c-1", state=asked["state"]))
    await provider.asked.wait()
    (profile,) = (await hub.api.get("/connector_profiles?connector_key=oakdale")).json()["data"]
    changed = {"setup": {"clientSecret": "another"}}
    await hub.api.patch(f"/connector_profiles/{profile['id']}", json=changed)
    provider.opened.set()
    await coming

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
