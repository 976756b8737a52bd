"""Signing in at the provider from the Hub inside a product: in a window of its own."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

import pytest
from playwright.async_api import Page, expect

from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.browser.axe_findings import found
from tests.browser.conftest import Visit, fernwood_at
from tests.browser.product import Product, element, heard, inside, product
from tests.support.running import Running

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.usefixtures("fernwood"),
    pytest.mark.slow,
]

Start = Callable[..., Awaitable[Visit]]
_BLOCKED = "window.open = () => null;"


@pytest.fixture
def rewrite(oauth: OAuthSandbox) -> Mapping[str, str]:
    return fernwood_at(oauth)


@pytest.fixture
async def app(hub: Running) -> AsyncGenerator[Product]:
    """Return a product whose origin may show the Hub."""
    async with product() as served:
        await hub.api.patch("/jackfield/project", json={"allowed_origins": [served.url]})
        yield served


@pytest.fixture
async def page(hub: Running, visit: Start, app: Product, oauth: OAuthSandbox) -> Page:
    """Return a product's page with the form of Fernwood in it, filled in."""
    session = await hub.session(provider="fernwood")
    app.body = element(hub.hub.public_url, session["token"])
    shown = (await visit(beside=(app.url, oauth.url))).page
    await shown.goto(app.url)
    await inside(shown).get_by_label("Subdomain").fill("acme")
    return shown


async def open_window(page: Page, button: str = "Continue to Fernwood") -> Page:
    async with page.context.expect_page() as opened:
        await inside(page).get_by_text(button, exact=True).click()
    return await opened.value


async def test_account_is_linked_from_a_window_that_closes_itself(
    hub: Running, page: Page, axe: str
) -> None:
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    window = await open_window(page)
    await expect(inside(page).get_by_role("heading", name="Sign in at Fernwood")).to_be_focused()
    assert await found(page.frames[1], axe) == []

    async with window.expect_event("close"):
        await window.get_by_role("button", name="Allow").click()

    await expect(inside(page).get_by_role("heading", name="Fernwood is connected")).to_be_focused()
    (account,) = (await hub.api.get("/accounts")).json()
    assert await heard(page, "success") == [
        ["success", {"id": account["id"], "provider": "fernwood"}]
    ]
    ours = [url for url in asked if url.startswith(hub.hub.public_url)]
    assert [url for url in ours if "acme" in url or "jf_ct_" in url] == []


async def test_who_denies_access_starts_over_in_the_frame(page: Page) -> None:
    window = await open_window(page)
    await window.get_by_role("button", name="Deny").click()
    await expect(inside(page).get_by_role("heading", name="Access was not allowed")).to_be_focused()

    await inside(page).get_by_role("link", name="Start over").click()
    await inside(page).get_by_label("Subdomain").fill("acme")
    window = await open_window(page)
    await window.get_by_role("button", name="Allow").click()

    await expect(inside(page).get_by_role("heading", name="Fernwood is connected")).to_be_focused()


async def test_closed_window_is_noticed_and_the_sign_in_can_be_cancelled(
    hub: Running, page: Page
) -> None:
    window = await open_window(page)
    await window.get_by_role("button", name="Allow").wait_for()
    address = window.url

    await window.close()

    await expect(inside(page).get_by_text("The window seems to be closed.")).to_be_visible()
    await inside(page).get_by_role("link", name="Cancel").click()
    await expect(inside(page).get_by_label("Subdomain")).to_be_visible()
    late = await page.context.new_page()
    await late.goto(address)
    await late.get_by_role("button", name="Allow").click()
    await expect(late.get_by_role("heading", name="You can close this window")).to_be_visible()
    assert (await hub.api.get("/accounts")).json() == []


async def test_window_that_is_blocked_is_opened_by_hand(
    hub: Running, visit: Start, app: Product, oauth: OAuthSandbox
) -> None:
    session = await hub.session(provider="fernwood")
    app.body = element(hub.hub.public_url, session["token"])
    page = (await visit(beside=(app.url, oauth.url))).page
    await page.add_init_script(_BLOCKED)
    await page.goto(app.url)
    await inside(page).get_by_label("Subdomain").fill("acme")
    await inside(page).get_by_role("button", name="Continue to Fernwood").click()
    await expect(inside(page).get_by_text("If no window has opened")).to_be_visible()

    window = await open_window(page)
    await expect(inside(page).get_by_text("If no window has opened")).to_be_hidden()
    await window.get_by_role("button", name="Allow").click()

    await expect(inside(page).get_by_role("heading", name="Fernwood is connected")).to_be_focused()


async def test_page_that_cuts_its_window_off_changes_nothing(hub: Running, page: Page) -> None:
    window = await open_window(page)
    await window.get_by_role("button", name="Allow").wait_for()
    address = window.url

    # As providers do, with `Cross-Origin-Opener-Policy`.
    await window.goto(f"{hub.hub.public_url}/docs")
    await expect(inside(page).get_by_text("If it is still open, go on there.")).to_be_visible()
    await window.goto(address)
    await window.get_by_role("button", name="Allow").click()

    await expect(inside(page).get_by_role("heading", name="Fernwood is connected")).to_be_focused()
