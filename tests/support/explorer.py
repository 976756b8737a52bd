"""The form of the Explorer, as a browser without scripts fills it in and posts it."""

import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx2

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)"[^>]*? value="([^"]*)">')
PATH = "/dashboard/explorer"


class ExplorerForm:
    """The page of a call, and its form as it was last shown."""

    def __init__(self, browser: httpx2.AsyncClient, **chosen: str) -> None:
        self._browser = browser
        self._address = f"{PATH}?{urlencode(chosen)}"
        self.text = ""
        self.status = 0
        self.location = ""

    async def open(self, more: str = "") -> str:
        response = await self._browser.get(self._address + more)
        self.status, self.text = response.status_code, response.text
        return self.text

    async def press(self, verb: str, inputs: Mapping[str, Any] | None = None, **more: str) -> str:
        """Press a button, with inputs by the names of their controls; hidden fields are sent too."""
        if not self.text:
            await self.open()
        fields: dict[str, Any] = dict(self.hidden)
        fields |= {f"in.{name}": value for name, value in (inputs or {}).items()}
        fields |= {"do": verb, **more}
        content = urlencode(fields, doseq=True)
        response = await self._browser.post(
            self._address,
            content=content,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        self.status, self.text = response.status_code, response.text
        self.location = response.headers.get("location", "")
        return self.plain

    @property
    def hidden(self) -> dict[str, str]:
        return {name: html.unescape(value) for name, value in _HIDDEN.findall(self.text)}

    @property
    def plain(self) -> str:
        return html.unescape(re.sub(r"<[^>]+>", "", self.text))

    def element(self, id_: str) -> str:
        """Return the text of a `pre` by its id."""
        found = re.search(rf'<pre[^>]*id="{re.escape(id_)}"[^>]*>(.*?)</pre>', self.text, re.DOTALL)
        assert found is not None, self.plain
        return html.unescape(re.sub(r"<[^>]+>", "", found[1]))
