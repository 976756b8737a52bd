"""A hub on what an earlier version left."""

import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from jackfield.asgi import build_app
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.clock import FrozenClock
from tests.support.running import PUBLIC_URL, Running, running_hub
from tests.support.scripted import Seen, reply, scripted

EARLIER = Path(__file__).parents[1] / "fixtures" / "hub_e258955"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A hub on what an earlier version left, and what both providers are asked."""

    hub: Running
    facts: dict[str, Any]
    seen: list[Seen]

    @property
    def api(self) -> httpx2.AsyncClient:
        """Return a client with the API key that was issued then."""
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=build_app(self.hub.hub)),
            base_url=PUBLIC_URL,
            auth=(self.facts["api_key"], ""),
        )

    async def run(self, account_id: str, action: str) -> httpx2.Response:
        headers = {"x-account-id": account_id}
        async with self.api as api:
            return await api.post("/actions/rpc", headers=headers, json={"action": action})


async def lay_out(data_dir: Path, database_url: str | None) -> dict[str, Any]:
    """Put there what an earlier version left, and return what is known of it."""
    facts = json.loads((EARLIER / "facts.json").read_bytes())
    if database_url is None:
        shutil.copy(EARLIER / "jackfield.db", data_dir / "jackfield.db")
    else:
        connection = await asyncpg.connect(database_url)
        await connection.execute((EARLIER / "postgres.sql").read_text(encoding="utf-8"))
        await connection.close()
    known = facts["postgres" if database_url else "sqlite"]
    keyring = data_dir / "keyring.json"
    keyring.touch(0o600)
    keyring.write_text(json.dumps(known["keyring"]), encoding="utf-8")
    return known


@asynccontextmanager
async def opened(
    facts: dict[str, Any],
    data_dir: Path,
    database_url: str | None,
    clock: FrozenClock,
    sandbox: Sandbox,
) -> AsyncGenerator[Earlier]:
    """Open a hub on what an earlier version left, once its database is migrated."""
    async with (
        scripted(reply('{"channels": []}')) as provider,
        running_hub(
            sandbox,
            data_dir=data_dir,
            clock=clock,
            provider=provider.url,
            connectors=EARLIER / "connectors",
            rewrite={
                "https://api.acme.example": provider.url,
                "https://api.eu.iterable.com": provider.url,
            },
            database_url=database_url,
            allow_private_networks=True,
        ) as hub,
    ):
        yield Earlier(hub, facts, provider.seen)
