"""The Explorer in a browser: by the keyboard alone, for anybody, and without scripts."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from jackfield.projects import service as projects
from tests.browser.axe_findings import found_in_each_mode
from tests.browser.conftest import EVERYTHING_OPEN, Visit
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
SUBSCRIBE = "iterable_subscribe_users_to_list"
CREATE = "iterable_create_list"
LISTS = "iterable_list_lists"


async def sign_in(hub: Running, page: Page) -> None:
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()


async def open_explorer(hub: Running, page: Page, query: str) -> None:
    await sign_in(hub, page)
    await page.goto(f"{hub.hub.public_url}/dashboard/explorer?{query}")


async def sent(hub: Running) -> int:
    await hub.hub.write_buffer.flush()
    return len((await hub.api.get("/jackfield/logs")).json()["data"])


async def test_a_write_is_found_filled_in_asked_about_and_made_by_keys_alone(
    hub: Running, visit: Start
) -> None:
    await hub.link()
    await hub.link(origin_owner_id="lumen", origin_owner_name="Lumen Labs")
    page = (await visit()).page
    keys = page.keyboard
    await sign_in(hub, page)

    await keys.press("g")
    await keys.press("e")
    await expect(page.get_by_label("Customer, label or id")).to_be_focused()
    await keys.type("lumen")
    rows = page.get_by_role("table", name="Accounts").locator("tbody tr")
    await expect(rows).to_have_count(1)
    await expect(page.locator("#found-accounts-said")).to_have_text("1 found")
    await keys.press("Tab")
    await keys.press("Tab")
    await expect(rows.get_by_role("link")).to_be_focused()
    await keys.press("Enter")
    await expect(page.get_by_label("What it is to do")).to_be_focused()
    await keys.type("create a list")
    await keys.press("Enter")
    await page.wait_for_url("**q=create*")
    await keys.press("Tab")
    await keys.press("Tab")
    await expect(page.get_by_role("link", name="Create a list")).to_be_focused()
    await keys.press("Enter")

    name = page.get_by_label("name", exact=True)
    await name.focus()
    await keys.type("Made by keys")
    await keys.press("Control+Enter")
    question = page.get_by_role("heading", name="Write with the production account of Lumen Labs?")
    await expect(question).to_be_focused()
    await expect(page.locator("#request-1")).to_contain_text("Made by keys")
    assert await sent(hub) == 0
    await keys.press("Tab")
    await expect(page.get_by_role("button", name="Yes, do it")).to_be_focused()
    await keys.press("Enter")

    await expect(page.get_by_role("heading", name="Result")).to_be_focused()
    assert await sent(hub) == 1
    await page.get_by_role("tree").get_by_role("treeitem").first.focus()
    await keys.press("ArrowDown")
    await expect(page.get_by_role("treeitem", name='"data"')).to_be_focused()
    await keys.press("ArrowLeft")
    await expect(page.get_by_role("treeitem", name='"listId"')).to_have_count(0)
    await keys.press("ArrowRight")
    await expect(page.get_by_role("treeitem", name='"listId"')).to_have_count(1)


async def test_the_explorer_can_be_used_by_anybody(hub: Running, visit: Start, axe: str) -> None:
    account = await hub.link()
    page = (await visit()).page

    async def look() -> None:
        await page.evaluate(EVERYTHING_OPEN)
        assert await found_in_each_mode(page, axe) == []

    await open_explorer(hub, page, f"account={account}&action={SUBSCRIBE}")
    await look()
    await page.get_by_label("listId").fill("many")
    await page.get_by_role("button", name="Dry run").click()
    await expect(page.get_by_label("listId")).to_have_attribute("aria-invalid", "true")
    await look()
    await page.get_by_label("listId").fill("1")
    await page.get_by_label("email").fill("ada@example.com")
    await page.get_by_role("button", name="Run…").click()
    await expect(page.get_by_role("button", name="Yes, do it")).to_be_visible()
    await look()
    await page.get_by_role("button", name="JSON", exact=True).click()
    await expect(page.get_by_label("Inputs by name, as JSON")).to_be_visible()
    await look()
    await open_explorer(hub, page, f"account={account}&action={LISTS}")
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(page.get_by_role("tree")).to_be_visible()
    await page.get_by_label("Search in the result").fill("name")
    await look()


async def test_a_result_is_searched_and_no_number_of_it_or_of_the_form_is_rounded(
    hub: Running, visit: Start
) -> None:
    account = await hub.link()
    page = (await visit()).page
    await open_explorer(hub, page, f"account={account}&action={SUBSCRIBE}")
    big = "12345678901234567890"

    await page.get_by_label("listId").fill(big)
    await page.get_by_label("email").fill("ada@example.com")
    await page.get_by_role("button", name="Dry run").click()
    await expect(page.locator("#request-1")).to_contain_text(f'"listId": {big}')
    await expect(page.locator("#code-1")).to_contain_text(big)
    await open_explorer(hub, page, f"account={account}&action={LISTS}")
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(page.get_by_role("tree")).to_be_visible()
    before = await page.locator("#result").text_content()
    await page.get_by_label("Search in the result").fill("NAME")

    await expect(page.locator(".json-search [role=status]")).to_contain_text("1 of")
    assert await page.locator("#result").text_content() == before
    assert await page.locator(".line.found").count() > 0


async def test_rows_are_added_in_place_and_the_code_follows_what_is_typed(
    hub: Running, visit: Start
) -> None:
    account = await hub.link()
    page = (await visit()).page
    await open_explorer(hub, page, f"account={account}&action={SUBSCRIBE}")
    await page.get_by_label("listId").fill("7")
    await page.get_by_label("email").fill("ada@example.com")

    await page.get_by_role("button", name="One more of subscribers").click()
    await expect(page.get_by_label("dataFields").nth(1)).to_be_focused()
    await page.get_by_label("email").nth(1).fill("bob@example.com")
    await page.get_by_label("email").nth(1).press("Tab")

    await expect(page.locator("#code-1")).to_contain_text("bob@example.com")
    await expect(page.get_by_label("email").first).to_have_value("ada@example.com")
    assert page.url.endswith(f"action={SUBSCRIBE}")
    await page.locator("#code label", has_text="MCP").click()
    await expect(page.locator("#code-6")).to_be_visible()
    await expect(page.locator("#code-1")).to_be_hidden()
    await expect(page.get_by_role("button", name="Copy MCP code")).to_be_visible()


async def test_a_secret_that_was_typed_stays_in_its_field_between_presses(
    hub: Running, visit: Start
) -> None:
    account = await hub.link()
    page = (await visit()).page
    await open_explorer(hub, page, f"account={account}&action=iterable_disable_device")
    await page.get_by_label("token", exact=True).fill("s3cr3t")
    await page.get_by_label("email", exact=True).fill("ada@example.com")

    await page.get_by_role("button", name="Run…").click()
    await expect(page.get_by_role("button", name="Yes, do it")).to_be_visible()

    await expect(page.get_by_label("token", exact=True)).to_have_value("s3cr3t")
    assert "s3cr3t" not in page.url


async def test_the_explorer_works_without_scripts(hub: Running, visit: Start) -> None:
    account = await hub.link()
    page = (await visit(scripts=False)).page
    await open_explorer(hub, page, "")

    await page.get_by_label("Customer, label or id").fill("acme")
    await page.get_by_role("button", name="Find").click()
    await page.get_by_role("table", name="Accounts").get_by_role("link").click()
    await page.get_by_label("What it is to do").fill("create list")
    await page.get_by_role("button", name="Find").click()
    await page.get_by_role("link", name="Create a list").click()
    await page.get_by_label("name", exact=True).fill("Without scripts")
    await page.get_by_role("button", name="Run…").click()
    await page.get_by_role("button", name="Yes, do it").click()

    await expect(page.locator("#result")).to_contain_text('"listId"')
    assert account in page.url
    await page.get_by_text("Save this call").click()
    await page.get_by_label("Name", exact=True).fill("VIPs")
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.wait_for_url("**saved=*")
    await expect(page.get_by_label("name", exact=True).first).to_have_value("Without scripts")
