"""The hub that is attacked: two projects of it, and the two providers that its accounts are at."""

import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
from playwright.async_api import Browser

from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.server import OAuthSandbox, serve
from tests.attacks.people import Person
from tests.support.running import TRUSTING_NOBODY

# A provider that does what the standards say, and one that an attacker runs.
HONEST, HOSTILE, KEYED = "ashford", "mallow", "keystone"
# The product that may show the Hub, and the attacker's page.
PRODUCT, EVIL = "https://app.ashford.example", "https://evil.example"
_HEAD: Final = """\
StackOne: 1.0.0
engine: strict
info: {{title: {title}, key: {key}, version: {version}, description: A provider of the attacks.}}
baseUrl: {url}
"""
_SIGN_IN: Final = """\
authentication:
  - oauth2:
      type: oauth2
      label: OAuth 2.0
      authorization:
        type: oauth2
        token: $.credentials.accessToken
        authorizationUrl: {url}/authorize
        tokenUrl: {url}/token
        issuer: {url}
        scopes: notes.read notes.write
      setupFields:
        - {{key: clientId, label: Client ID, type: text, required: true}}
        - {{key: clientSecret, label: Client secret, type: password, required: true, secret: true}}
      testActions: [{{action: me}}]
      identity: {{action: me, values: $.output.email}}
"""
_KEY: Final = """\
authentication:
  - token:
      type: custom
      label: Token
      authorization: {{type: bearer, token: $.credentials.token}}
      configFields:
        - {{key: token, label: Token, type: password, required: true, secret: true}}
      testActions: [{{action: me}}]
      identity: {{action: me, values: $.output.email}}
"""
_ACTIONS: Final = """\
actions:
  - actionId: me
    label: Me
    description: Say whose account it is.
    categories: [documents]
    actionType: get
    effects: [read]
    steps:
      - stepId: me
        stepFunction: {functionName: request, parameters: {url: /api/me, method: get}}
    result: {data: $.steps.me.output.data}
  - actionId: notes
    label: Notes
    description: List notes.
    categories: [documents]
    actionType: list
    effects: [read]
    steps:
      - stepId: notes
        stepFunction: {functionName: request, parameters: {url: /api/notes, method: get}}
    result: {data: $.steps.notes.output.data}
"""


class TargetUnfit(Exception):
    """The hub does not do what an attack begins with, so the attack says nothing of it."""


@dataclass
class Target:
    """A hub with a project that is attacked, and another one of a stranger's."""

    url: str
    # A client with a key of each project, and one without any.
    api: httpx2.AsyncClient
    stranger: httpx2.AsyncClient
    client: httpx2.AsyncClient
    honest: OAuthSandbox
    hostile: OAuthSandbox
    # The hub as a client of each provider.
    clients: Mapping[str, Client]
    transport: Any = None
    # Has the hub tell receivers of events, where it does not do so by itself.
    tell: Callable[[], Awaitable[object]] | None = None
    # A real browser, where an attack needs one.
    chromium: Browser | None = None
    _people: list[Person] = field(default_factory=list[Person])

    def person(self) -> Person:
        """Return a new browser, in which nothing is signed in."""
        self._people.append(Person(client_of(self.url, self.transport), self.url))
        return self._people[-1]

    async def ask(
        self, method: str, path: str, *, api: httpx2.AsyncClient | None = None, **given: Any
    ) -> Any:
        """
        Ask what any hub has to answer.

        Raises:
            TargetUnfit: it refuses.
        """
        response = await (api or self.api).request(method, path, **given)
        if response.status_code >= 400:
            msg = f"{method} {path} is answered with {response.status_code}: {response.text[:300]}"
            raise TargetUnfit(msg)
        return response.json() if response.content else None

    async def session(self, owner: str, **wanted: Any) -> dict[str, Any]:
        """Open a connect session for a customer."""
        body = {"origin_owner_id": owner, "origin_owner_name": owner.title(), **wanted}
        return await self.ask("POST", "/connect_sessions", json=body)

    async def accounts(self, owner: str) -> list[dict[str, Any]]:
        return await self.ask("GET", f"/accounts?origin_owner_id={owner}")

    async def change(self, **settings: Any) -> None:
        """Change settings of the project that is attacked."""
        await self.ask("PATCH", "/jackfield/project", json=settings)

    @asynccontextmanager
    async def confirming(self) -> AsyncGenerator[None]:
        """Let the project confirm links meanwhile."""
        await self.change(confirm_links=True)
        try:
            yield
        finally:
            await self.change(confirm_links=False)

    def token_of(self, person: str) -> str:
        """Return a token of a person at the honest provider, which serves as a key."""
        return self.honest.grant(self.clients[KEYED], person=person).access.value

    async def link(self, owner: str, *, person: str = "ada", **wanted: Any) -> str:
        """
        Link an account by its key, and return its id.

        Raises:
            TargetUnfit: that does not work.
        """
        session = await self.session(owner, provider=KEYED, **wanted)
        offered = await self.offered(session["token"])
        body = {"integration_id": offered, "credentials": {"token": self.token_of(person)}}
        linked = await self.ask("POST", "/hub/accounts", headers=hub_of(session), json=body)
        return linked["id"]

    async def sign_in(self, owner: str, *, person: str = "ada", **wanted: Any) -> str:
        """
        Link an account by signing in, and return its id.

        Raises:
            TargetUnfit: that does not work.
        """
        session = await self.session(owner, provider=HONEST, **wanted)
        browser = self.person()
        away = await browser.leave(session["auth_link_url"])
        await browser.come_back(self.honest.approve(away, person=person))
        accounts = [each for each in await self.accounts(owner) if each["provider"] == HONEST]
        if not accounts:
            msg = "signing in at a provider that does what the standards say links no account"
            raise TargetUnfit(msg)
        return accounts[0]["id"]

    async def offered(self, token: str, api: httpx2.AsyncClient | None = None) -> str:
        """Return the connector profile that a session offers."""
        headers = {"x-hub-session-token": token}
        found = await self.ask("GET", "/hub/connectors", api=api, headers=headers)
        return found["integrations"][0]["integration_id"]

    def exchanges(self, provider: str = HONEST) -> list[str]:
        """Return the bodies of the requests for tokens that a provider got."""
        server = self.hostile if provider == HOSTILE else self.honest
        return [each.body for each in server.requests(self.clients[provider], "token")]

    async def close(self) -> None:
        for each in self._people:
            await each.client.aclose()


