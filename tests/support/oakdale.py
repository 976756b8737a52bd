"""Oakdale, a provider to sign in at, and a person's browser that goes there and comes back."""

import asyncio
import html
import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2

from tests.support.running import HubWith, Running
from tests.support.scripted import ScriptedServer, Seen, reply, scripted

SECRET = "s:e+c/r%e=t&é"
OAKDALE = """
StackOne: 1.0.0
engine: strict
info: {title: Oakdale, key: oakdale, version: 1.0.0, description: d, assets: {icon: icon.svg}}
baseUrl: https://api.oakdale.example
scopeDefinitions:
  notes.write: {description: Write notes.}
authentication:
  - oauth2:
      type: oauth2
      label: OAuth 2.0
      authorization:
        type: oauth2
        token: $.credentials.accessToken
        authorizationUrl: https://login.oakdale.example/authorize
        tokenUrl: https://login.oakdale.example/token
        issuer: https://login.oakdale.example
        scopes: notes.read notes.write offline_access
      setupFields:
        - {key: clientId, label: Client ID, type: text, required: true}
        - {key: clientSecret, label: Client Secret, type: password, required: true, secret: true}
      configFields:
        - {key: workspace, label: Workspace, type: text, required: false}
      testActions: [{action: me}]
      identity: {action: me, values: $.output.id}
actions:
  - actionId: me
    label: Me
    description: Who signed in.
    categories: [internal]
    actionType: get
    effects: [read]
    steps:
      - stepId: me
        stepFunction:
          functionName: request
          parameters: {url: /me, method: get}
    result: {data: $.steps.me.output.data}
"""
_SCOPES = "        scopes: notes.read notes.write offline_access\n"
_CALLBACK = """        callback:
          codeByWebhook:
            code: data.installation.code
            installation: data.installation.uuid
            credential: installationId
            signatureHeader: Oakdale-Hook-Signature
        callbackParams: {installation: installationId}
        tokenParams: {installation: $.credentials.installationId}
"""
# It sends codes by webhook.
SENDS_CODES = OAKDALE.replace(_SCOPES, _SCOPES + _CALLBACK)


def about_code(code: str, installation: str) -> bytes:
    """Return what Oakdale sends of an installation."""
    return json.dumps({"data": {"installation": {"uuid": installation, "code": code}}}).encode()


@dataclass
class Provider:
    """A provider whose token endpoint and API say what a test tells them to."""

    tokens: dict[str, Any] = field(
        default_factory=lambda: {
            "access_token": "access-token-1",
            "refresh_token": "refresh-token-1",
            "expires_in": 3600,
        }
    )
    status: int = 200
    # Who the API says has signed in, and how.
    user: str = "u-1"
    api_status: int = 200
    # The parameters that the token endpoint quotes as it refuses.
    quotes: tuple[str, ...] = ()
    # What the token endpoint waits for.
    opened: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    # What the API says at a path, instead of who signed in.
    answers: dict[str, Any] = field(default_factory=dict[str, Any])
    server: ScriptedServer | None = None

    async def answer(self, writer: Any, seen: Seen) -> None:
        if " /token" in seen.line:
            self.asked.set()
            if self.opened is not None:
                await self.opened.wait()
            said = self.tokens
            if self.quotes:
                words = " ".join(self.exchanges[-1][name] for name in self.quotes)
                said = {"error": "invalid_request", "error_description": f"no: {words}"}
            await reply(json.dumps(said), status=self.status)(writer, seen)
            return
        is_good = seen.headers.get("authorization") == f"Bearer {self.tokens.get('access_token')}"
        status = self.api_status if is_good else 401
        said = self.answers.get(seen.line.split()[1], {"id": self.user})
        await reply(json.dumps(said), status=status)(writer, seen)

    @property
    def exchanges(self) -> list[dict[str, str]]:
        assert self.server is not None
        return [
            dict(parse_qsl(seen.body.decode()))
            for seen in self.server.seen
            if " /token" in seen.line
        ]


