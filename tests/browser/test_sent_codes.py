"""The page of a sign-in whose code the provider sends by itself, and of an account that stays suspended."""

import hmac
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from playwright.async_api import expect

from jackfield.sandbox.iterable.server import Sandbox
from tests.browser.axe_findings import found
from tests.browser.conftest import Visit
from tests.support.oakdale import SECRET, SENDS_CODES, about_code, oakdale
from tests.support.running import Running, serving_hub, write_connectors

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
PHONE = {"width": 390, "dark": True}


@pytest.fixture
async def hub(data_dir: Path, sandbox: Sandbox) -> AsyncGenerator[Running]:
    @asynccontextmanager
    async def serving(
        documents: Mapping[str, str], *, rewrite: Mapping[str, str]
    ) -> AsyncGenerator[Running]:
        connectors = write_connectors(data_dir.parent / "connectors", documents)
        async with serving_hub(
            sandbox, data_dir=data_dir, connectors=connectors, rewrite=rewrite
        ) as running:
            yield running

    async with oakdale(serving, SENDS_CODES) as (running, _):
        yield running


async def send_code(hub: Running, installation: str) -> None:
    (profile,) = (await hub.api.get("/connector_profiles?connector_key=oakdale")).json()["data"]
    body = about_code("the-code", installation)
    signature = hmac.digest(SECRET.encode(), body, "sha256").hex()
    async with httpx2.AsyncClient() as provider:
        sent = await provider.post(
            profile["code_webhook_uri"],
            content=body,
            headers={"oakdale-hook-signature": signature},
        )
    assert sent.status_code == 204


async def come_back_from_provider(hub: Running, opened: Visit, installation: str) -> None:
    """Fill in the form, go to the provider, and come back with an installation."""
    page = opened.page
    # The provider has no page of its own here: the browser says so.
    opened.is_noisy = True
    async with page.expect_request(lambda asked: "/authorize?" in asked.url) as left:
        await page.locator("form.fields button.primary").click()
    (state,) = parse_qs(urlsplit((await left.value).url).query)["state"]
    # Where the browser still goes while it is sent elsewhere, it may go on in spite of it.
    await page.wait_for_url(lambda url: "/authorize?" in url)
    callback = f"{hub.hub.public_url}/connect/oauth2/oakdale/callback"
    await page.goto(f"{callback}?installation={installation}&state={state}")


async def test_page_waits_for_the_code_and_goes_on_by_itself(
    hub: Running, visit: Start, axe: str, keep_image: Callable[..., Awaitable[None]]
) -> None:
    session = await hub.session(provider="oakdale")
    opened = await visit(
        **PHONE, beside=(hub.hub.rewrites.targets["https://login.oakdale.example"],)
    )
    page = opened.page
    await page.goto(session["auth_link_url"])
    await come_back_from_provider(hub, opened, "i-1")

    await expect(page.get_by_role("heading", name="Waiting for Oakdale", level=1)).to_be_visible()
    assert await found(page, axe) == []
    await keep_image(page, "hub-waiting-phone-dark")
    await send_code(hub, "i-1")

    await expect(page.get_by_role("heading", name="Oakdale is connected")).to_be_visible()


async def test_account_that_is_suspended_says_so_when_it_is_linked_again(
    hub: Running, visit: Start, axe: str, keep_image: Callable[..., Awaitable[None]]
) -> None:
    account = await hub.link()
    suspended = await hub.api.post(f"/jackfield/accounts/{account}/suspend")
    assert suspended.status_code == 200, suspended.text
    session = await hub.session(provider="iterable", account_id=account)
    page = (await visit(**PHONE)).page
    await page.goto(session["auth_link_url"])
    await page.get_by_role("textbox", name="API Key").fill(hub.us_key)
    await page.locator("form.fields button.primary").click()

    await expect(page.get_by_text("This connection is suspended by")).to_be_visible()
    assert await found(page, axe) == []
    await keep_image(page, "hub-suspended-phone-dark")
    status: dict[str, Any] = (await hub.api.get(f"/accounts/{account}")).json()
    assert status["status"] == "suspended"
