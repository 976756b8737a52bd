"""A hub below a path of nginx, with TLS, as the page about proxies says: a browser misses nothing."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from jackfield.sandbox.iterable.server import Sandbox
from tests.browser.test_accessibility import fill_in
from tests.browser.test_offline import Crawl
from tests.cli.test_operating import PREFIX, proxied
from tests.support.running import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def typed(data_dir: Path, *command: str, **settings: str) -> str:
    """Run one of our commands beside the hub, and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jackfield", *command),
        stdout=asyncio.subprocess.PIPE,
        env={
            **os.environ,  # noqa: TID251 - what a shell would pass on
            "JACKFIELD_DATA_DIR": str(data_dir),
            **settings,
        },
    )
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
    return out.decode().strip()


async def link_account(page: Page, address: str, key: str) -> None:
    """Link an account as a customer does."""
    await page.goto(address)
    await fill_in(page, key)
    await expect(page.get_by_text("connected", exact=False).first).to_be_visible()


async def test_every_page_works_in_a_browser_below_a_path_of_a_proxy_with_tls(
    chromium: Browser, sandbox: Sandbox, data_dir: Path, tmp_path: Path
) -> None:
    key = json.loads(await typed(data_dir, "keys", "create", "--name", "x", "--json"))["key"]
    folder = tmp_path / "proxy"
    folder.mkdir()
    async with proxied(folder, sandbox, data_dir) as (client, outside):
        base = f"{outside}{PREFIX}"
        link = await typed(data_dir, "doctor", "--sign-in-link", JACKFIELD_PUBLIC_URL=base)
        owner = {"origin_owner_id": "acme", "origin_owner_name": "Acme", "provider": "iterable"}
        session = await client.post(f"{PREFIX}/connect_sessions", auth=(key, ""), json=owner)
        # The authority is the test's own.
        window = await chromium.new_context(ignore_https_errors=True)
        page = await window.new_page()
        crawl = Crawl(page, base, below="/dashboard")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await link_account(
            page, session.json()["auth_link_url"], sandbox.us.api_keys["server_side"]
        )
        # What a page still loads when it is left may be on no other one.
        await page.wait_for_load_state("networkidle")
        await page.goto(link)
        await page.wait_for_load_state("networkidle")
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(f"{base}/dashboard")
        await page.wait_for_load_state("networkidle")
        await crawl.go(f"{base}/dashboard")
        for each in ("/docs", "/docs/api", "/docs/connectors/iterable"):
            await page.goto(base + each)
            await page.wait_for_load_state("networkidle")
        await window.close()

    assert link.startswith(f"{base}/")
    assert any("/dashboard/accounts/acc_" in each for each in crawl.pages), crawl.pages
    assert f"{base}/dashboard/logs" in crawl.pages
    assert crawl.wrong == []
    assert [each for each in asked if not each.startswith((f"{base}/", "data:", "blob:"))] == []
