"""The documentation in a browser: served, and as a folder of files."""

import http.server
import threading
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from jackfield.ui.docs import static_build
from jackfield.ui.docs.manual import manual
from tests.browser.axe_findings import found_in_each_mode
from tests.browser.conftest import Visit
from tests.support.running import Running, own_catalog
from tools.static_docs import api_document

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
# Of each template one that is short: what axe looks at is what its page is long.
KINDS = ("concepts", "linking", "connectors/fernwood")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "some" / "path"
    static_build.write(folder, api_document(), own_catalog().connectors())
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        pass


@pytest.fixture
def site(built: Path) -> Generator[str]:
    """Serve the build below a path by a server that knows nothing of it."""
    handler = partial(Quiet, directory=str(built.parents[1]))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/some/path"
        server.shutdown()
        thread.join()


async def search(page: Page, words: str) -> None:
    """Search by the keyboard alone, and open the first page that is found."""
    await page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search the documentation")
    await expect(field).to_be_focused()
    await page.keyboard.type(words)
    await expect(page.get_by_role("option").first).to_be_visible()
    await expect(field).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("ArrowDown")
    await expect(field).to_have_attribute("aria-activedescendant", "found-0")
    await expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")


async def test_a_page_is_found_by_the_beginning_of_its_words(hub: Running, visit: Start) -> None:
    page = (await visit()).page
    await page.goto(f"{hub.hub.public_url}/docs")

    await search(page, "keyring los")

    await page.wait_for_url("**/docs/operating/backup#the-keyring-is-lost")
    await expect(page.get_by_role("heading", name="The keyring is lost")).to_be_in_viewport()


async def test_a_setting_an_error_and_an_action_are_found_where_they_are_explained(
    hub: Running, visit: Start
) -> None:
    page = (await visit()).page
    await page.goto(f"{hub.hub.public_url}/docs/concepts")
    for words, address in (
        ("jackfield_rate_limit", "reference/settings"),
        ("idempotency_mismatch", "reference/errors"),
        ("iterable_list_channels", "connectors/iterable#iterable_list_channels"),
    ):
        await search(page, words)

        await page.wait_for_url(f"**/docs/{address}")


async def test_what_is_not_found_is_said_and_esc_closes(hub: Running, visit: Start) -> None:
    page = (await visit()).page
    await page.goto(f"{hub.hub.public_url}/docs/webhooks")
    await page.keyboard.press("/")
    await page.keyboard.type("xyzzy")

    await expect(page.get_by_text("Nothing found.")).to_be_visible()
    await page.keyboard.press("Escape")

    await expect(page.get_by_text("Nothing found.")).to_be_hidden()


async def test_pages_and_their_search_can_be_used_by_anybody(
    hub: Running, visit: Start, axe: str
) -> None:
    page = (await visit()).page
    for path in KINDS:
        await page.goto(f"{hub.hub.public_url}/docs/{path}")
        assert await found_in_each_mode(page, axe) == [], path
    await page.keyboard.press("/")
    await page.keyboard.type("backup")
    await expect(page.get_by_role("option").first).to_be_visible()
    await page.keyboard.press("ArrowDown")

    assert await found_in_each_mode(page, axe) == []


async def test_no_page_is_wider_than_a_phone(hub: Running, visit: Start) -> None:
    page = (await visit(width=390)).page
    wide: list[str] = []
    for each in manual().pages:
        if each.is_listed:
            await page.goto(f"{hub.hub.public_url}/docs/{each.path}")
            if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(each.path)

    assert wide == []


async def test_code_is_shown_in_one_language_and_copied_in_it(hub: Running, visit: Start) -> None:
    window = await visit()
    await window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = window.page
    await page.goto(f"{hub.hub.public_url}/docs/linking")
    block = page.locator("figure.code").first

    await block.get_by_role("radio", name="curl").focus()
    await page.keyboard.press("ArrowRight")
    await expect(block.get_by_role("radio", name="Python")).to_be_checked()
    await expect(block.locator("pre:visible")).to_have_count(1)
    await block.get_by_role("button", name="Copy code").click()

    await expect(page.get_by_text("Copied")).to_be_attached()
    assert "from jackfield.client import Hub" in await page.evaluate(
        "navigator.clipboard.readText()"
    )


async def test_a_phone_reaches_pages_and_search_by_the_menu(hub: Running, visit: Start) -> None:
    page = (await visit(width=390)).page
    await page.goto(f"{hub.hub.public_url}/docs/concepts")
    await page.get_by_role("button", name="Menu").click()
    await page.get_by_role("combobox").fill("dashboard")
    await page.get_by_role("option").first.click()

    await page.wait_for_url("**/docs/dashboard*")


async def test_a_folder_of_files_is_read_and_searched_without_a_server(
    visit: Start, built: Path
) -> None:
    page = (await visit(beside=("file://",))).page
    await page.goto((built / "index.html").as_uri())
    await page.get_by_role("link", name="Backup").first.click()
    await expect(page.get_by_role("heading", name="Backup", level=1)).to_be_visible()

    await search(page, "iterable_list_channels")

    await page.wait_for_url("**/connectors/iterable.html#iterable_list_channels")


async def test_any_web_server_shows_it_below_any_path(visit: Start, site: str) -> None:
    page = (await visit(beside=(site,))).page
    await page.goto(f"{site}/operating/proxy.html")

    await search(page, "several processes")

    await page.wait_for_url(f"{site}/operating/production.html#several-processes")
    await expect(page.get_by_role("heading", name="Several processes")).to_be_in_viewport()


async def test_without_scripts_everything_can_be_read(hub: Running, visit: Start) -> None:
    page = (await visit(scripts=False)).page
    await page.goto(f"{hub.hub.public_url}/docs/quick-start")
    await page.get_by_role("link", name="Next").click()

    await expect(page.get_by_role("heading", name="Concepts", level=1)).to_be_visible()
    await expect(page.get_by_role("combobox")).to_have_count(0)
