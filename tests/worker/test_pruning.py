"""Pruning: what is older than a project wants is forgotten."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from jackfield.members.sessions.service import make_link
from jackfield.projects import service as projects
from jackfield.webhooks.repo import Endpoints
from jackfield.worker.pruning import prune
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.members import browser, member
from tests.support.oakdale import Browser, oakdale
from tests.support.receiver import Receiver, deliver, deliveries, subscribe
from tests.support.running import HubWith, Running

_EXPIRING = (
    "connect_frames",
    "connect_sessions",
    "dashboard_sessions",
    "idempotency_keys",
    "member_links",
    "member_sessions",
    "sign_in_links",
)
pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.mark.parametrize("at_once", [1, 1000])
async def test_what_is_older_than_the_project_wants_is_forgotten_but_for_what_waits(
    hub: Running, receiver: Receiver, clock: FrozenClock, at_once: int
) -> None:
    webhook = await subscribe(hub, receiver.url)
    await hub.api.patch("/jackfield/project", json={"advanced_logs": True})
    account_id = await hub.link()
    for _ in range(3):
        await hub.run(account_id, "iterable_list_channels")
    await hub.api.patch(f"/accounts/{account_id}", json={"label": "Main"})
    await deliver(hub)
    waiting = await hub.link(multiple=True)
    await hub.hub.write_buffer.flush()
    clock.advance(days=31)

    await prune(hub.hub, at_once=at_once)

    assert await hub.hub.db.unscoped("select id from runs") == []
    assert await hub.hub.db.unscoped("select run_id from run_bodies") == []
    assert await hub.hub.db.unscoped("select hour from run_counts") == []
    assert await hub.hub.db.unscoped("select id from api_requests") == []
    assert len(await hub.hub.db.unscoped("select id from events")) == 1
    (left,) = await deliveries(hub, webhook)
    assert left["status"] == "pending"
    await deliver(hub)
    assert receiver.told[-1]["record_id"] == waiting


async def test_what_came_to_an_endpoint_as_it_was_switched_off_does_not_wait_for_ever(
    hub: Running, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    await hub.link()
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        # As if the change had looked at what waits right before this came.
        endpoint = await Endpoints(tx).get(webhook["id"])
        await Endpoints(tx).save(replace(endpoint, active=False))

    await prune(hub.hub)

    (ended,) = await deliveries(hub, webhook)
    assert ended["status"] == "failed"


async def test_a_kind_can_be_kept_for_another_time_than_the_rest(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    await subscribe(hub, receiver.url)
    await hub.api.patch(
        "/jackfield/project",
        json={"advanced_logs": True, "retention": {"bodies": 2, "webhooks": 60, "requests": 5}},
    )
    account_id = await hub.link()
    await hub.run(account_id, "iterable_list_channels")
    await deliver(hub)
    await hub.hub.write_buffer.flush()
    kept = dict[int, list[str]]()

    for days in (3, 6, 31, 61):
        clock.advance(days=days - sum(kept and [max(kept)]))
        await prune(hub.hub)
        kept[days] = [
            table
            for table in ("run_bodies", "runs", "api_requests", "webhook_deliveries", "events")
            if await hub.hub.db.unscoped(f"select 1 as one from {table} limit 1")
        ]

    assert kept == {
        3: ["runs", "api_requests", "webhook_deliveries", "events"],
        6: ["runs", "webhook_deliveries", "events"],
        31: ["webhook_deliveries", "events"],
        61: [],
    }


async def test_what_is_younger_stays_and_so_does_what_other_projects_want(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    await hub.run(account_id, "iterable_list_channels")
    theirs = (await hub.key(project="other"), "")
    await hub.api.get("/accounts", auth=theirs)
    await hub.api.patch("/jackfield/project", json={"retention_days": 60}, auth=theirs)
    clock.advance(days=31)
    await hub.run(account_id, "iterable_list_channels")
    await hub.hub.write_buffer.flush()

    await prune(hub.hub, at_once=1)

    left = await hub.hub.db.unscoped("select project_id from api_requests")
    ours = [row for row in left if row["project_id"] == hub.project.id]
    assert len(await hub.hub.db.unscoped("select id from runs")) == 1
    assert len(await hub.hub.db.unscoped("select hour from run_counts")) == 1
    assert (len(ours) < len(left), await hub.hub.db.unscoped("select id from events")) == (True, [])


async def test_who_writes_gets_a_turn_while_years_of_logs_are_pruned(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    for _ in range(40):
        await hub.run(account_id, "iterable_list_channels")
    await hub.hub.write_buffer.flush()
    clock.advance(days=31)

    pruning = asyncio.create_task(prune(hub.hub, at_once=1))
    await hub.api.patch(f"/accounts/{account_id}", json={"label": "Main"})
    waits = len(await hub.hub.db.unscoped("select id from runs"))
    await pruning

    assert waits > 0
    assert await hub.hub.db.unscoped("select id from runs") == []


async def test_another_process_prunes_what_one_has_not_within_the_hour(
    hub: Running, clock: FrozenClock
) -> None:
    async def run_then_prune() -> int:
        await hub.run(account_id, "iterable_list_channels")
        await hub.hub.write_buffer.flush()
        await hub.hub.db.unscoped("update runs set id = 'run_0' where id <> 'run_0'")
        await prune(hub.hub)
        return len(await hub.hub.db.unscoped("select id from runs"))

    account_id = await hub.link()
    first = await run_then_prune()
    again = await run_then_prune()
    clock.advance(hours=1)
    await prune(hub.hub)

    assert (first, again) == (0, 1)
    assert await hub.hub.db.unscoped("select id from runs") == []


async def test_what_nobody_confirmed_in_time_leaves_no_credential(
    hub: Running, clock: FrozenClock
) -> None:
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    link_id = await hub.link()
    owners = (link_id, f"identity:{link_id}")
    clock.advance(days=3, seconds=1)

    await prune(hub.hub)

    kept = await hub.hub.db.unscoped("select owner_id from credentials")
    assert [row["owner_id"] for row in kept if row["owner_id"] in owners] == []
    late = await hub.api.post(f"/jackfield/pending_links/{link_id}/confirm")
    assert (late.status_code, late.json()["code"]) == (410, "pending_link_expired")


async def test_what_was_typed_for_a_sign_in_that_was_left_is_forgotten(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    async with oakdale(hub_with) as (hub, _provider):
        asked = await Browser.of(hub).leave(hub)
        sealed = await hub.hub.db.unscoped("select owner_id from credentials")
        clock.advance(hours=1)
        await prune(hub.hub)
        early = await hub.hub.db.unscoped("select id from sign_ins")
        clock.advance(hours=1)
        await prune(hub.hub)
        left = await hub.hub.db.unscoped("select owner_id from credentials")
        gone = await hub.hub.db.unscoped("select id from sign_ins")

    assert asked["attempt"] in {row["owner_id"] for row in sealed}
    assert [row["id"] for row in early] == [asked["attempt"]]
    assert asked["attempt"] not in {row["owner_id"] for row in left}
    assert gone == []


async def test_what_has_expired_is_forgotten(hub: Running, clock: FrozenClock) -> None:
    sealed = await hub.hub.db.unscoped("select owner_id from credentials")
    body = {"origin_owner_id": "acme", "origin_owner_name": "Acme"}
    headers = {"idempotency-key": "once"}
    made = await hub.api.post("/connect_sessions", json=body, headers=headers)
    framed = await hub.api.post(
        "/hub/frames",
        headers={"origin": "https://hub.test", "x-hub-session-token": made.json()["token"]},
    )
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        link = await projects.open_sign_in(tx)
    await projects.sign_in(hub.hub, link)
    ada = await member(hub, "ada@example.com")
    await make_link(hub.hub, hub.project.id, ada, TESTER)
    async with browser(hub, ada):
        pass
    assert framed.status_code == 201, framed.text
    clock.advance(days=40)

    await prune(hub.hub)

    assert await hub.hub.db.unscoped("select owner_id from credentials") == sealed
    for table in _EXPIRING:
        assert await hub.hub.db.unscoped(f"select * from {table}") == [], table


async def test_what_machines_no_longer_share_of_limits_is_forgotten(
    hub: Running, clock: FrozenClock
) -> None:
    db, old = hub.hub.db, clock.now - timedelta(days=2)
    for key, full_at, until in ((1, 100.0, old), (2, 5000.0, clock.now)):
        await db.unscoped(
            "insert into limit_slots (key, full_at, granted) values (:key, :full_at, 1)",
            key=key,
            full_at=full_at,
        )
        await db.unscoped(
            "insert into limit_places (key, place, process, leased_until) "
            "values (:key, 1, 'p', :until)",
            key=key,
            until=until,
        )
        await db.unscoped(
            "insert into limit_lines (key, process, since, until) values (:key, 'p', :until, :until)",
            key=key,
            until=until,
        )

    await prune(hub.hub)

    for statement in (
        "select key from limit_slots",
        "select key from limit_places",
        "select key from limit_lines",
    ):
        assert await db.unscoped(statement) == [{"key": 2}]
