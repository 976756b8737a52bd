"""The page of issues in a browser: for anybody, at any width, and with a text to copy."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from jackfield.kit.clock import system_clock
from jackfield.projects import service as projects
from jackfield.worker.issues import find_due
from tests.browser.axe_findings import found
from tests.browser.conftest import Visit
from tests.support.actor import TESTER
from tests.support.issues import run_of, write_log
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
# From wall to wall: nothing of a page is cut off, or scrolls sideways.
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture(params=[(1280, False), (390, True)], ids=["wide by day", "narrow by night"])
async def page(visit: Start, request: pytest.FixtureRequest) -> Page:
    width, dark = request.param
    return (await visit(width=width, dark=dark)).page


async def test_issues_can_be_read_mended_and_muted_by_anybody(
    hub: Running, page: Page, axe: str
) -> None:
    account_id = await hub.link(origin_owner_name="A name of many words, as customers have them")
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True
    await hub.run(account_id, "iterable_list_channels")
    await write_log(hub, run_of(account_id, system_clock()))
    # Not when the hub's own worker comes to it.
    await hub.hub.db.unscoped("update issue_readings set leased_until = :now")
    await find_due(hub.hub)
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()

    await page.goto(f"{hub.hub.public_url}/dashboard/issues")
    await expect(page.get_by_role("article")).to_have_count(2)
    assert await found(page, axe) == []
    assert await page.evaluate(FITS)

    await page.get_by_role("button", name="Make a reconnect link").click()
    text = page.get_by_label("To send to the customer")
    await expect(text).to_contain_text("Please connect it again")
    await expect(text).to_contain_text("/embedded/integrations?token=")
    await expect(page.get_by_role("button", name="Copy the text")).to_be_visible()
    assert await found(page, axe) == []
    assert await page.evaluate(FITS)

    await page.get_by_role("button", name="Mute for a week").click()
    await expect(page.get_by_role("button", name="Unmute")).to_be_visible()
    assert await found(page, axe) == []
