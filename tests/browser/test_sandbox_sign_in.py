"""Signing in at the OAuth sandbox, on a phone, in the dark and without a script."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Browser, Page, expect

from jackfield.sandbox.oauth.authority import DEMO
from jackfield.sandbox.oauth.server import OAuthSandbox, serve

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

# Whatever reaches further to the right than the window.
_CUT_OFF = """() => [...document.querySelectorAll("main *")]
  .filter((each) => each.getBoundingClientRect().right > innerWidth).map((each) => each.outerHTML)"""


@pytest.fixture
async def oauth() -> AsyncGenerator[OAuthSandbox]:
    async with serve() as running:
        yield running


@pytest.fixture(params=["light", "dark"])
async def page(chromium: Browser, request: pytest.FixtureRequest) -> AsyncGenerator[Page]:
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme=request.param,
        java_script_enabled=False,
    )
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def callback() -> AsyncGenerator[str]:
    """Where a client takes the browser back."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nback")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/back"


@pytest.mark.parametrize(("button", "brought"), [("Allow", "code="), ("Deny", "access_denied")])
async def test_a_person_is_chosen_and_decides(
    oauth: OAuthSandbox, page: Page, callback: str, button: str, brought: str
) -> None:
    query = f"response_type=code&client_id={DEMO.id}&redirect_uri={callback}&state=s-1"
    await page.goto(f"{oauth.url}/authorize?{query}")
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Demo wants to use your account"
    )

    await page.get_by_role("radio", name="Kim Lee").check()
    await page.get_by_role("button", name=button).click()

    await expect(page.get_by_text("back")).to_be_visible()
    assert page.url.startswith(callback)
    assert brought in page.url
    assert "state=s-1" in page.url


async def test_a_device_is_let_in(oauth: OAuthSandbox, page: Page) -> None:
    await page.goto(f"{oauth.url}/device?user_code=WRONG")

    await page.get_by_role("button", name="Allow").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("No device has this code")


@pytest.mark.parametrize("path", ["/", "/device", "/authorize?response_type=code&client_id=demo-client&redirect_uri=http://localhost/"])  # fmt: skip
async def test_nothing_is_cut_off(oauth: OAuthSandbox, chromium: Browser, path: str) -> None:
    oauth.grant(oauth.add_client(behaviors=["token.json_body", "refresh.omits_token"]), "noor")
    page = await chromium.new_page(viewport={"width": 390, "height": 844})
    await page.goto(f"{oauth.url}{path}")

    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    assert await page.evaluate(_CUT_OFF) == []
