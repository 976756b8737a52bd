"""A hub with everything in it that a deployment has; only the provider is simulated."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from jackfield.app import build_app, open_hub
from jackfield.projects import service as projects
from jackfield.projects.models import EVERY_SCOPE, Project, Scope
from jackfield.runtime import Hub
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.settings import Settings
from tests.support.clock import FrozenClock

PUBLIC_URL = "https://hub.test"
US, EU = "https://api.iterable.com", "https://api.eu.iterable.com"
OWNER = {"origin_owner_id": "acme", "origin_owner_name": "Acme Inc."}


@dataclass(frozen=True, slots=True)
class Running:
    """A hub, a client with a key of its default project, and the provider behind it."""

    hub: Hub
    api: httpx2.AsyncClient
    sandbox: Sandbox
    project: Project

    @property
    def us_key(self) -> str:
        return self.sandbox.us.api_keys["server_side"]

    @property
    def eu_key(self) -> str:
        return self.sandbox.eu.api_keys["server_side"]

    async def key(self, *, project: str = "default", scopes: frozenset[Scope] = EVERY_SCOPE) -> str:
        """Issue another API key."""
        owner = await projects.ensure_project(self.hub, project)
        async with self.hub.db.write(owner.id) as tx:
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


@asynccontextmanager
async def running_hub(
    sandbox: Sandbox,
    *,
    data_dir: Path,
    clock: FrozenClock,
    provider: str | None = None,
    rewrite: Mapping[str, str] | None = None,
    **given: Any,
) -> AsyncGenerator[Running]:
    """
    Open a hub whose Iterable is `sandbox`, or for the US the server at `provider`.

    `rewrite` says where other origins are sent, `given` are more of the hub's settings.
    """
    rewrites = {US: provider or sandbox.us.url, EU: sandbox.eu.url, **(rewrite or {})}
    settings = Settings(
        data_dir=data_dir,
        provider_rewrite=",".join(f"{origin}={url}" for origin, url in rewrites.items()),
        **given,
    )
    async with open_hub(settings, public_url=PUBLIC_URL, clock=clock, sleep=clock.sleep) as hub:
        project = await projects.ensure_project(hub)
        async with hub.db.write(project.id) as tx:
            issued = await projects.issue_key(tx, name="test")
        transport = httpx2.ASGITransport(app=build_app(hub))
        async with httpx2.AsyncClient(
            transport=transport, base_url=PUBLIC_URL, auth=(issued.token.reveal(), "")
        ) as api:
            yield Running(hub, api, sandbox, project)
