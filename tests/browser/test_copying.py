"""Copying what a page shows, by the button beside it."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import expect

from jackfield.projects import service as projects
from tests.browser.conftest import Visit, holds
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]


async def test_an_accounts_id_is_copied_and_the_button_says_so_for_a_while(
    hub: Running, visit: Start
) -> None:
    window = await visit()
    page, account = window.page, await hub.link()
    await window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.clock.install()
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    await page.goto(f"{hub.hub.public_url}/dashboard/accounts/{account}")

    await page.get_by_role("button", name="Copy account id").click()

    await expect(page.get_by_role("status")).to_have_text("account id copied")
    assert await page.evaluate("navigator.clipboard.readText()") == account
    await page.clock.fast_forward(3000)
    await expect(page.get_by_role("status")).to_have_count(0)


async def test_what_a_page_without_tls_may_not_copy_is_selected_to_be_copied(
    hub: Running, visit: Start
) -> None:
    page, account = (await visit()).page, await hub.link()
    await page.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined })"
    )
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    await page.goto(f"{hub.hub.public_url}/dashboard/accounts/{account}")

    await page.get_by_role("button", name="Copy account id").click()

    await holds(page, f"String(getSelection()) === '{account}'")
    await expect(page.get_by_role("status")).to_have_count(0)
