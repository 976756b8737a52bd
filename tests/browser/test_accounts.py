"""The Accounts page in a browser: with the keyboard, at any width, by day and by night."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from jackfield.accounts.jobs import service as jobs
from jackfield.projects import service as projects
from tests.browser.axe_findings import found
from tests.browser.conftest import Visit
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
# From wall to wall: nothing of a page is cut off, or scrolls sideways.
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture(params=[(1280, False), (390, True)], ids=["wide by day", "narrow by night"])
async def page(hub: Running, visit: Start, request: pytest.FixtureRequest) -> Page:
    width, dark = request.param
    page = (await visit(width=width, dark=dark)).page
    for name in ("Acme Incorporated of Somewhere", "Brightwater", "Cobalt"):
        await hub.link(origin_owner_id=name.lower(), origin_owner_name=name)
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    return page


async def sound(page: Page, axe: str) -> bool:
    assert await found(page, axe) == []
    return await page.evaluate(FITS)


async def test_accounts_are_found_filtered_and_kept_as_a_view(page: Page, axe: str) -> None:
    await page.get_by_text("Filters", exact=True).click()
    await page.get_by_role("checkbox", name="Active", exact=True).check()
    assert await sound(page, axe)
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("link", name="Remove Status active")).to_be_visible()

    await page.keyboard.press("/")
    await page.keyboard.type("bright")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Brightwater")).to_be_visible()
    await expect(page.get_by_role("link", name="Cobalt")).to_have_count(0)
    assert await sound(page, axe)

    await page.get_by_text("Save view").click()
    await page.get_by_label("Name, for all").fill("Bright ones")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("button", name="Delete view")).to_be_visible()
    await page.goto(f"{page.url.partition('?')[0]}?q=nobody")
    await expect(page.get_by_role("heading", name="No account matches")).to_be_visible()
    assert await sound(page, axe)


async def test_accounts_are_chosen_with_the_keyboard_and_suspended(
    hub: Running, page: Page, axe: str
) -> None:
    await expect(page.get_by_role("group", name="With the chosen accounts")).to_be_hidden()
    for key in ("j", "x", "j", "x"):
        await page.keyboard.press(key)
    await expect(page.get_by_text("2 chosen")).to_be_visible()
    assert await sound(page, axe)

    await page.get_by_role("button", name="Suspend").click()
    await expect(page.get_by_role("heading", name="Suspend: 2 accounts?")).to_be_visible()
    assert await sound(page, axe)
    await page.get_by_role("button", name="Suspend: 2 accounts").click()
    await jobs.work_off(hub.hub)
    await expect(page.get_by_role("heading", name="Done: 2 of 2")).to_be_visible()
    assert await sound(page, axe)
    await expect(page.get_by_role("cell", name="Done")).to_have_count(2)

    await page.get_by_role("link", name="With many").click()
    await expect(page.get_by_role("table", name="Jobs")).to_be_visible()
    assert await sound(page, axe)


async def test_a_deletion_of_all_that_were_found_asks_for_their_number(
    page: Page, axe: str
) -> None:
    await page.get_by_text("All 3").click()
    await page.get_by_role("button", name="Delete…").click()

    await expect(page.get_by_label("Type 3 to confirm")).to_be_visible()
    assert await sound(page, axe)
    await page.get_by_role("link", name="Cancel").click()
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()


async def test_the_palette_leads_to_an_account(page: Page, axe: str) -> None:
    await page.keyboard.press("Control+k")
    await page.keyboard.type("cobal")
    entry = page.get_by_role("link", name="Cobalt Iterable Account")
    await expect(entry).to_be_visible()
    assert await sound(page, axe)
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Cobalt")).to_be_visible()
    await expect(page.get_by_role("heading", name="History")).to_be_visible()
    assert await sound(page, axe)
