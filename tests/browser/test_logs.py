"""The Logs pages in a browser: for anybody, by keyboard, and as runs come."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from jackfield.projects import service as projects
from tests.browser.axe_findings import found_in_each_mode
from tests.browser.conftest import Visit
from tests.support.actor import TESTER
from tests.support.logged_runs import REFUSED, log_runs
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]


async def open_logs(hub: Running, page: Page, query: str = "") -> None:
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    await page.goto(f"{hub.hub.public_url}/dashboard/logs{query}")


async def log(hub: Running, *runs: dict[str, object]) -> list[str]:
    return [*await log_runs(hub, *runs, until=hub.hub.clock())]


async def test_the_logs_can_be_used_by_anybody(hub: Running, visit: Start, axe: str) -> None:
    await log(hub, {**REFUSED, "action_id": "iterable_send_email"}, {"duration_ms": 1420}, {})
    page = (await visit()).page

    for query in ("?q=since:1h+-code:none", "?q=state:ok", "?q=status:429"):
        await open_logs(hub, page, query)
        assert await found_in_each_mode(page, axe) == []


async def test_runs_appear_as_they_come_and_wait_while_the_rows_are_read(
    hub: Running, visit: Start
) -> None:
    page = (await visit()).page
    await open_logs(hub, page, "?q=status:ok")
    await expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "true")
    rows = page.locator("tbody tr")

    await log(hub, {}, REFUSED)
    await expect(rows).to_have_count(1)
    await rows.first.hover()
    await log(hub, {}, {})
    await expect(page.get_by_role("button", name="2 new")).to_be_visible()
    assert await rows.count() == 1
    await page.get_by_role("button", name="2 new").click()

    await expect(rows).to_have_count(3)


async def test_a_query_is_typed_and_rows_are_reached_by_keys_alone(
    hub: Running, visit: Start
) -> None:
    await log(hub, REFUSED, {}, {})
    page = (await visit()).page
    await open_logs(hub, page)
    await page.keyboard.press("/")
    await page.keyboard.type("status:ok")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**status*")
    await expect(page.locator("tbody tr")).to_have_count(2)

    await page.keyboard.press("j")
    await expect(page.locator("tbody tr a").first).to_be_focused()
    await page.keyboard.press("j")

    await expect(page.locator("tbody tr a").last).to_be_focused()


async def test_the_logs_work_without_scripts(hub: Running, visit: Start) -> None:
    await log(hub, REFUSED, {})
    page = (await visit(scripts=False)).page
    await open_logs(hub, page)

    await page.get_by_label("Filter", exact=True).fill("status:failed")
    await page.get_by_label("Filter", exact=True).press("Enter")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.get_by_role("link", name="Remove status failed").click()

    await expect(page.locator("tbody tr")).to_have_count(2)
    await expect(page.get_by_role("button", name="Live")).to_be_hidden()


async def test_a_run_can_be_read_and_run_again_by_anybody(
    hub: Running, visit: Start, axe: str
) -> None:
    await hub.api.patch("/jackfield/project", json={"advanced_logs": True})
    account = await hub.link()
    await hub.run(account, "iterable_get_list_size", path={"listId": 999_999})
    await hub.hub.write_buffer.flush()
    page = (await visit()).page
    await open_logs(hub, page)
    await page.get_by_role("link", name="iterable_get_list_size").click()
    await expect(page.get_by_text("What helps:")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_role("button", name="Run again").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []
    await page.get_by_role("button", name="Yes, run again").click()

    await expect(page.get_by_text("Dashboard", exact=True)).to_be_visible()


async def test_j_and_k_lead_from_run_to_run_and_the_address_is_copied(
    hub: Running, visit: Start
) -> None:
    older, newer = await log(hub, {}, {})
    window = await visit()
    page = window.page
    await window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await open_logs(hub, page)
    await page.locator("tbody tr a").first.click()
    await expect(page.locator("#run-id")).to_have_text(newer)

    await page.keyboard.press("j")
    await expect(page.locator("#run-id")).to_have_text(older)
    await page.get_by_role("button", name="Copy link").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    await page.keyboard.press("k")

    await expect(page.locator("#run-id")).to_have_text(newer)
    assert copied == f"{hub.hub.public_url}/dashboard/logs/{older}"
