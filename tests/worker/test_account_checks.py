"""Accounts are checked by themselves: spread out, once, and without condemning what may pass."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from jackfield.worker import account_checks
from jackfield.worker.account_checks import check_due
from tests.support.clock import FrozenClock
from tests.support.running import HubWith, Running
from tests.support.scripted import Answer, Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.database]

GOOD = reply('{"id": 1}')
REFUSED = reply('{"message": "no"}', status=401)
ACME = """
StackOne: 1.0.0
engine: strict
info: {{title: Acme, key: acme, version: 1.0.0, description: Things.}}
baseUrl: {url}
authentication:
  - key:
      type: custom
      label: Key
      authorization: {{type: bearer, token: $.credentials.key}}
      configFields: [{{key: key, label: Key, type: password, required: true, secret: true}}]
      testActions: [{{action: me}}]
  - untested:
      type: custom
      label: Untested key
      authorization: {{type: bearer, token: $.credentials.key}}
      configFields: [{{key: key, label: Key, type: password, required: true, secret: true}}]
actions:
  - {{actionId: me, actionType: custom, effects: [read], label: e, description: d,
     categories: [documents], steps: [{{stepId: ask, stepFunction: {{functionName: request,
       parameters: {{method: get, url: /me}}}}}}], result: $.steps.ask.output.data}}
