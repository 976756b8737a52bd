"""A product's page with StackOne's own `@stackone/hub` in it, as it is published."""

import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.conftest import Visit
from tests.browser.site import page, site
from tests.support.node import embedding_packages
from tests.support.running import Running

Start = Callable[..., Awaitable[Visit]]

_SCRIPT = "node_modules/@stackone/hub/dist/webcomponent.js"
_LISTEN = """<script>
  window.heard = [];
  for (const type of ["success", "close"])
    addEventListener(type, ({ detail }) => heard.push([type, detail]));
</script>"""


@dataclass(frozen=True, slots=True)
class Product:
    """A product's page with the component in it, served from `folder` at `url`."""

    hub: Running
    visit: Start
    folder: Path
    url: str

    async def open(
        self,
        token: str,
        *,
        account: str = "",
        is_noisy: bool = False,
        beside: str = "",
        script: str = "",
    ) -> Visit:
        """
        Open the page; the component complains in the console of what it is refused.

        Pages at `beside` may be asked, too; `script` runs before those of the page.
        """
        given = {"token": token, "base-url": self.hub.hub.public_url, "account-id": account}
        written = " ".join(f'{name}="{value}"' for name, value in given.items() if value)
        body = f'<stackone-hub {written}></stackone-hub><script src="hub.js"></script>'
        (self.folder / "index.html").write_text(page(_LISTEN + body))
        window = await self.visit(beside=(self.url, *filter(None, (beside,))))
        window.is_noisy = is_noisy
        await window.page.add_init_script(script)
        await window.page.goto(self.url)
        return window


@asynccontextmanager
async def published(hub: Running, visit: Start, folder: Path) -> AsyncGenerator[Product]:
    """Serve a product's page with the component from a new folder."""
    _fill(folder)
    async with site(folder) as url:
        yield Product(hub, visit, folder, url)


def _fill(folder: Path) -> None:
    folder.mkdir()
    shutil.copyfile(embedding_packages() / _SCRIPT, folder / "hub.js")
