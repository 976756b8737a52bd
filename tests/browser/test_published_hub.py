"""StackOne's own `@stackone/hub`, as it is published, in front of this hub."""

import json
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import page, site
from tests.support.node import installed
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]

_SCRIPT = "node_modules/@stackone/hub/dist/webcomponent.js"
_LISTEN = """<script>
  window.heard = [];
  for (const type of ["success", "close"])
    addEventListener(type, ({ detail }) => heard.push([type, detail]));
</script>"""


@dataclass
class Product:
    """A product's page with the component in it, served from `folder` at `url`."""

    hub: Running
    visit: Start
    folder: Path
    url: str

    async def open(self, token: str, **attributes: str) -> Page:
        given = {"token": token, "base-url": self.hub.hub.public_url, **attributes}
        written = " ".join(f'{name}="{value}"' for name, value in given.items())
        body = f'<stackone-hub {written}></stackone-hub><script src="hub.js"></script>'
        (self.folder / "index.html").write_text(page(_LISTEN + body))
        opened = (await self.visit(beside=(self.url,))).page
        await opened.goto(self.url)
        return opened


@pytest.fixture
async def product(hub: Running, visit: Start, tmp_path: Path) -> AsyncGenerator[Product]:
    folder = tmp_path / "product"
    folder.mkdir()
    kept = installed(Path(__file__).parent / "node", name="embedding")
    shutil.copyfile(kept / _SCRIPT, folder / "hub.js")
    async with site(folder) as url:
        yield Product(hub, visit, folder, url)


async def test_list(hub: Running, product: Product) -> None:
    session = await hub.session()
    p = await product.open(session["token"])
    await p.wait_for_timeout(2500)
    print(await p.locator("body").aria_snapshot())
    session = await hub.session(provider="iterable")
    p = await product.open(session["token"])
    await p.wait_for_timeout(2500)
    print(await p.locator("body").aria_snapshot())
    print(await p.locator("stackone-hub").inner_html())
    await p.screenshot(path="/tmp/hubnode/form.png")
