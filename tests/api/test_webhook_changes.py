"""Changes of webhooks that have events waiting, and replays of many deliveries at once."""

from typing import Any

import pytest

from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver, deliveries, subscribe
from tests.support.running import Running
from tests.support.scripted import reply

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def test_what_waits_is_still_told_after_other_events_are_wanted(
    open_hub: Running, receiver: Receiver
) -> None:
    webhook = await subscribe(open_hub, receiver.url)
    account = await open_hub.link()

    await open_hub.api.patch(
        f"/jackfield/webhooks/{webhook['id']}", json={"events": ["account.updated"]}
    )
    await open_hub.api.delete(f"/accounts/{account}")
    await deliver(open_hub)

    assert [each["event"] for each in receiver.told] == ["account.created"]


async def test_switching_an_endpoint_off_ends_what_waits_until_it_is_replayed(
    open_hub: Running, receiver: Receiver
) -> None:
    webhook = await subscribe(open_hub, receiver.url)
    await open_hub.link()
    path = f"/jackfield/webhooks/{webhook['id']}"

    await open_hub.api.patch(path, json={"active": False})
    await open_hub.api.patch(path, json={"active": True})
    assert await deliver(open_hub) == 0
    (ended,) = await deliveries(open_hub, webhook)
    replayed = await open_hub.api.post(f"{path}/deliveries/replay")

    assert (ended["status"], ended["last_error"]) == ("failed", "the endpoint was switched off")
    assert (replayed.status_code, replayed.json()) == (200, {"replayed": 1})
    assert await deliver(open_hub) == 1
    assert (await open_hub.api.post(f"{path}/deliveries/replay")).json() == {"replayed": 0}


async def test_many_deliveries_are_made_again_some_at_a_time(
    open_hub: Running, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jackfield.http.resources.webhooks._REPLAYED_AT_ONCE", 2)
    webhook = await subscribe(open_hub, receiver.url)
    for _ in range(5):
        await open_hub.link(multiple=True)
    path = f"/jackfield/webhooks/{webhook['id']}"
    await open_hub.api.patch(path, json={"active": False})
    await open_hub.api.patch(path, json={"active": True})

    replayed = await open_hub.api.post(f"{path}/deliveries/replay")

    assert replayed.json() == {"replayed": 5}
    assert await deliver(open_hub) == 5


async def test_deliveries_of_a_stretch_of_time_are_made_again(
    open_hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    webhook = await subscribe(open_hub, receiver.url)
    other = await subscribe(open_hub, receiver.url)
    receiver.answers = [reply()]
    for _ in range(3):
        await open_hub.link(multiple=True)
        await deliver(open_hub)
        clock.advance(seconds=3600)
    path = f"/jackfield/webhooks/{webhook['id']}/deliveries/replay"

    times = "since=2026-03-01T10:00:00Z&until=2026-03-01T11:30:00"
    none = await open_hub.api.post(f"{path}?{times}")
    some = await open_hub.api.post(f"{path}?status=delivered&{times}")
    refused = await open_hub.api.post(f"{path}?status=pending")
    missing = await open_hub.api.post("/jackfield/webhooks/whe_0/deliveries/replay")

    assert (none.json(), some.json()) == ({"replayed": 0}, {"replayed": 1})
    assert refused.status_code == 422
    assert (missing.status_code, missing.json()["code"]) == (404, "webhook_not_found")
    assert await deliver(open_hub) == 1
    assert len(await deliveries(open_hub, other, "?status=delivered")) == 3


@pytest.mark.parametrize(
    ("method", "body", "said"),
    [
        ("PATCH", {"foo": 1}, "unknown field `foo`"),
        ("PATCH", {"evnts": ["*"]}, "unknown field `evnts`; did you mean 'events'?"),
        (
            "PATCH",
            {"active": False, "Active": True},
            "unknown field `Active`; did you mean 'active'?",
        ),
        ("POST", {"secret": "whsec_mine"}, "unknown field `secret`"),
    ],
)
async def test_a_field_that_no_webhook_has_is_refused_and_changes_nothing(
    open_hub: Running, receiver: Receiver, method: str, body: dict[str, Any], said: str
) -> None:
    webhook = await subscribe(open_hub, receiver.url)
    path = "/jackfield/webhooks"

    response = await open_hub.api.request(
        method,
        path if method == "POST" else f"{path}/{webhook['id']}",
        json=body if method == "PATCH" else {"url": receiver.url, "events": ["*"], **body},
    )

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert said in response.json()["message"]
    assert "whsec_mine" not in response.text
    (kept,) = (await open_hub.api.get(path)).json()["data"]
    assert kept["active"] is True


async def test_a_webhook_shows_what_is_still_to_be_delivered_to_it(
    open_hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    receiver.answers = [reply(status=500), reply()]
    webhook = await subscribe(open_hub, receiver.url)
    other = await subscribe(open_hub, receiver.url, ["connector.updated"])
    await open_hub.link()
    await deliver(open_hub)
    clock.advance(seconds=1)
    await open_hub.link(multiple=True)

    listed = (await open_hub.api.get("/jackfield/webhooks")).json()["data"]
    shown = (await open_hub.api.get(f"/jackfield/webhooks/{webhook['id']}")).json()
    clock.advance(seconds=6)
    await deliver(open_hub)
    after = (await open_hub.api.get(f"/jackfield/webhooks/{webhook['id']}")).json()

    nothing = {"pending": 0, "oldest_at": None, "next_attempt_at": None}
    backlogs = {each["id"]: each["backlog"] for each in listed}
    assert backlogs == {
        webhook["id"]: {
            "pending": 2,
            "oldest_at": "2026-03-01T09:30:00Z",
            "next_attempt_at": "2026-03-01T09:30:01Z",
        },
        other["id"]: nothing,
    }
    assert shown["backlog"] == backlogs[webhook["id"]]
    assert after["backlog"] == nothing


async def test_a_backlog_is_counted_up_to_a_bound(
    open_hub: Running, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jackfield.webhooks.backlog.repo.MOST_COUNTED", 2)
    webhook = await subscribe(open_hub, receiver.url)
    for _ in range(3):
        await open_hub.link(multiple=True)

    shown = (await open_hub.api.get(f"/jackfield/webhooks/{webhook['id']}")).json()

    assert shown["backlog"]["pending"] == 2
