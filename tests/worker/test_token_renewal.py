"""The worker renews tokens before they are needed, and keeps those alive that nobody uses."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from jackfield.kit.counters import Counters
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.worker.token_renewal import renew_due
from tests.support.clock import NOW, FrozenClock, StoppedTime
from tests.support.running import HubWith, Running, running_hub
from tests.support.scripted import reply
from tests.support.token_provider import (
    LIFE,
    REFUSED,
    Linked,
    document,
    named,
    sign_in,
    token_provider,
)

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
def more() -> str:
    """Return further settings of the connector's authorization."""
    return ""


@pytest.fixture
def schedule() -> str:
    """Return when the connector wants its tokens renewed, beside their expiry."""
    return ""


@pytest.fixture
async def linked(
    hub_with: HubWith, clock: FrozenClock, more: str, schedule: str
) -> AsyncGenerator[Linked]:
    async with token_provider() as (provider, server):
        documents = {"oat": document(server.url, more=more, schedule=schedule)}
        async with hub_with(documents) as hub:
            account = await sign_in(hub.hub, hub.project.id, provider.tokens(NOW))
            yield Linked(hub, provider, account, clock)


async def test_a_token_is_renewed_shortly_before_it_expires(linked: Linked) -> None:
    linked.clock.advance(seconds=LIFE - 301)
    await renew_due(linked.hub.hub)
    early = list(linked.provider.requests)
    linked.clock.advance(seconds=151)
    await renew_due(linked.hub.hub)

    assert early == []
    assert linked.provider.requests == [named("r", 1)]


@pytest.mark.parametrize("more", [", refreshMargin: 30"])
async def test_a_margin_that_the_connector_declares_is_kept(linked: Linked) -> None:
    linked.clock.advance(seconds=LIFE - 31)
    await renew_due(linked.hub.hub)
    early = list(linked.provider.requests)
    linked.clock.advance(seconds=17)
    await renew_due(linked.hub.hub)

    assert early == []
    assert linked.provider.requests == [named("r", 1)]


async def test_a_token_of_unknown_life_is_renewed_daily(linked: Linked) -> None:
    hub, provider = linked.hub, linked.provider
    provider.extra = {"expires_in": None}
    linked.expire()
    await linked.run()
    provider.requests.clear()

    for _ in range(3):
        linked.clock.advance(days=1)
        await renew_due(hub.hub)

    assert len(provider.requests) == 3
    assert (await linked.run()).status_code == 200


@pytest.mark.parametrize("schedule", ["\n        schedule: '*/20 * * * *'"])
async def test_a_connectors_schedule_is_kept(linked: Linked) -> None:
    linked.clock.advance(minutes=9, seconds=59)
    await renew_due(linked.hub.hub)
    early = list(linked.provider.requests)
    for _ in range(3):
        linked.clock.advance(minutes=20)
        await renew_due(linked.hub.hub)

    assert early == []
    assert len(linked.provider.requests) == 3


@pytest.mark.parametrize("life", [0, 20])
async def test_tokens_that_are_said_to_end_at_once_are_not_renewed_all_the_time(
    linked: Linked, life: int
) -> None:
    linked.provider.extra = {"expires_in": life}
    linked.clock.advance(seconds=LIFE)

    for _ in range(60):
        await renew_due(linked.hub.hub)
        linked.clock.advance(seconds=5)

    assert 4 <= len(linked.provider.requests) <= 6
    assert (await linked.run()).status_code == 200


@pytest.mark.slow
async def test_a_provider_that_is_down_is_asked_ever_more_rarely(linked: Linked) -> None:
    linked.provider.answers = [reply("{}", status=503)] * 200
    linked.clock.advance(seconds=LIFE - 100)
    for _ in range(24 * 15):
        await renew_due(linked.hub.hub)
        linked.clock.advance(minutes=4)
    asked = len(linked.provider.requests)
    linked.provider.answers = []
    linked.clock.advance(minutes=20)
    await renew_due(linked.hub.hub)

    assert 24 * 2 < asked < 24 * 5
    assert await linked.status() == ("active", [])
    assert (await linked.run()).status_code == 200


async def test_an_account_that_must_be_linked_again_is_left_alone(linked: Linked) -> None:
    linked.provider.answers = [REFUSED] * 2
    linked.clock.advance(seconds=LIFE)
    for _ in range(3):
        await renew_due(linked.hub.hub)
        linked.clock.advance(days=1)

    assert len(linked.provider.requests) == 2
    assert await linked.status() == ("error", ["needs_relink"])


async def test_renewals_are_counted_by_how_they_end(linked: Linked) -> None:
    hub = replace(linked.hub.hub, counters=Counters())
    linked.clock.advance(seconds=LIFE)
    linked.provider.answers = [reply("{}", status=503)]
    for _ in range(2):
        await renew_due(hub)
        linked.clock.advance(seconds=LIFE)
    linked.provider.answers = [REFUSED] * 2
    await renew_due(hub)

    assert hub.counters is not None
    assert hub.counters.renewals.values == {
        ("oat", "failed"): 1,
        ("oat", "renewed"): 1,
        ("oat", "needs_relink"): 1,
    }


async def test_an_account_without_its_connector_does_not_hold_up_the_others(
    linked: Linked,
) -> None:
    linked.clock.advance(seconds=LIFE)
    linked.hub.hub.catalog._connectors.pop("oat")  # noqa: SLF001 - as a removed folder

    await renew_due(linked.hub.hub)

    rows = await linked.hub.hub.db.unscoped("select due_at from account_tokens")
    assert rows[0]["due_at"] > linked.clock.now


async def test_another_process_has_the_new_token_within_a_second(
    linked: Linked,
    hub_database_url: str | None,
    data_dir: Path,
    tmp_path: Path,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopped = StoppedTime()
    monkeypatch.setattr("jackfield.db.project_cache.time", stopped)
    async with running_hub(
        sandbox,
        data_dir=data_dir,
        clock=linked.clock,
        database_url=hub_database_url,
        connectors=tmp_path / "connectors",
        allow_private_networks=True,
    ) as other:
        theirs = Running(other.hub, other.api, sandbox, linked.hub.project, linked.hub.api_key)
        await linked.hub.api.get("/accounts")
        other.api.auth = (linked.hub.api_key, "")
        before = await theirs.run(linked.account.id, "oat_me")
        kept = await other.hub.cache.entries(other.hub.db, other.project.id)
        settings = kept["settings"]
        linked.clock.advance(seconds=LIFE - 100)
        await renew_due(linked.hub.hub)
        linked.provider.calls.clear()
        stopped.now += 1

        after = await theirs.run(linked.account.id, "oat_me")

    assert (before.status_code, after.status_code) == (200, 200)
    assert linked.provider.calls == [named("a", 2)]
    assert len(linked.provider.requests) == 1
    # Nothing else of the project has to be loaded again.
    assert kept["settings"] is settings


async def test_two_workers_renew_a_token_once(
    linked: Linked,
    hub_database_url: str | None,
    data_dir: Path,
    tmp_path: Path,
    sandbox: Sandbox,
) -> None:
    async with running_hub(
        sandbox,
        data_dir=data_dir,
        clock=linked.clock,
        database_url=hub_database_url,
        connectors=tmp_path / "connectors",
        allow_private_networks=True,
    ) as other:
        linked.clock.advance(seconds=LIFE - 100)
        await asyncio.gather(*(renew_due(each.hub) for each in (linked.hub, other) * 3))

    assert linked.provider.requests == [named("r", 1)]
