"""Pages that show a secret once: reloading one makes no second key, endpoint or link."""

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from jackfield.projects import service as projects
from jackfield.projects.repo import ApiKeys
from jackfield.webhooks import service as webhooks
from jackfield.webhooks.models import EndpointChange
from jackfield.webhooks.repo import Endpoints
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


async def test_reloading_after_a_key_was_made_makes_no_other(hub: Running, page: Page) -> None:
    await page.goto(f"{hub.hub.public_url}/dashboard/keys")
    async with hub.hub.db.read(hub.project.id) as tx:
        before = len(await ApiKeys(tx).all())
    await page.get_by_label("Name", exact=True).fill("billing")
    await page.get_by_label("Run actions").check()
    await page.get_by_role("button", name="Make a key").click()
    await expect(page.get_by_label("New key")).to_be_visible()

    await page.reload()
    await expect(page.get_by_role("rowheader", name="billing")).to_be_visible()
    await expect(page.get_by_label("New key")).to_be_hidden()
    async with hub.hub.db.read(hub.project.id) as tx:
        assert len(await ApiKeys(tx).all()) == before + 1


async def test_reloading_after_an_endpoint_was_added_adds_no_other(
    hub: Running, page: Page
) -> None:
    await page.goto(f"{hub.hub.public_url}/dashboard/webhooks")
    await page.get_by_label("URL").fill("https://receiver.example/hooks")
    await page.get_by_role("button", name="Add endpoint").click()
    await expect(page.get_by_label("Signing secret")).to_have_value(re.compile("^whsec_"))

    await page.reload()
    await expect(page.get_by_role("link", name="receiver.example")).to_be_visible()
    async with hub.hub.db.read(hub.project.id) as tx:
        assert len(await Endpoints(tx).all()) == 1


async def test_reloading_after_a_secret_was_rotated_rotates_nothing(
    hub: Running, page: Page
) -> None:
    change = EndpointChange("https://receiver.example/hooks", ("*",))
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        endpoint, _ = await webhooks.create(tx, hub.hub.vault, change, private=False)
    await page.goto(f"{hub.hub.public_url}/dashboard/webhooks/{endpoint.id}")
    await page.get_by_role("button", name="Rotate secret").click()
    await expect(page.get_by_label("Signing secret")).to_have_value(re.compile("^whsec_"))

    answer = await page.reload()
    assert answer is not None
    assert (answer.request.method, answer.status) == ("GET", 200)
    await expect(page.get_by_role("heading", name="receiver.example")).to_be_visible()