def client_of(url: str, transport: Any, key: str | None = None) -> httpx2.AsyncClient:
    """Return a client of the hub, with an API key or without."""
    return httpx2.AsyncClient(
        base_url=url,
        auth=None if key is None else (key, ""),
        transport=transport,
        verify=TRUSTING_NOBODY,
    )


def hub_of(session: Mapping[str, Any]) -> dict[str, str]:
    """Return the header with which the Hub's API is asked."""
    return {"x-hub-session-token": session["token"]}


def customer(name: str) -> str:
    """Return the id of a customer whom no other attack knows."""
    return f"{name}-{secrets.token_hex(4)}"


@asynccontextmanager
async def open_target(
    url: str,
    key: str,
    stranger: str,
    *,
    transport: Any = None,
    tell: Callable[[], Awaitable[object]] | None = None,
    ports: tuple[int, int] = (0, 0),
) -> AsyncGenerator[Target]:
    """
    Prepare a hub: upload the connectors of two providers, and serve these on loopback.

    `key` and `stranger` are API keys of two projects. What was made is deleted in the end.

    Raises:
        TargetUnfit: the hub cannot be asked, or has to be allowed to reach loopback.
    """
    async with AsyncExitStack() as stack:
        honest = await stack.enter_async_context(serve(port=ports[0]))
        hostile = await stack.enter_async_context(serve(port=ports[1]))
        clients = {
            name: server.add_client(
                redirect_uris=[
                    f"{url}/connect/oauth2/{each}/callback" for each in (HONEST, HOSTILE)
                ],
            )
            for name, server in ((HONEST, honest), (HOSTILE, hostile), (KEYED, honest))
        }
        api = await stack.enter_async_context(client_of(url, transport, key))
        other = await stack.enter_async_context(client_of(url, transport, stranger))
        bare = await stack.enter_async_context(client_of(url, transport))
        target = Target(url, api, other, bare, honest, hostile, clients, transport, tell)
        stack.push_async_callback(target.close)
        try:
            before = await _set_up(target)
        except httpx2.TransportError as error:
            msg = f"the hub at {url} cannot be reached: {error}"
            raise TargetUnfit(msg) from error
        try:
            yield target
        finally:
            # A hub that has ended meanwhile keeps what was made.
            with suppress(httpx2.TransportError):
                await _clear(target, before)


async def _set_up(target: Target) -> Mapping[str, Any]:
    before = await target.ask("GET", "/jackfield/project")
    await target.ask("GET", "/jackfield/project", api=target.stranger)
    version = f"1.0.{time.time_ns() // 1_000_000}"
    for key, server, method in (
        (HONEST, target.honest, _SIGN_IN),
        (HOSTILE, target.hostile, _SIGN_IN),
        (KEYED, target.honest, _KEY),
    ):
        given = {"title": key.title(), "key": key, "version": version, "url": server.url}
        text = (_HEAD + method).format(**given) + _ACTIONS
        files = [{"name": f"{key}.connector.s1.yaml", "text": text}]
        path = f"/jackfield/connectors/{key}/versions"
        kept = await target.ask("PUT", path, json={"files": files})
        if not kept["publishable"]:
            msg = f"the connector {key} is not taken: {kept['findings']}"
            raise TargetUnfit(msg)
        await target.ask("POST", f"{path}/{kept['version']['id']}/publish", json={})
        await _profiles(target, key)
    await target.change(allowed_origins=[PRODUCT], confirm_links=False)
    return before


async def _profiles(target: Target, key: str) -> None:
    """Have both projects offer a provider."""
    client = target.clients[key]
    setup = {} if key == KEYED else {"clientId": client.id, "clientSecret": client.secret}
    for api in (target.api, target.stranger):
        listed = await target.ask("GET", "/connector_profiles", api=api)
        if any(each["connector_key"] == key for each in _rows(listed)):
            continue
        body = {"connector_key": key, "setup": setup, "default": True}
        await target.ask("POST", "/connector_profiles", api=api, json=body)


async def _clear(target: Target, before: Mapping[str, Any]) -> None:
    """Delete what was made, and let the project be as it was."""
    ours = {HONEST, HOSTILE, KEYED}
    for api in (target.api, target.stranger):
        for provider in ours:
            while accounts := await target.ask("GET", f"/accounts?provider={provider}", api=api):
                for account in accounts:
                    await target.ask("DELETE", f"/accounts/{account['id']}", api=api)
        for profile in _rows(await target.ask("GET", "/connector_profiles", api=api)):
            if profile["connector_key"] in ours:
                await target.ask("DELETE", f"/connector_profiles/{profile['id']}", api=api)
    for key in ours:
        await target.ask("DELETE", f"/jackfield/connectors/{key}")
    kept = {name: before[name] for name in ("allowed_origins", "confirm_links")}
    await target.change(**kept)


def _rows(listed: Any) -> list[dict[str, Any]]:
    return listed["data"] if isinstance(listed, dict) else listed