"""


@dataclass
class Provider:
    answer: Answer = GOOD
    asked: Counter[str] = field(default_factory=Counter[str])

    async def __call__(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        self.asked[seen.headers["authorization"].removeprefix("Bearer ")] += 1
        await self.answer(writer, seen)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def acme(hub_with: HubWith, provider: Provider) -> AsyncGenerator[Running]:
    async with (
        scripted(provider) as server,
        hub_with({"acme": ACME.format(url=server.url)}) as hub,
    ):
        yield hub


async def link(hub: Running, provider: Provider, count: int = 1) -> list[str]:
    """Link accounts of one owner each, with keys `key-00` and so on."""
    linked = [
        await hub.link_to("acme", {"key": f"key-{number:02}"}, origin_owner_id=f"owner-{number}")
        for number in range(count)
    ]
    provider.asked.clear()
    return linked


async def shown(hub: Running, account_id: str) -> dict[str, Any]:
    return (await hub.api.get(f"/accounts/{account_id}")).json()


async def due(hub: Running) -> list[datetime]:
    rows = await hub.hub.db.unscoped("select due_at from account_checks order by due_at")
    return [row["due_at"] for row in rows if row["due_at"]]


async def test_every_account_is_checked_about_daily_and_not_at_the_same_time(
    acme: Running, provider: Provider, clock: FrozenClock
) -> None:
    await link(acme, provider, 6)
    begun, first = clock.now, await due(acme)

    for _ in range(31):
        await check_due(acme.hub)
        clock.advance(hours=1)

    hours = [(each - begun).total_seconds() / 3600 for each in first]
    assert 17 < min(hours) < max(hours) < 31
    assert len(set(first)) == 6
    assert set(provider.asked) == {f"key-{number:02}" for number in range(6)}
    assert all(1 <= times <= 2 for times in provider.asked.values())


async def test_processes_share_the_work(
    acme: Running, provider: Provider, clock: FrozenClock
) -> None:
    await link(acme, provider, 5)
    clock.advance(days=2)

    made = await asyncio.gather(*(check_due(acme.hub) for _ in range(4)))

    assert sum(made) == 5
    assert set(provider.asked.values()) == {1}


async def test_accounts_that_are_all_due_are_checked_some_at_a_time(
    acme: Running, provider: Provider, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await link(acme, provider, 5)
    clock.advance(days=2)
    monkeypatch.setattr(account_checks, "_EACH_PROVIDER", 3)
    first = await check_due(acme.hub)
    monkeypatch.setattr(account_checks, "_EACH_PROVIDER", 20)
    monkeypatch.setattr(account_checks, "_EACH_PROJECT", 1)

    second = await check_due(acme.hub)

    assert (first, second) == (3, 1)


async def test_a_refused_credential_is_found_and_told_before_it_is_used(
    acme: Running, provider: Provider, clock: FrozenClock
) -> None:
    (account_id,) = await link(acme, provider)
    provider.answer = REFUSED
    clock.advance(days=2)

    await check_due(acme.hub)

    assert (await shown(acme, account_id))["status"] == "error"
    events = await acme.hub.db.unscoped("select type from events order by id")
    assert [each["type"] for each in events if "account." in each["type"]] == [
        "account.created", "account.updated", "account.needs_relink",
    ]  # fmt: skip


@pytest.mark.parametrize("status", [429, 500, 503, 404])
async def test_an_outage_of_a_day_condemns_no_account(
    acme: Running, provider: Provider, clock: FrozenClock, status: int
) -> None:
    linked = await link(acme, provider, 2)
    provider.answer = reply("<html>oh</html>", status=status, headers={"content-type": "text/html"})
    clock.advance(days=2)

    for _ in range(24):
        await check_due(acme.hub)
        clock.advance(hours=1)

    states = [(await shown(acme, each))["status"] for each in linked]
    assert (states, set(provider.asked)) == (["active", "active"], {"key-00", "key-01"})
    provider.answer = GOOD
    provider.asked.clear()
    clock.advance(hours=6)
    assert await check_due(acme.hub) == 2


@pytest.mark.slow
async def test_a_refused_account_is_tried_again_at_growing_pauses_and_works_again(
    acme: Running, provider: Provider, clock: FrozenClock
) -> None:
    (account_id,) = await link(acme, provider)
    provider.answer = REFUSED
    await acme.run(account_id, "acme_me")
    provider.asked.clear()
    hours = list[int]()
    for hour in range(24 * 33):
        before = provider.asked.total()
        await check_due(acme.hub)
        hours += [hour] if provider.asked.total() > before else []
        clock.advance(hours=1)

    assert hours[:4] == [1, 5, 29, 53]
    assert 28 * 24 < hours[-1] <= 31 * 24
    assert (await shown(acme, account_id))["status"] == "error"


async def test_a_refused_account_that_is_good_again_is_active_again(
    acme: Running, provider: Provider, clock: FrozenClock
) -> None:
    (account_id,) = await link(acme, provider)
    provider.answer = REFUSED
    await acme.run(account_id, "acme_me")
    provider.answer = GOOD
    clock.advance(hours=1)

    await check_due(acme.hub)

    account = await shown(acme, account_id)
    assert (account["status"], account["status_reasons"]) == ("active", [])
    assert (await due(acme))[0] > clock.now


@pytest.mark.parametrize("paused", ["suspended", "switched off", "not wanted", "untested"])
async def test_what_is_not_to_be_checked_is_not(
    acme: Running, provider: Provider, clock: FrozenClock, paused: str
) -> None:
    (account_id,) = await link(acme, provider)
    profile = (await shown(acme, account_id))["connector_profile_id"]
    match paused:
        case "suspended":
            await acme.api.post(f"/jackfield/accounts/{account_id}/suspend")
        case "switched off":
            await acme.api.patch(f"/connector_profiles/{profile}", json={"active": False})
        case "not wanted":
            await acme.api.patch("/jackfield/project", json={"check_accounts": False})
        case _:
            await acme.hub.db.unscoped("update accounts set auth_method = 'untested'")
    clock.advance(days=2)

    await check_due(acme.hub)

    assert (provider.asked.total(), await check_due(acme.hub)) == (0, 0)


async def test_a_check_whose_process_died_is_made_by_another(
    acme: Running, provider: Provider, clock: FrozenClock
) -> None:
    await link(acme, provider)
    clock.advance(days=2)
    until = clock.now.replace(microsecond=1)
    await acme.hub.db.unscoped("update account_checks set leased_until = :until", until=until)
    at_once = await check_due(acme.hub)
    clock.advance(minutes=6)

    assert (at_once, await check_due(acme.hub)) == (0, 1)
