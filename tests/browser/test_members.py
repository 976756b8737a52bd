"""Members, in a browser: invites, second factors and projects."""

import re
from collections.abc import Awaitable, Callable

import pyotp
import pytest
from playwright.async_api import Page, expect

from jackfield.members.models import Role
from jackfield.projects import service as projects
from tests.browser.axe_findings import NARROW, found_in_each_mode
from tests.browser.conftest import Visit
from tests.support.actor import TESTER
from tests.support.members import PASSWORD, member, with_password
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]


async def enter(page: Page, hub: Running, email: str) -> None:
    await page.goto(f"{hub.hub.public_url}/dashboard")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()


async def test_a_person_is_invited_joins_and_sets_up_a_second_factor(
    hub: Running, visit: Start, axe: str
) -> None:
    window = await visit()
    # A page of the dashboard says 401 to a stranger.
    window.is_noisy = True
    page = window.page
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    await page.goto(f"{hub.hub.public_url}/dashboard/members")
    await expect(page.get_by_role("heading", name="No member yet")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_label("E-mail address").fill("ada@example.com")
    await page.get_by_role("radio", name="Owner everything").check()
    await page.get_by_role("button", name="Make an invite").click()
    link = await page.get_by_label("Link of the invite").input_value()
    assert await found_in_each_mode(page, axe) == []

    await page.context.clear_cookies()
    await page.goto(link)
    assert await found_in_each_mode(page, axe) == []
    await page.get_by_label("Your name").fill("Ada Byron")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Join").click()
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()

    await page.goto(f"{hub.hub.public_url}/dashboard/me")
    assert await found_in_each_mode(page, axe) == []
    await page.locator("#factor-password").fill(PASSWORD)
    await page.get_by_role("button", name="Set up a second factor").click()
    secret = await page.locator("#secret").inner_text()
    assert await page.get_by_alt_text("QR code").evaluate("img => img.naturalWidth") > 0
    assert await found_in_each_mode(page, axe) == []
    await page.get_by_label("The code that the app shows").fill(pyotp.TOTP(secret).now())
    await page.get_by_role("button", name="Turn on").click()
    await expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []
    code = (await page.locator("#codes li").first.inner_text()).strip()

    await page.context.clear_cookies()
    await enter(page, hub, "ada@example.com")
    await expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []
    await page.get_by_label("Code").fill(code)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()


async def test_members_and_projects_are_looked_after_with_the_keyboard(
    hub: Running, visit: Start, axe: str
) -> None:
    await with_password(hub, "olga@example.com", Role.OWNER)
    await member(hub, "adam@example.com", Role.ADMIN)
    await member(hub, "vera@example.com")
    acme = await projects.ensure_project(hub.hub, TESTER, "acme")
    await member(hub, "olga@example.com", Role.VIEWER, acme)
    window = await visit()
    window.is_noisy = True
    page = window.page
    await enter(page, hub, "olga@example.com")
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    await page.keyboard.press("g")
    await page.keyboard.press("m")
    await expect(page.get_by_role("heading", name="Members")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []
    row = page.get_by_role("row", name=re.compile("vera@example.com"))
    await row.get_by_role("combobox").select_option("admin")
    await row.get_by_role("button", name="Set").click()
    await expect(row.get_by_role("combobox")).to_have_value("admin")
    await row.get_by_text("Remove", exact=False).first.click()
    await row.get_by_role("button", name="Remove vera@example.com").click()
    await expect(row).to_have_count(0)

    await page.keyboard.press("g")
    await page.keyboard.press("p")
    await expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    assert await found_in_each_mode(page, axe) == []
    await page.get_by_role("button", name="Open acme").click()
    await expect(page.get_by_text("You are a viewer")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []
    await page.goto(f"{hub.hub.public_url}/dashboard/settings")
    await expect(page.get_by_role("button", name="Save look")).to_have_count(0)
    await page.locator(".project-menu summary").click()
    await page.locator(".project-menu").get_by_role("button", name="default").click()
    await expect(page.get_by_text("You are a viewer")).to_have_count(0)

    await page.set_viewport_size({"width": NARROW, "height": 900})
    await page.get_by_role("button", name="Menu").click()
    await page.locator(".project-menu summary").click()
    await page.locator(".project-menu").get_by_role("button", name="acme").click()
    await expect(page.get_by_text("You are a viewer")).to_be_visible()
