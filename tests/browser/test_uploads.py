"""A connector of one's own in a browser: uploaded, mended, published, used, and rolled back."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from jackfield.projects import service as projects
from tests.browser.axe_findings import found
from tests.browser.conftest import Visit
from tests.support.actor import TESTER
from tests.support.running import Running
from tests.support.scripted import ScriptedServer, reply, scripted
from tests.support.uploads import CASES, MAIN, document

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
# From wall to wall: nothing of a page is cut off, or scrolls sideways.
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
async def provider() -> AsyncGenerator[ScriptedServer]:
    async with scripted(reply('{"data": [{"id": "one"}]}')) as running:
        yield running


@pytest.fixture
def rewrite(provider: ScriptedServer) -> Mapping[str, str]:
    return {"https://api.acme.example": provider.url}


@pytest.fixture(params=[(1280, False), (390, True)], ids=["wide by day", "narrow by night"])
async def page(hub: Running, visit: Start, request: pytest.FixtureRequest) -> AsyncGenerator[Page]:
    width, dark = request.param
    yield (await visit(width=width, dark=dark)).page
    hub.hub.catalog.use_published([], {})


async def fine(page: Page, axe: str) -> None:
    assert await found(page, axe) == []
    assert await page.evaluate(FITS)


async def test_a_connector_is_uploaded_mended_published_used_and_rolled_back(
    hub: Running, page: Page, axe: str, tmp_path: Path, provider: ScriptedServer
) -> None:
    faulty = tmp_path / MAIN
    faulty.write_text(document(**{"effects: [read]": "effect: [read]"}))
    cases = tmp_path / "things.yaml"
    cases.write_text(CASES)
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    await page.goto(f"{hub.hub.public_url}/dashboard/connectors")
    await page.get_by_role("link", name="Your own").click()
    await expect(page.get_by_role("heading", name="No connector of your own yet")).to_be_visible()
    await fine(page, axe)

    await page.get_by_label("Files, or a zip of the folder").set_input_files(faulty)
    await page.get_by_label("Cases").set_input_files(cases)
    await page.get_by_role("button", name="Upload and check").click()
    await expect(page.get_by_role("heading", name="1 fault")).to_be_visible()
    await expect(page.locator("mark")).to_have_text("effect: [read]")
    await fine(page, axe)

    text = page.get_by_label(MAIN)
    await text.fill((await text.input_value()).replace("effect: [read]", "effects: [read]"))
    await page.get_by_role("button", name="Check again").click()
    await expect(page.get_by_role("heading", name="Nothing is wrong with it")).to_be_visible()
    await page.get_by_role("button", name="Run the cases").click()
    await expect(page.get_by_role("status")).to_contain_text("0 of 1 failed")
    await fine(page, axe)

    await page.get_by_role("button", name="Publish 1.0.0").click()
    await expect(page.get_by_text("Runs", exact=True).first).to_be_visible()
    account = await hub.link_to("acme", {"token": "secret-1"})
    ran = await hub.run(account, "acme_list_things")
    assert ran.json()["data"] == [{"id": "one"}]
    assert provider.seen[-1].headers["authorization"] == "Bearer secret-1"

    newer = tmp_path / "newer" / MAIN
    newer.parent.mkdir()
    newer.write_text(document("2.0.0", list_things="find_things"))
    await page.get_by_role("link", name="Your own").click()
    await page.get_by_label("Files, or a zip of the folder").set_input_files(newer)
    await page.get_by_role("button", name="Upload and check").click()
    await expect(page.get_by_role("heading", name="From 1.0.0 to 2.0.0")).to_be_visible()
    await expect(page.get_by_text("Breaks something")).to_be_visible()
    await fine(page, axe)
    await page.get_by_role("button", name="Publish 2.0.0").click()
    await expect(page.get_by_role("button", name="Roll back to 1.0.0")).to_be_visible()
    assert (await hub.run(account, "acme_list_things")).status_code == 404

    await page.get_by_role("button", name="Roll back to 1.0.0").click()
    await expect(page.get_by_role("heading", name="Versions")).to_be_visible()
    await expect(page.get_by_role("button", name="Roll back to 2.0.0")).to_be_visible()
    assert (await hub.run(account, "acme_list_things")).status_code == 200
    await page.get_by_role("link", name="Its profiles").click()
    await fine(page, axe)
