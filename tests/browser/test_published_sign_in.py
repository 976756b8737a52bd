"""Signing in at the provider from StackOne's own `@stackone/hub`, as it is published."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.browser.conftest import fernwood_at
from tests.browser.published import Start, published
from tests.support.running import Running

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.usefixtures("fernwood"),
]

Open = Callable[..., Awaitable[Page]]


@pytest.fixture
def rewrite(oauth: OAuthSandbox) -> Mapping[str, str]:
    return fernwood_at(oauth)


@pytest.fixture
async def form(
    hub: Running, visit: Start, oauth: OAuthSandbox, tmp_path: Path
) -> AsyncGenerator[Open]:
    """Return how to open a product's page with Fernwood's form in it, filled in."""
    async with published(hub, visit, tmp_path / "product") as product:

        async def opened(*, script: str = "") -> Page:
            token = (await hub.session(provider="fernwood"))["token"]
            window = await product.open(token, is_noisy=True, beside=oauth.url, script=script)
            await window.page.get_by_label("Subdomain").fill("acme")
            return window.page

        yield opened


async def connect(page: Page) -> Page:
    async with page.expect_popup() as opened:
        await page.get_by_role("button", name="Connect", exact=True).click()
    return await opened.value


async def test_account_is_linked_from_its_popup(hub: Running, form: Open) -> None:
    page = await form()
    popup = await connect(page)

    async with popup.expect_event("close"):
        await popup.get_by_role("button", name="Allow").click()

    await expect(page.get_by_text("Account successfully connected to Fernwood")).to_be_visible()
    (account,) = (await hub.api.get("/accounts")).json()
    assert account["status"] == "active"
    assert await page.evaluate("heard") == [
        ["success", {"id": account["id"], "provider": "fernwood"}]
    ]


async def test_who_denies_access_is_told_so(hub: Running, form: Open) -> None:
    page = await form()
    popup = await connect(page)

    await popup.get_by_role("button", name="Deny").click()

    await expect(page.get_by_text("access_denied")).to_be_visible()
    assert (await hub.api.get("/accounts")).json() == []
    assert await page.evaluate("heard") == []


async def test_cancelled_sign_in_shows_the_form_again(hub: Running, form: Open) -> None:
    page = await form()
    popup = await connect(page)
    await popup.close()

    await page.get_by_role("button", name="Cancel").click()

    await expect(page.get_by_label("Subdomain")).to_be_visible()
    assert (await hub.api.get("/accounts")).json() == []


async def test_blocked_popup_ends_the_attempt(form: Open) -> None:
    page = await form(script="window.open = () => null;")
    async with page.expect_request(
        lambda request: request.method == "DELETE" and "/hub/connection_attempts/" in request.url
    ):
        await page.get_by_role("button", name="Connect", exact=True).click()

    await expect(page.get_by_role("button", name="Connect", exact=True)).to_be_visible()
