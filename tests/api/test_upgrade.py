"""An installation that an earlier version made opens, and everything sealed in it with it."""

import base64
import hashlib
import hmac
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from jackfield.installation import open_database
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.settings import Settings
from tests.support.clock import FrozenClock
from tests.support.earlier import Earlier, lay_out, opened
from tests.support.receiver import Receiver, deliver

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


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

    ran = await earlier.run(known["account_id"], "iterable_list_channels")

    assert ran.status_code == 200, ran.text
    assert [each.headers["api-key"] for each in earlier.seen] == [known["api_key"]]


async def test_an_account_runs_with_the_setup_that_its_profile_sealed_then(
    earlier: Earlier,
) -> None:
    known = earlier.facts["acme"]

    ran = await earlier.run(known["account_id"], "acme_list_things")

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
    ran = await earlier.run(confirmed.json()["account_id"], "iterable_list_channels")

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
