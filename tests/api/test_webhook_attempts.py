"""Attempts of deliveries: what was sent, and what each attempt came to."""

from typing import Any

import pytest

from jackfield.webhooks.attempts.repo import Attempts
from jackfield.webhooks.models import EndpointId
from jackfield.worker import pruning
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver, deliveries, subscribe
from tests.support.running import Running
from tests.support.scripted import reply

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
def hub(open_hub: Running) -> Running:
    return open_hub


async def detail(hub: Running, webhook: dict[str, Any]) -> dict[str, Any]:
    (delivery,) = await deliveries(hub, webhook)
    place = f"/jackfield/webhooks/{webhook['id']}/deliveries/{delivery['event_id']}/attempts"
    response = await hub.api.get(place)
    assert response.status_code == 200, response.text
    return response.json()


async def kept(hub: Running, webhook: dict[str, Any], event_id: str) -> list[Any]:
    async with hub.hub.db.read(hub.project.id) as tx:
        return await Attempts(tx).of(EndpointId(webhook["id"]), event_id)


async def test_each_attempt_is_listed_with_what_it_came_to_and_what_was_sent(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    webhook = await subscribe(hub, receiver.url)
    receiver.answers = [reply(status=503), reply(status=302), reply()]
    await hub.link()
    for _ in range(3):
        await deliver(hub)
        clock.advance(minutes=1)

    found = await detail(hub, webhook)

    assert [each["status"] for each in found["attempts"]] == [200, 302, 503]
    assert [each["error"] for each in found["attempts"]] == [
        None,
        "the receiver answered 302",
        "the receiver answered 503",
    ]
    assert all(each["duration_ms"] >= 0 for each in found["attempts"])
    assert found["delivery"]["status"] == "delivered"
    assert found["payload"] == {
        name: value for name, value in receiver.told[0].items() if name != "sent_at"
    }


async def test_of_a_refusal_the_beginning_is_kept_without_secrets_and_not_told_by_the_api(
    hub: Running, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    body = f"\x00 no: {webhook['secret']} is not right. {'x' * 5000}".encode()
    receiver.answers = [reply(body, status=400)]
    await hub.link()
    await deliver(hub)

    found = await detail(hub, webhook)
    (attempt,) = await kept(hub, webhook, found["delivery"]["event_id"])

    assert attempt.answer is not None
    assert "is not right" in attempt.answer
    assert webhook["secret"] not in attempt.answer
    assert len(attempt.answer) == 1000
    assert "is not right" not in str(found)


async def test_of_what_was_taken_no_answer_is_kept(hub: Running, receiver: Receiver) -> None:
    webhook = await subscribe(hub, receiver.url)
    receiver.answers = [reply(b"thank you")]
    await hub.link()
    await deliver(hub)

    found = await detail(hub, webhook)
    (attempt,) = await kept(hub, webhook, found["delivery"]["event_id"])

    assert (attempt.status, attempt.answer) == (200, None)


async def test_attempts_and_replays_are_forgotten_with_the_projects_logs_and_with_their_endpoint(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    old, other = [await subscribe(hub, receiver.url) for _ in range(2)]
    await hub.link()
    await deliver(hub)
    event_id = (await deliveries(hub, old))[0]["event_id"]
    await hub.api.post(f"/jackfield/webhooks/{old['id']}/replays", json={})
    before = [len(await kept(hub, each, event_id)) for each in (old, other)]
    await hub.api.delete(f"/jackfield/webhooks/{other['id']}")
    deleted = [len(await kept(hub, each, event_id)) for each in (old, other)]

    clock.advance(days=60)
    await pruning.prune(hub.hub, at_once=1)

    replays = (await hub.api.get(f"/jackfield/webhooks/{old['id']}/replays")).json()["data"]
    assert before == [1, 1]
    assert deleted == [1, 0]
    assert [len(await kept(hub, each, event_id)) for each in (old, other)] == [0, 0]
    assert replays == []


async def test_an_attempt_whose_endpoint_was_deleted_meanwhile_keeps_no_other_from_being_stored(
    hub: Running, receiver: Receiver
) -> None:
    gone, webhook = [await subscribe(hub, receiver.url) for _ in range(2)]
    await hub.link()
    await hub.api.delete(f"/jackfield/webhooks/{gone['id']}")
    await deliver(hub)

    assert len((await detail(hub, webhook))["attempts"]) == 1


async def test_what_became_of_a_days_events_is_counted_for_each_endpoint(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    idle = await subscribe(hub, receiver.url, ["connector.updated"])
    webhook = await subscribe(hub, receiver.url)
    await hub.link()
    await deliver(hub)
    clock.advance(hours=25)
    receiver.answers = [reply(), reply(status=410)]
    await hub.link(origin_owner_id="second")
    await deliver(hub)
    await hub.link(origin_owner_id="third")
    await deliver(hub)

    listed = (await hub.api.get("/jackfield/webhooks")).json()["data"]
    shown = (await hub.api.get(f"/jackfield/webhooks/{webhook['id']}")).json()

    days = {each["id"]: each["last_day"] for each in listed}
    assert {key: (day["delivered"], day["failed"]) for key, day in days.items()} == {
        idle["id"]: (0, 0),
        webhook["id"]: (1, 1),
    }
    assert shown["last_day"] == days[webhook["id"]]