@asynccontextmanager
async def oakdale(
    hub_with: HubWith, text: str = OAKDALE, **settings: Any
) -> AsyncGenerator[tuple[Running, Provider]]:
    provider = Provider()
    async with scripted(provider.answer) as server:
        provider.server = server
        rewrite = {
            "https://login.oakdale.example": server.url,
            "https://api.oakdale.example": server.url,
        }
        async with hub_with({"oakdale": text}, rewrite=rewrite, **settings) as hub:
            created = await hub.api.post(
                "/connector_profiles",
                json={
                    "connector_key": "oakdale",
                    "setup": {"clientId": "app", "clientSecret": SECRET},
                    "default": True,
                },
            )
            assert created.status_code == 201, created.text
            yield hub, provider


@dataclass
class Browser:
    """A person's browser: it keeps cookies, and goes to the provider when a test says so."""

    client: httpx2.AsyncClient
    provider: str = "oakdale"
    typed: Mapping[str, str] = field(default_factory=lambda: {"workspace": "blue-team"})

    @classmethod
    def of(cls, hub: Running, provider: str | None = None, **typed: str) -> "Browser":
        transport = hub.api._transport  # noqa: SLF001 - the same hub, without its key
        client = httpx2.AsyncClient(base_url="https://hub.test", transport=transport)
        return cls(client) if provider is None else cls(client, provider, typed)

    async def fill_in(self, link: str, **typed: str) -> str:
        """Send the form that an auth link opens, and return the address that it leads to."""
        form = await self.client.get(link)
        action = html.unescape(re.findall('<form[^>]* action="([^"]+)"', form.text)[0])
        sent = await self.client.post(action, data={"workspace": "blue-team", **typed})
        (start,) = re.findall('href="([^"]+/sign-ins[?][^"]+)"', sent.text)
        return start

    async def start(self, address: str) -> dict[str, str]:
        """Go to the provider, and return what it is asked for."""
        sent = await self.client.get(address)
        assert sent.status_code == 302, sent.text
        query = parse_qs(urlsplit(sent.headers["location"]).query)
        return {name: values[0] for name, values in query.items()}

    async def leave(self, hub: Running, **wanted: Any) -> dict[str, str]:
        """Go to the provider by the published way, and return what it is asked for."""
        begun = await self.begin(hub, **wanted)
        return {**await self.start(begun["start"]), **begun}

    async def begin(self, hub: Running, **wanted: Any) -> dict[str, str]:
        """Begin an attempt by the published way; `start` is the address that leads to the provider."""
        session = await hub.session(provider=self.provider, **wanted)
        headers = {"x-hub-session-token": session["token"]}
        body = {"token": session["token"]}
        attempt = (
            await self.client.post("/hub/connection_attempts", headers=headers, json=body)
        ).json()
        offered = (await self.client.get("/hub/connectors", headers=headers)).json()["integrations"]
        started = await self.client.get(
            f"/connect/oauth2/{offered[0]['integration_id']}",
            params={
                "redirect_uri": "https://hub.test/embedded/accounts/callback",
                "token": session["token"],
                "connection_attempt_id": attempt["id"],
                **self.typed,
            },
        )
        assert started.status_code == 302, started.text
        start = started.headers["location"]
        ours = {"session": session["id"], "attempt": attempt["id"], "token": session["token"]}
        return {"start": start, **ours}

    async def come_back(self, **query: str) -> httpx2.Response:
        return await self.get(f"/connect/oauth2/{self.provider}/callback", **query)

    async def get(self, address: str, **query: str) -> httpx2.Response:
        """Open an address, wherever it leads."""
        return await self.shown(await self.client.get(address, params=query or None))

    async def shown(self, page: httpx2.Response) -> httpx2.Response:
        """Return the page that an answer leads to."""
        while page.status_code == 303:
            page = await self.client.get(page.headers["location"])
        return page

    async def attempt(self, asked: dict[str, str]) -> dict[str, Any]:
        headers = {"x-hub-session-token": asked["token"]}
        return (
            await self.client.get(f"/hub/connection_attempts/{asked['attempt']}", headers=headers)
        ).json()


@asynccontextmanager
async def exchanging(
    provider: Provider, browser: Browser, asked: Mapping[str, str]
) -> AsyncGenerator[asyncio.Task[httpx2.Response]]:
    """Come back from the provider, which answers about the code only when the block has ended."""
    provider.opened = asyncio.Event()
    coming = asyncio.create_task(browser.come_back(code="c-1", state=asked["state"]))
    await provider.asked.wait()
    yield coming
    provider.opened.set()
    await coming
