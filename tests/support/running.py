"""A hub with everything in it that a deployment has; only the provider is simulated."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self, TypeAlias

import httpx2

from jackfield.app import open_hub
from jackfield.asgi import build_app
from jackfield.cli import server, sockets
from jackfield.connectors.catalog import Catalog
from jackfield.connectors.loading.discovery import own_folder
from jackfield.engine.limits import Limiter
from jackfield.installation import find_catalog
from jackfield.projects import service as projects
from jackfield.projects.models import EVERY_SCOPE, Project, Scope
from jackfield.runtime import Hub
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.settings import Settings
from tests.support import collector
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock, StoppedTime
from tests.support.postgres import EMPTIERS

PUBLIC_URL = "https://hub.test"
US, EU = "https://api.iterable.com", "https://api.eu.iterable.com"
# For what is over at once: a machine that is busy with something else is no fault of the hub's.
PATIENCE = 60.0
# A hub of a test is asked over plain HTTP: to read the certificates of all authorities of the world
# for each client took as long as to open the hub four times.
TRUSTING_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
OWNER = {"origin_owner_id": "acme", "origin_owner_name": "Acme Inc."}


@dataclass(frozen=True, slots=True)
class Running:
    """A hub, a client with a key of its default project, and the provider behind it."""

    hub: Hub
    api: httpx2.AsyncClient
    sandbox: Sandbox
    project: Project
    api_key: str

    @property
    def us_key(self) -> str:
        return self.sandbox.us.api_keys["server_side"]

    @property
    def eu_key(self) -> str:
        return self.sandbox.eu.api_keys["server_side"]

    async def key(self, *, project: str = "default", scopes: frozenset[Scope] = EVERY_SCOPE) -> str:
        """Issue another API key."""
        owner = await projects.ensure_project(self.hub, TESTER, project)
        async with self.hub.db.write(owner.id, TESTER) as tx:
            issued = await projects.issue_key(tx, name="test", scopes=scopes)
        return issued.token.reveal()

    async def session(self, **wanted: Any) -> dict[str, Any]:
        response = await self.api.post("/connect_sessions", json={**OWNER, **wanted})
        assert response.status_code == 201, response.text
        return response.json()

    async def link(self, *, key: str | None = None, region: str = "us", **wanted: Any) -> str:
        """Link an account through the API, and return its id."""
        session = await self.session(**wanted)
        credentials = {"api_key": key or self.us_key, "region": region}
        response = await self.submit(session["token"], credentials)
        assert response.status_code == 201, response.text
        return response.json()["id"]

    async def link_to(self, provider: str, credentials: Mapping[str, Any], **wanted: Any) -> str:
        """Link an account of another connector's, and return its id."""
        session = await self.session(provider=provider, **wanted)
        response = await self.submit(session["token"], credentials, provider=provider)
        assert response.status_code == 201, response.text
        return response.json()["id"]

    async def submit(
        self, token: str, credentials: Mapping[str, Any], *, provider: str = "iterable"
    ) -> httpx2.Response:
        headers = {"x-hub-session-token": token}
        offered = await self.api.get(f"/hub/connectors?provider={provider}", headers=headers)
        if offered.status_code != 200:
            return offered
        integration = offered.json()["integrations"][0]["integration_id"]
        body = {"integration_id": integration, "credentials": credentials}
        return await self.api.post("/hub/accounts", headers=headers, json=body)

    async def run(self, account_id: str, action: str, **placed: Any) -> httpx2.Response:
        return await self.api.post(
            "/actions/rpc", headers={"x-account-id": account_id}, json={"action": action, **placed}
        )


# Opens a hub with the connectors whose texts it is given by key, if any, and with settings.
HubWith: TypeAlias = Callable[..., AbstractAsyncContextManager[Running]]


def write_connectors(folder: Path, documents: Mapping[str, str]) -> Path:
    for key, text in documents.items():
        (folder / key).mkdir(parents=True)
        (folder / key / f"{key}.connector.s1.yaml").write_text(text, encoding="utf-8")
    return folder


@asynccontextmanager
async def running_hub(
    sandbox: Sandbox,
    *,
    data_dir: Path,
    clock: FrozenClock,
    provider: str | None = None,
    rewrite: Mapping[str, str] | None = None,
    shares_limits: bool = False,
    **given: Any,
) -> AsyncGenerator[Running]:
    """
    Open a hub whose Iterable is `sandbox`, or for the US the server at `provider`.

    `rewrite` says where other origins are sent, `given` are more of the hub's settings. In a new
    folder, it finds what its first start left there and in its database. Unless it `shares_limits`
    with others, no time passes for them.
    """
    settings = _settings(sandbox, data_dir, provider, rewrite, given)
    key: str | None = None
    if await _is_new(settings):
        key = (await _first_start(settings.database_url)).write(data_dir)
    async with open_hub(
        settings,
        public_url=PUBLIC_URL,
        clock=clock,
        sleep=clock.sleep,
        catalog=_catalog(settings),
    ) as opened:
        # However slow the machine is.
        limiter = Limiter(now=StoppedTime().monotonic, sleep=clock.sleep)
        hub = opened if shares_limits else replace(opened, limiter=limiter)
        transport = httpx2.ASGITransport(app=build_app(hub))
        async with _running(hub, sandbox, key, transport=transport) as running:
            yield running


