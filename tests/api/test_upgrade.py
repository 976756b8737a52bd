"""An installation that an earlier version made opens, and everything sealed in it with it."""

import base64
import hashlib
import hmac
import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from jackfield.app import open_database
from jackfield.asgi import build_app
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.settings import Settings
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver
from tests.support.running import PUBLIC_URL, Running, running_hub
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

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


@pytest.fixture
async def earlier(
    bare_database_url: str | None, data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> AsyncGenerator[Earlier]:
    url = bare_database_url
    facts = await lay_out(data_dir, url)
    async with open_database(Settings(data_dir=data_dir, database_url=url), clock=clock) as db:
        await db.migrate()
    clock.advance(hours=1)
    async with opened(facts, data_dir, url, clock, sandbox) as found:
        yield found


async def test_its_accounts_and_their_runs_are_listed(earlier: Earlier) -> None:
    async with earlier.api as api:
        accounts = (await api.get("/accounts")).json()
        logs = (await api.get("/requests/logs")).json()

    found = {each["id"]: (each["provider"], each["status"]) for each in accounts}
    assert found == {
        earlier.facts["iterable"]["account_id"]: ("iterable", "active"),
        earlier.facts["acme"]["account_id"]: ("acme", "active"),
    }
    assert [each["account_id"] for each in logs["data"]] == [earlier.facts["acme"]["account_id"]]


async def test_an_account_runs_with_the_credentials_sealed_then(earlier: Earlier) -> None:
    known = earlier.facts["iterable"]

    async with earlier.api as api:
        ran = await api.post(
            "/actions/rpc",
            headers={"x-account-id": known["account_id"]},
            json={"action": "iterable_list_channels"},
        )

    assert ran.status_code == 200, ran.text
    assert [each.headers["api-key"] for each in earlier.seen] == [known["api_key"]]


async def test_an_account_runs_with_the_setup_that_its_profile_sealed_then(
    earlier: Earlier,
) -> None:
    known = earlier.facts["acme"]

    async with earlier.api as api:
        ran = await api.post(
            "/actions/rpc",
            headers={"x-account-id": known["account_id"]},
            json={"action": "acme_list_things"},
        )

    assert ran.status_code == 200, ran.text
    (seen,) = earlier.seen
    assert seen.headers["authorization"] == f"Bearer {known['token']}"
    assert seen.headers["x-app-key"] == earlier.facts["setup"]["appKey"]


async def test_a_webhook_is_signed_with_the_secret_sealed_then(
    earlier: Earlier, receiver: Receiver
) -> None:
    known, account_id = earlier.facts["webhook"], earlier.facts["acme"]["account_id"]

    async with earlier.api as api:
        await api.patch(f"/jackfield/webhooks/{known['id']}", json={"url": receiver.url})
        changed = await api.patch(f"/accounts/{account_id}", json={"origin_username": "grace"})
        sent = await deliver(earlier.hub)

    assert (changed.status_code, sent) == (200, 1), changed.text
    (seen,) = receiver.server.seen
    digest = hmac.digest(known["secret"].encode(), seen.body, hashlib.sha256)
    expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert seen.headers["x-stackone-signature"] == expected


async def test_a_pending_link_becomes_an_account_with_its_credentials(earlier: Earlier) -> None:
    known = earlier.facts["pending"]

    async with earlier.api as api:
        confirmed = await api.post(f"/jackfield/pending_links/{known['id']}/confirm")
        account_id = confirmed.json()["account_id"]
        ran = await api.post(
            "/actions/rpc",
            headers={"x-account-id": account_id},
            json={"action": "iterable_list_channels"},
        )

    assert (confirmed.status_code, ran.status_code) == (200, 200), ran.text
    assert [each.headers["api-key"] for each in earlier.seen] == [known["api_key"]]


async def test_a_request_done_once_is_answered_as_it_was_then(earlier: Earlier) -> None:
    known = earlier.facts["once"]

    async with earlier.api as api:
        again = await api.post(
            "/connect_sessions", json=known["body"], headers={"idempotency-key": known["key"]}
        )

    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == known["answer"]
