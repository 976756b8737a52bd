"""Portals of customers, opened as their browsers do."""

import re
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.support.running import OWNER, Running

PATH = "/jackfield/portal_sessions"
HERE = {"origin": "https://hub.test"}


async def make_portal(hub: Running, **wanted: Any) -> dict[str, Any]:
    response = await hub.api.post(PATH, json={**OWNER, **wanted})
    assert response.status_code == 201, response.text
    return response.json()


@dataclass(frozen=True, slots=True)
class OpenPortal:
    """A portal that one browser opened."""

    hub: Running
    session: dict[str, Any]
    cookie: str

    @property
    def path(self) -> str:
        return f"/portal/{self.session['id']}"

    async def get(self, path: str = "", **given: Any) -> httpx2.Response:
        return await self.ask("GET", path, **given)

    async def post(self, path: str, **given: Any) -> httpx2.Response:
        return await self.ask("POST", path, **{"headers": HERE, **given})

    async def ask(self, method: str, path: str, **given: Any) -> httpx2.Response:
        headers = {"cookie": self.cookie, **given.pop("headers", {})}
        return await self.hub.api.request(
            method, f"{self.path}{path}", auth=None, headers=headers, **given
        )


async def press(hub: Running, token: str) -> httpx2.Response:
    """Press the button of a link's page."""
    return await hub.api.post("/portal/open", data={"token": token}, headers=HERE, auth=None)


async def open_portal(hub: Running, **wanted: Any) -> OpenPortal:
    made = await make_portal(hub, **wanted)
    opened = await press(hub, made["token"])
    assert opened.status_code == 303, opened.text
    found = re.match(r"[^=]+=[^;]+", opened.headers["set-cookie"])
    assert found is not None
    hub.api.cookies.clear()
    return OpenPortal(hub, made, found[0])