@asynccontextmanager
async def serving_hub(
    sandbox: Sandbox,
    *,
    data_dir: Path,
    provider: str | None = None,
    rewrite: Mapping[str, str] | None = None,
    **given: Any,
) -> AsyncGenerator[Running]:
    """Open a hub as `running_hub` does, but listening on loopback, with its worker, in our time."""
    settings = _settings(sandbox, data_dir, provider, rewrite, given)
    opened = sockets.listen("127.0.0.1", 0)
    async with (
        server.serving(settings, opened, catalog=_catalog(settings)) as hub,
        _running(hub, sandbox, None) as running,
    ):
        yield running


@asynccontextmanager
async def _running(
    hub: Hub, sandbox: Sandbox, key: str | None, **transport: Any
) -> AsyncGenerator[Running]:
    project = await projects.ensure_project(hub, TESTER)
    if key is None:
        async with hub.db.write(project.id, TESTER) as tx:
            key = (await projects.issue_key(tx, name="test")).token.reveal()
    async with httpx2.AsyncClient(
        base_url=hub.public_url,
        auth=(key, ""),
        verify=TRUSTING_NOBODY,
        **transport,
    ) as api:
        yield Running(hub, api, sandbox, project, key)


def _settings(
    sandbox: Sandbox,
    data_dir: Path,
    provider: str | None,
    rewrite: Mapping[str, str] | None,
    given: Mapping[str, Any],
) -> Settings:
    rewrites = {US: provider or sandbox.us.url, EU: sandbox.eu.url, **(rewrite or {})}
    targets = ",".join(f"{origin}={url}" for origin, url in rewrites.items())
    return Settings(data_dir=data_dir, provider_rewrite=targets, **given)


def _catalog(settings: Settings) -> Catalog:
    """Return the connectors of a hub: those that come with it are not read again beside others."""
    own = own_catalog()
    if settings.connectors is None and not settings.connector_signers:
        return own
    catalog = find_catalog(settings)
    catalog._read(own._files)  # noqa: SLF001 - as a reload does, which knows those of before
    return catalog


_own: list[Catalog] = []


def own_catalog() -> Catalog:
    """Return the connectors that come with the hub, read once for all tests of a process."""
    return _own[0] if _own else read_own()


def read_own(cache: Path | None = None) -> Catalog:
    """Read the connectors that come with the hub, for all tests, and keep them in a folder too."""
    catalog = Catalog([own_folder()], cache=cache)
    catalog.load()
    collector.settle()
    _own[:] = [catalog]
    return catalog


@dataclass(frozen=True, slots=True)
class _Installation:
    """What the first start of a hub leaves in its folder, and an API key of its project."""

    files: Mapping[str, bytes]
    key: str

    @classmethod
    def read(cls, folder: Path, key: str) -> Self:
        return cls({each.name: each.read_bytes() for each in folder.iterdir()}, key)

    def write(self, folder: Path) -> str:
        folder.mkdir(exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o600)
        return self.key


_installed: dict[str | None, _Installation] = {}


async def _is_new(settings: Settings) -> bool:
    """Return whether nothing was started there yet, and what a first start leaves can be put there."""
    url = settings.database_url
    if url is None:
        return not settings.sqlite_file.exists()
    if url not in EMPTIERS or settings.keyring or (settings.data_dir / "keyring.json").exists():
        return False
    return not await asyncio.to_thread(EMPTIERS[url].has_rows, "projects")


async def _first_start(url: str | None) -> _Installation:
    """Start a hub for the first time, or put back what that has left in its database."""
    if url in _installed:
        if url is not None:
            await asyncio.to_thread(EMPTIERS[url].refill)
        return _installed[url]
    with TemporaryDirectory() as name:
        settings = Settings(data_dir=Path(name), database_url=url)
        async with open_hub(
            settings, public_url=PUBLIC_URL, clock=FrozenClock(), catalog=own_catalog()
        ) as hub:
            project = await projects.ensure_project(hub, TESTER)
            async with hub.db.write(project.id, TESTER) as tx:
                issued = await projects.issue_key(tx, name="test")
        _installed[url] = _Installation.read(Path(name), issued.token.reveal())
    if url is not None:
        await asyncio.to_thread(EMPTIERS[url].keep)
    return _installed[url]
