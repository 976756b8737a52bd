"""The dashboard's pages of webhooks, in a browser: for anybody, on any screen."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from jackfield.projects import service as projects
from jackfield.webhooks import service as webhooks
from jackfield.webhooks.models import EndpointChange
from jackfield.webhooks.replays import service as replays
from jackfield.webhooks.replays.models import ReplayFilter
from tests.browser.axe_findings import found_in_each_mode
from tests.browser.conftest import Visit
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]


@pytest.fixture
async def page(hub: Running, visit: Start) -> Page:
    opened = (await visit()).page
    await opened.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await opened.get_by_role("button", name="Sign in").click()
    return opened


async def add(hub: Running, url: str = "https://receiver.example/hooks", **other: Any) -> str:
    change = EndpointChange(url, other.get("events", ("*",)), "The CRM")
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        endpoint, _ = await webhooks.create(tx, hub.hub.vault, change, private=False)
    return endpoint.id


async def test_endpoints_and_the_one_that_was_just_added_can_be_used_by_anybody(
    hub: Running, page: Page, axe: str
) -> None:
    await page.goto(f"{hub.hub.public_url}/dashboard/webhooks")
    await expect(page.get_by_role("heading", name="No endpoint yet")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_label("URL").fill("https://receiver.example/hooks")
    await page.get_by_role("button", name="Add endpoint").click()
    await expect(page.get_by_label("Signing secret")).to_have_value(re.compile("^whsec_"))
    assert await found_in_each_mode(page, axe) == []


async def test_the_page_of_an_endpoint_can_be_used_by_anybody(
    hub: Running, page: Page, axe: str
) -> None:
    endpoint_id = await add(hub, f"https://receiver.example/{'long-path/' * 12}")
    await hub.link()
    await page.goto(f"{hub.hub.public_url}/dashboard/webhooks/{endpoint_id}")
    await expect(page.get_by_role("heading", name="receiver.example")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_text("Disable…").click()
    await expect(page.get_by_role("button", name="Disable endpoint")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []


async def running_replay(hub: Running) -> tuple[str, str]:
    """Begin a replay of three deliveries that no process takes up; return its place and its id."""
    endpoint_id = await add(hub)
    account = await hub.link()
    for verb in ("suspend", "resume"):
        await hub.api.post(f"/jackfield/accounts/{account}/{verb}")
    for active in (False, True):
        await hub.api.patch(f"/jackfield/webhooks/{endpoint_id}", json={"active": active})
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        replay = await replays.start(tx, endpoint_id, ReplayFilter())
        await tx.run(
            "update webhook_replays set leased_until = :later where project_id = :project_id",
            later=tx.now + timedelta(hours=1),
        )
    return f"{hub.hub.public_url}/dashboard/webhooks/{endpoint_id}", replay.id


async def test_a_delivery_and_a_running_replay_can_be_used_by_anybody(
    hub: Running, page: Page, axe: str
) -> None:
    place, _ = await running_replay(hub)
    await page.goto(place)
    await expect(page.get_by_text("0 of 3 to be delivered again")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_role("link", name="account.created").click()
    await expect(page.get_by_role("heading", name="Attempts")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []


async def test_how_far_a_replay_is_is_shown_without_loading_the_page_again(
    hub: Running, visit: Start
) -> None:
    page = (await visit()).page
    place, _ = await running_replay(hub)
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    await page.goto(place)
    await expect(page.get_by_text("0 of 3 to be delivered again")).to_be_visible()
    await page.evaluate("window.isStillHere = true")

    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await tx.run(
            "update webhook_replays set leased_until = null where project_id = :project_id"
        )

    await expect(page.get_by_text("3 of 3, done")).to_be_visible()
    assert await page.evaluate("window.isStillHere")


async def test_the_catalogue_of_events_can_be_used_by_anybody(
    hub: Running, page: Page, axe: str
) -> None:
    await page.goto(f"{hub.hub.public_url}/dashboard/webhooks/events")
    await expect(page.get_by_role("heading", name="Verify a signature")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_text("account.needs_relink", exact=True).click()
    await expect(page.get_by_role("button", name="Copy example of account.needs")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []
