"""Replays: what an endpoint missed, or all of it, is delivered again, once and in order."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from jackfield.projects import service as projects
from jackfield.webhooks import service as webhooks
from jackfield.webhooks.models import EndpointChange
from jackfield.webhooks.replays import service as replays
from jackfield.webhooks.replays.repo import claim
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver, deliveries, subscribe
from tests.support.running import Running
from tests.support.scripted import reply

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
def hub(open_hub: Running) -> Running:
    return open_hub


@pytest.fixture
async def webhook(hub: Running, receiver: Receiver) -> dict[str, Any]:
    return await subscribe(hub, receiver.url, ["*"])


async def happen(hub: Running, clock: FrozenClock, times: int) -> str:
    """Link an account, and suspend and resume it so that so many events happen; return its id."""
    account = await hub.link()
    for place in range(times - 1):
        clock.advance(seconds=1)
        verb = "resume" if place % 2 else "suspend"
        await hub.api.post(f"/jackfield/accounts/{account}/{verb}")
    return account


async def miss(hub: Running, webhook: dict[str, Any], receiver: Receiver) -> None:
    """Let all that waits fail for good."""
    for active in (False, True):
        await hub.api.patch(f"/jackfield/webhooks/{webhook['id']}", json={"active": active})
    assert receiver.told == []


async def start(hub: Running, webhook: dict[str, Any], **chosen: Any) -> dict[str, Any]:
    response = await hub.api.post(f"/jackfield/webhooks/{webhook['id']}/replays", json=chosen)
    assert response.status_code == 201, response.text
    return response.json()


async def progress(hub: Running, replay: dict[str, Any]) -> dict[str, Any]:
    response = await hub.api.get(
        f"/jackfield/webhooks/{replay['webhook_id']}/replays/{replay['id']}"
    )
    assert response.status_code == 200, response.text
    return response.json()


async def test_all_that_failed_is_delivered_again_in_order_and_once(
    hub: Running, webhook: dict[str, Any], receiver: Receiver, clock: FrozenClock
) -> None:
    await happen(hub, clock, 7)
    await miss(hub, webhook, receiver)

    replay = await start(hub, webhook)
    while (await progress(hub, replay))["status"] == "running":
        await replays.work_off(hub.hub, at_once=2)
        await deliver(hub)

    dates = [each["event_date"] for each in receiver.told]
    assert (replay["status"], replay["total"], replay["begun"]) == ("running", 7, 0)
    assert (await progress(hub, replay))["begun"] == 7
    assert dates == sorted(set(dates))
    assert len(dates) == 7
    assert await deliver(hub) == 0


async def test_processes_share_a_replay_and_none_delivers_what_another_did(
    hub: Running, webhook: dict[str, Any], receiver: Receiver, clock: FrozenClock
) -> None:
    await happen(hub, clock, 9)
    await miss(hub, webhook, receiver)
    replay = await start(hub, webhook)

    while (await progress(hub, replay))["status"] == "running":
        await asyncio.gather(*(replays.work_off(hub.hub, at_once=2) for _ in range(4)))
        await deliver(hub)

    assert len(receiver.told) == 9
    assert (await progress(hub, replay))["begun"] == 9


async def test_a_replay_whose_process_died_is_taken_up_where_it_was(
    hub: Running, webhook: dict[str, Any], receiver: Receiver, clock: FrozenClock
) -> None:
    await happen(hub, clock, 3)
    await miss(hub, webhook, receiver)
    replay = await start(hub, webhook)
    await replays.work_off(hub.hub, at_once=2)
    await deliver(hub)
    assert len(await claim(hub.hub.db, until=clock() + timedelta(seconds=30), most=1)) == 1

    await replays.work_off(hub.hub)
    held = await progress(hub, replay)
    clock.advance(seconds=31)
    await replays.work_off(hub.hub)
    await deliver(hub)

    assert (held["status"], held["begun"]) == ("running", 2)
    assert (await progress(hub, replay))["status"] == "done"
    assert len(receiver.told) == 3


async def test_a_stopped_replay_begins_nothing_more(
    hub: Running, webhook: dict[str, Any], receiver: Receiver, clock: FrozenClock
) -> None:
    await happen(hub, clock, 6)
    await miss(hub, webhook, receiver)
    replay = await start(hub, webhook)
    await replays.work_off(hub.hub, at_once=2)

    path = f"/jackfield/webhooks/{webhook['id']}/replays/{replay['id']}"
    stopped = (await hub.api.delete(path)).json()
    again = (await hub.api.delete(path)).json()
    await deliver(hub)
    await replays.work_off(hub.hub)
    await deliver(hub)
    failed = await deliveries(hub, webhook, "?status=failed")
    event_id = failed[0]["event_id"]
    one = f"/jackfield/webhooks/{webhook['id']}/deliveries/{event_id}/replay"
    await hub.api.post(one)
    query = {"query": "kind:webhook.replay_stopped"}, {"query": "kind:webhook.replayed"}
    told = [(await hub.api.get("/jackfield/audit", params=each)).json()["data"] for each in query]

    assert stopped == again
    assert [each["details"] for each in told[0]] == [{"replay_id": replay["id"]}]
    assert told[1][0]["details"] == {"event_id": event_id, "count": 1}
    assert told[1][1]["details"]["replay_id"] == replay["id"]
    assert told[1][1]["details"]["count"] == 6
    assert (stopped["status"], stopped["begun"]) == ("stopped", 2)
    assert stopped["ended_reason"] == "it was stopped"
    assert len(receiver.told) == 2
    assert len(failed) == 4


async def test_only_the_chosen_events_of_the_chosen_time_are_delivered_again(
    hub: Running, webhook: dict[str, Any], receiver: Receiver, clock: FrozenClock
) -> None:
    account = await happen(hub, clock, 3)
    clock.advance(hours=1)
    since = clock()
    await hub.api.post(f"/jackfield/accounts/{account}/suspend")
    clock.advance(hours=1)
    until = clock()
    await hub.api.delete(f"/accounts/{account}")
    await miss(hub, webhook, receiver)

    found = {
        name: (await _all_of(hub, webhook, chosen))
        for name, chosen in {
            "types": {"events": ["account.created", "account.deleted"]},
            "since": {"since": since.isoformat()},
            "until": {"until": since.isoformat()},
            "between": {"since": since.isoformat(), "until": until.isoformat()},
            "taken": {"status": "delivered"},
        }.items()
    }

    assert found == {"types": 2, "since": 2, "until": 3, "between": 1, "taken": 0}


async def _all_of(hub: Running, webhook: dict[str, Any], chosen: dict[str, Any]) -> int:
    """Start a replay and stop it before it begins anything; return how much it is of."""
    replay = await start(hub, webhook, **chosen)
    await hub.api.delete(f"/jackfield/webhooks/{webhook['id']}/replays/{replay['id']}")
    return replay["total"]


async def test_what_was_taken_is_told_again_only_if_asked_for_and_later_events_once(
    hub: Running, webhook: dict[str, Any], receiver: Receiver, clock: FrozenClock
) -> None:
    account = await happen(hub, clock, 2)
    await deliver(hub)
    failed = await start(hub, webhook)
    everything = await start(hub, webhook, status="all")
    clock.advance(seconds=1)
    await hub.api.delete(f"/accounts/{account}")
    await deliver(hub)
    await replays.work_off(hub.hub)
    await deliver(hub)
    await replays.work_off(hub.hub)

    told = [each["event"] for each in receiver.told]
    assert (failed["status"], failed["total"]) == ("done", 0)
    assert everything["total"] == 2
    assert told.count("account.created") == 2
    assert told.count("account.deleted") == 1
    assert (await progress(hub, everything))["status"] == "done"


async def test_an_endpoint_that_is_gone_ends_its_replay(
    hub: Running, webhook: dict[str, Any], receiver: Receiver, clock: FrozenClock
) -> None:
    await happen(hub, clock, 4)
    await miss(hub, webhook, receiver)
    receiver.answers = [reply(status=410)]
    replay = await start(hub, webhook)
    await replays.work_off(hub.hub, at_once=1)
    await deliver(hub)
    await replays.work_off(hub.hub, at_once=1)

    ended = await progress(hub, replay)
    refused = await hub.api.post(f"/jackfield/webhooks/{webhook['id']}/replays", json={})

    assert (ended["status"], ended["ended_reason"]) == ("stopped", "the endpoint is disabled")
    assert len(receiver.told) == 1
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook_inactive")


async def test_a_replay_ends_with_its_endpoint_and_keeps_no_other_from_going_on(
    hub: Running, webhook: dict[str, Any], receiver: Receiver, clock: FrozenClock
) -> None:
    other = await subscribe(hub, receiver.url, ["*"])
    await happen(hub, clock, 4)
    for each in (webhook, other):
        await miss(hub, each, receiver)
    replay = await start(hub, other)
    await start(hub, webhook)
    await replays.work_off(hub.hub, at_once=1)

    await asyncio.gather(
        hub.api.delete(f"/jackfield/webhooks/{webhook['id']}"), replays.work_off(hub.hub)
    )
    await replays.work_off(hub.hub)

    gone = await hub.api.get(f"/jackfield/webhooks/{webhook['id']}/replays")
    assert gone.status_code == 404
    assert (await progress(hub, replay))["status"] == "done"


async def test_an_endpoint_has_one_replay_at_a_time(
    hub: Running, webhook: dict[str, Any], receiver: Receiver, clock: FrozenClock
) -> None:
    await happen(hub, clock, 2)
    await miss(hub, webhook, receiver)
    path = f"/jackfield/webhooks/{webhook['id']}/replays"

    answers = await asyncio.gather(*(hub.api.post(path, json={}) for _ in range(5)))
    listed = (await hub.api.get(path)).json()["data"]

    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409]
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {
        "replay_running"
    }
    assert [each["status"] for each in listed] == ["running"]


@pytest.mark.parametrize(
    ("chosen", "fault"),
    [
        ({"events": ["account.exploded"]}, "events"),
        ({"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "until"),
        ({"status": "pending"}, "status"),
        ({"since": "yesterday"}, "since"),
    ],
)
async def test_a_replay_that_cannot_be_says_why(
    hub: Running, webhook: dict[str, Any], chosen: dict[str, Any], fault: str
) -> None:
    response = await hub.api.post(f"/jackfield/webhooks/{webhook['id']}/replays", json=chosen)

    assert response.status_code in (400, 422)
    assert fault in response.text


async def test_replays_of_another_project_are_neither_seen_nor_stopped(
    hub: Running, webhook: dict[str, Any], receiver: Receiver, clock: FrozenClock
) -> None:
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    async with hub.hub.db.write(theirs.id, TESTER) as tx:
        other, _ = await webhooks.create(
            tx, hub.hub.vault, EndpointChange(receiver.url, ("*",)), private=True
        )
    await happen(hub, clock, 1)
    await miss(hub, webhook, receiver)
    replay = await start(hub, webhook)

    answers = {
        (await hub.api.request(method, f"/jackfield/webhooks/{endpoint}/replays{rest}")).status_code
        for method, endpoint, rest in (
            ("GET", other.id, ""),
            ("GET", other.id, f"/{replay['id']}"),
            ("DELETE", other.id, f"/{replay['id']}"),
            ("GET", webhook["id"], "/whr_0"),
        )
    }

    assert answers == {404}
    assert (await progress(hub, replay))["status"] == "running"
