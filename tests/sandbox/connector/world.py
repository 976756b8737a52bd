"""A hub with the sandboxes behind it, and how accounts are linked there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from jackfield.connectors.loading.discovery import own_folder
from jackfield.sandbox.connector.credentials import Login
from jackfield.sandbox.connector.server import ConnectorSandbox
from tests.support.clock import FrozenClock
from tests.support.oakdale import Browser
from tests.support.running import Running

FOLDER: Path = own_folder()
# What an operator need not ask for, and actions need all the same.
MORE_SETUP = {"microsoft_365": {"channel_messages": "yes"}}


@dataclass(repr=False)
class World:
    hub: Running
    sandboxes: Mapping[str, ConnectorSandbox]
    clock: FrozenClock
    accounts: dict[str, str] = field(default_factory=dict[str, str])

    def login(self, key: str) -> Login:
        """Return the credentials of the first auth method without a sign-in, or else with one."""
        logins = self.sandboxes[key].logins
        plain = (each for each in logins if not each.method.needs_tokens and each.method.ready)
        return next(plain, logins[0])

    async def account(self, key: str) -> str:
        """Return an account of a connector's, linked when it is first wanted."""
        if key not in self.accounts:
            self.accounts[key] = await self.link(key, self.login(key))
        return self.accounts[key]

    async def link(self, key: str, login: Login, person: str = "ada") -> str:
        """Link an account as its user does, by signing in where that is the way."""
        profile = await self.profile(key, login)
        if login.method.redirects:
            return await self._sign_in(key, login, person)
        wanted = {"connector_profile_id": profile} if profile else {}
        answered = await self.try_to_link(key, login.credentials, **wanted)
        assert answered.status_code == 201, answered.text
        return answered.json()["id"]

    async def try_to_link(
        self, key: str, credentials: Mapping[str, str], **wanted: Any
    ) -> httpx2.Response:
        session = await self.hub.session(provider=key, **wanted)
        return await self.hub.submit(session["token"], credentials, provider=key)

    async def profile(self, key: str, login: Login) -> str:
        if not login.setup and len(self.sandboxes[key].logins) == 1:
            return ""
        asked = {each.key for each in login.method.setup_fields}
        more = {name: each for name, each in MORE_SETUP.get(key, {}).items() if name in asked}
        body = {
            "connector_key": key,
            "authentication_config_key": login.method.key,
            "setup": {**login.setup, **more},
            "default": True,
        }
        created = await self.hub.api.post("/connector_profiles", json=body)
        assert created.status_code == 201, created.text
        return created.json()["id"]

    async def _sign_in(self, key: str, login: Login, person: str) -> str:
        """Go to the provider, agree there, and come back."""
        sandbox = self.sandboxes[key]
        browser = Browser.of(self.hub, key, **login.credentials)
        begun = await browser.begin(self.hub)
        sent = await browser.client.get(begun["start"])
        assert sent.is_redirect, sent.text[sent.text.index("<h1") :]
        assert sent.headers["location"].startswith(sandbox.url), sent.text
        async with httpx2.AsyncClient() as provider:
            page = await provider.get(sent.headers["location"])
            assert page.status_code == 200, page.text[-300:]
            query = str(page.url.query, "ascii")
            form = {"request": query, "person": person, "decision": "allow"}
            agreed = await provider.post(f"{sandbox.url}/authorize", data=form)
        assert agreed.status_code == 303, agreed.text
        back = httpx2.URL(agreed.headers["location"])
        await browser.shown(await browser.client.get(back.raw_path.decode()))
        attempt = await browser.attempt(begun)
        assert attempt["status"] == "authenticated", attempt
        return attempt["account"]["id"]
