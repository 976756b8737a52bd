"""Every page of the dashboard when a project is at work: none is wider than its window."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.project_at_work import AtWork, fill
from tests.support.members import PASSWORD
from tests.support.running import Running
from tests.support.uploads import KEY

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
Keep = Callable[..., Awaitable[None]]
# Those that the documentation shows.
PICTURES = (
    "home",
    "linking",
    "accounts",
    "account",
    "link",
    "connectors",
    "connector",
    "upload",
    "explorer",
    "logs",
    "run",
    "issues",
    "webhooks",
    "endpoint",
    "keys",
    "members",
    "settings",
    "audit",
    "projects",
)
PHONE = ("home", "accounts", "explorer", "logs")
# What stands beyond the right edge, in the page or in a box that does not scroll.
CUT_OFF = """() => [...document.querySelectorAll("main *, nav *")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)
  .filter((one) => { for (let box = one.parentElement; box; box = box.parentElement)
                       if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(box).overflowX)
                           && box !== document.documentElement && box !== document.body) return false;
                     return true; })
  .map((one) => one.outerHTML.slice(0, 200))"""


def paths(work: AtWork) -> dict[str, str]:
    """Return the address of each page by the name of its picture."""
    return {
        "home": "/home",
        "accounts": "",
        "account": f"/accounts/{work.broken}",
        "account-well": f"/accounts/{work.account}",
        "link": "/link",
        "connectors": "/connectors",
        "connector": "/connectors/iterable",
        "upload": f"/connectors/upload/{KEY}/{work.draft}",
        "explorer": f"/explorer?account={work.account}&action=iterable_get_user_by_email",
        "logs": "/logs",
        "run": f"/logs/{work.run}",
        "requests": "/logs/requests",
        "issues": "/issues",
        "webhooks": "/webhooks",
        "endpoint": f"/webhooks/{work.endpoint}",
        "audit": "/audit",
        "members": "/members",
        "keys": "/keys",
        "settings": "/settings",
        "projects": "/projects",
        "linking": "/home/linking",
        "webhook-events": "/webhooks/events",
        "me": "/me",
    }


@pytest.mark.parametrize(
    ("width", "dark"), [(1280, False), (390, True)], ids=["wide by day", "narrow by night"]
)
async def test_no_page_of_a_project_at_work_is_wider_than_its_window(
    hub: Running, visit: Start, keep_image: Keep, width: int, *, dark: bool
) -> None:
    work = await fill(hub)
    page: Page = (await visit(width=width, height=844, dark=dark)).page
    await page.goto(f"{hub.hub.public_url}/dashboard")
    await page.get_by_label("E-mail address").fill("ada@northwind.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    kept = PHONE if dark else PICTURES
    wide: dict[str, list[str]] = {}
    for name, path in paths(work).items():
        await page.goto(f"{hub.hub.public_url}/dashboard{path}")
        if cut_off := await page.evaluate(CUT_OFF):
            wide[name] = cut_off
        if name in kept:
            # No hub with customers has it.
            await page.evaluate("document.querySelector('.strip[role=note]').remove()")
            await keep_image(page, f"dashboard-{name}{'-phone-dark' if dark else ''}", most=1000)

    assert wide == {}
