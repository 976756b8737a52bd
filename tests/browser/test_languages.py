"""Whether every language has room on a phone, on every page of the Hub."""

from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import EVERYTHING_OPEN, Visit
from tests.browser.product import Product, element, inside, product
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
PHONE = 390
# Whatever reaches further than the page, or holds more than it shows.
_CUT_OFF = """() => [...document.querySelectorAll("main *")]
  .filter((each) => each.checkVisibility() && !each.closest("svg, .sr"))
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5
    || (each.matches("a, button, label, summary, h1, h2, h3, p") && each.scrollWidth > each.clientWidth + 1
        && getComputedStyle(each).display !== "inline"))
  .map((each) => each.outerHTML.slice(0, 200))"""


async def expect_room(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE, page.url
    assert await page.evaluate(_CUT_OFF) == [], page.url


@pytest.fixture
async def app(hub: Running) -> AsyncGenerator[Product]:
    async with product() as served:
        await hub.api.patch("/jackfield/project", json={"allowed_origins": [served.url]})
        yield served


@pytest.mark.parametrize("language", ["de", "fr", "es", "ja"])
async def test_no_word_is_cut_off_on_a_phone(hub: Running, visit: Start, language: str) -> None:
    page = (await visit(width=PHONE, height=844, language=language)).page
    several = (await hub.session())["auth_link_url"]
    one = (await hub.session(provider="iterable"))["auth_link_url"]
    await page.goto(several)
    await expect_room(page)

    await page.goto(one)
    await expect_room(page)
    await page.evaluate(EVERYTHING_OPEN)
    await expect_room(page)
    await page.locator("form.fields button.primary").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect_room(page)

    await page.locator("[name=api_key]").fill(hub.us_key)
    await page.locator("[name=region][value=us]").check()
    await page.locator("form.fields button.primary").click()
    await expect(page.locator("[data-linked]")).to_be_visible()
    await expect_room(page)
    await page.goto(one)
    await expect_room(page)

    await page.goto((await hub.session(provider="iterable"))["auth_link_url"])
    await page.locator("[name=api_key]").fill(hub.eu_key)
    await page.locator("[name=region][value=eu]").check()
    await page.locator("form.fields button.primary").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect_room(page)
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    await page.locator("[name=_confirm_identity]").check()
    await page.locator("form.fields button.primary").click()
    await expect(page.locator("[data-pending]")).to_be_visible()
    await expect_room(page)


@pytest.mark.parametrize("language", ["de", "fr", "es", "ja"])
async def test_no_word_is_cut_off_in_a_frame_nor_on_a_guides_page(
    hub: Running, visit: Start, app: Product, language: str
) -> None:
    session = await hub.session(provider="iterable")
    app.body = element(hub.hub.public_url, session["token"], lang=language)
    page = (await visit(width=PHONE, height=844, beside=(app.url,), language=language)).page
    await page.goto(app.url)
    await expect(inside(page).locator("form.fields")).to_be_visible()
    shown = "document.documentElement.scrollWidth <= innerWidth"
    assert await page.frames[1].evaluate(shown)
    assert await page.frames[1].evaluate(_CUT_OFF) == []

    guide = "/docs/connectors/iterable/guides/link-account/api_key"
    await page.goto(f"{hub.hub.public_url}{guide}")

    await expect_room(page)
