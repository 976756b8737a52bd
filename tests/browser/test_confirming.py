"""An auth link in the wrong hands, where the product confirms what is linked."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.product import element, heard, inside, product
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
Keep = Callable[..., Awaitable[None]]


@pytest.fixture
async def confirming(hub: Running) -> Running:
    """Return a hub whose project confirms each link itself."""
    response = await hub.api.patch(
        "/jackfield/project",
        json={"confirm_links": True, "branding": {"display_name": "Northwind"}},
    )
    assert response.status_code == 200, response.text
    return hub


async def fill_in(page: Page, key: str) -> None:
    await page.get_by_label("API Key", exact=True).fill(key)
    await page.get_by_role("radio", name="United States").check()
    await page.get_by_role("button", name="Connect").click()


async def decide(hub: Running, verb: str) -> None:
    (link,) = (await hub.api.get("/jackfield/pending_links")).json()["data"]
    response = await hub.api.post(f"/jackfield/pending_links/{link['id']}/{verb}")
    assert response.status_code == 200, response.text


async def test_a_stolen_link_links_nothing_that_the_product_does_not_confirm(
    confirming: Running, visit: Start, keep_image: Keep
) -> None:
    hub = confirming
    link = (await hub.session(provider="iterable"))["auth_link_url"]
    customer, thief = (await visit()).page, (await visit()).page
    await customer.goto(link)
    await thief.goto(link)

    await fill_in(thief, hub.us_key)
    await expect(thief.locator("[data-pending]")).to_be_visible()
    await keep_image(thief, "hub-pending")
    assert (await hub.api.get("/accounts")).json() == []
    await decide(hub, "refuse")

    await expect(thief.get_by_role("heading", name="Northwind did not confirm")).to_be_visible()
    await keep_image(thief, "hub-refused")
    assert (await hub.api.get("/accounts")).json() == []
    # The form that was open all the while hears of it with the next choice made in it.
    await customer.get_by_role("radio", name="United States").click()
    await expect(customer.get_by_role("heading", name="Northwind did not")).to_be_visible()


async def test_a_page_that_waits_says_when_the_link_was_confirmed(
    confirming: Running, visit: Start
) -> None:
    hub = confirming
    page = (await visit()).page
    await page.goto((await hub.session(provider="iterable"))["auth_link_url"])
    await fill_in(page, hub.us_key)
    await expect(page.locator("[data-pending]")).to_be_visible()

    await decide(hub, "confirm")

    await expect(page.get_by_role("heading", name="Iterable is connected")).to_be_visible()


async def test_a_product_hears_that_a_link_waits_and_then_that_it_is_there(
    confirming: Running, visit: Start
) -> None:
    hub = confirming
    async with product() as app:
        await hub.api.patch("/jackfield/project", json={"allowed_origins": [app.url]})
        app.body = element(hub.hub.public_url, (await hub.session(provider="iterable"))["token"])
        page = (await visit(beside=(app.url,))).page
        await page.goto(app.url)
        await inside(page).get_by_label("API Key", exact=True).fill(hub.us_key)
        await inside(page).get_by_role("radio", name="United States").check()
        await inside(page).get_by_role("button", name="Connect").click()
        await expect(inside(page).locator("[data-pending]")).to_be_visible()
        (link,) = (await hub.api.get("/jackfield/pending_links")).json()["data"]

        await decide(hub, "confirm")

        await expect(
            inside(page).get_by_role("heading", name="Iterable is connected")
        ).to_be_visible()
        (account,) = (await hub.api.get("/accounts")).json()
        assert await heard(page) == [
            ["ready", {}],
            ["pending", {"id": link["id"], "provider": "iterable"}],
            ["success", {"id": account["id"], "provider": "iterable"}],
        ]
