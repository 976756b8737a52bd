"""A person's browser: it keeps cookies, and goes to a provider and back when an attack says so."""

import html
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2


@dataclass
class Person:
    """One browser of one person."""

    client: httpx2.AsyncClient
    url: str

    async def get(self, address: str, **given: Any) -> httpx2.Response:
        return await self.client.get(self._here(address), **given)

    async def post(self, address: str, **given: Any) -> httpx2.Response:
        return await self.client.post(self._here(address), **given)

    async def fill_in(self, link: str, /, query: str = "", **typed: str) -> str:
        """
        Send the form that a link opens, and return the address that leads to the provider.

        `query` is added to the form's own address.
        """
        page = await self.get(link)
        actions = re.findall('<form[^>]* action="([^"]+)"', page.text)
        if not actions:
            return ""
        address = f"{html.unescape(actions[0])}{query}"
        sent = await self.post(address, data={**_hidden(page.text), **typed})
        starts = re.findall('href="([^"]+/sign-ins[?][^"]+)"', sent.text)
        return html.unescape(starts[0]) if starts else ""

    async def start(self, address: str) -> str:
        """Follow an address to the provider; return where that is, or nothing if it leads there not."""
        sent = await self.get(address)
        place = sent.headers.get("location", "")
        return place if "response_type=" in place else ""

    async def leave(self, link: str, **typed: str) -> str:
        """Go to the provider by the form of a link."""
        return await self.start(await self.fill_in(link, **typed))

    async def leave_in_window(
        self, token: str, profile_id: str, **query: str
    ) -> tuple[str, httpx2.Response]:
        """Go to the provider by a window of the Hub; return where, and the answer if it is nowhere."""
        address = f"/connect/oauth2/{profile_id}"
        sent = await self.get(address, params={"token": token, **query})
        place = sent.headers.get("location", "")
        return (await self.start(place) if "/sign-ins?" in place else ""), sent

    async def come_back(self, address: str) -> httpx2.Response:
        """Open the address that a provider sends the browser to, and what follows on the hub."""
        page = await self.get(address)
        while page.status_code in (302, 303) and self._is_here(page.headers["location"]):
            page = await self.get(page.headers["location"])
        return page

    def _here(self, address: str) -> str:
        return address.removeprefix(self.url)

    def _is_here(self, address: str) -> bool:
        return address.startswith(("/", self.url)) and not address.startswith("//")


def query_of(address: str) -> dict[str, str]:
    """Return the parameters of an address, the last one of each name."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(address).query).items()}


def _hidden(page: str) -> dict[str, str]:
    """Return the fields that a page fills in by itself."""
    return dict(re.findall('<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
