"""The dashboard's deliveries of an endpoint: their attempts, and replays with a stop."""

import re

import pytest

from jackfield.webhooks.replays import service as replays
from tests.api.test_dashboard import sign_in
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver, subscribe
from tests.support.running import Running
from tests.support.scripted import reply

pytestmark = [pytest.mark.anyio, pytest.mark.database]

STOP = re.compile(r'name="replay" value="(\w+)"')


@pytest.fixture
async def hub(open_hub: Running) -> Running:
    await sign_in(open_hub)
    return open_hub


async def shown(hub: Running, place: str, query: str = "") -> str:
    response = await hub.api.get(f"{place}{query}")
    assert response.status_code == 200, response.text
    return response.text


def listed(page: str) -> list[str]:
    return re.findall(r'/deliveries/(\w+)"', page)


async def endpoint(hub: Running, receiver: Receiver) -> str:
    return f"/dashboard/webhooks/{(await subscribe(hub, receiver.url, ['*']))['id']}"


async def test_a_delivery_shows_its_attempts_what_was_sent_and_what_was_answered(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    place = await endpoint(hub, receiver)
    receiver.answers = [reply(b"<b>no such customer</b>", status=400), reply()]
    account = await hub.link()
    await deliver(hub)
    (event_id,) = listed(await shown(hub, place))
    waiting = await shown(hub, f"{place}/deliveries/{event_id}")
    clock.advance(minutes=1)
    await deliver(hub)

    page = await shown(hub, f"{place}/deliveries/{event_id}")

    assert "Next try" in waiting
    assert "Try now" in waiting
    assert "the receiver answered 400" in page
    assert "&lt;b&gt;no such customer&lt;/b&gt;" in page
    assert "Taken, 200" in page
    assert f"&#34;account_id&#34;: &#34;{account}&#34;" in page


async def test_deliveries_are_filtered_by_status_and_paged(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    place = await endpoint(hub, receiver)
    account = await hub.link()
    for verb in ["suspend", "resume"] * 13:
        clock.advance(seconds=1)
        await hub.api.post(f"/jackfield/accounts/{account}/{verb}", auth=(hub.api_key, ""))

    first = await shown(hub, place)
    later = re.search(r'href="\?([^"#]+)#deliveries" rel="next"', first)
    assert later is not None
    rest = await shown(hub, place, f"?{later[1].replace('&amp;', '&')}")

    assert (len(listed(first)), len(listed(rest))) == (25, 2)
    assert set(listed(first)).isdisjoint(listed(rest))
    assert len(listed(await shown(hub, place, "?status=pending"))) == 25
    assert listed(await shown(hub, place, "?status=failed")) == []
    assert "No such delivery" in await shown(hub, place, "?status=failed")
    assert (await hub.api.get(f"{place}?after=nonsense")).status_code == 422


async def test_one_delivery_is_replayed(hub: Running, receiver: Receiver) -> None:
    place = await endpoint(hub, receiver)
    await hub.link()
    await deliver(hub)
    (event_id,) = listed(await shown(hub, place))

    await hub.api.post(f"{place}/deliveries/{event_id}/replay")
    await deliver(hub)

    assert [each["event"] for each in receiver.told] == ["account.created"] * 2
    assert (await shown(hub, f"{place}/deliveries/{event_id}")).count("Taken, 200") == 2


async def test_a_replay_by_filter_shows_how_far_it_is_and_can_be_stopped(
    hub: Running, receiver: Receiver
) -> None:
    place = await endpoint(hub, receiver)
    await hub.link()
    await hub.link(origin_owner_id="other")
    await deliver(hub)
    form = {"outcome": "all", "event": "account.created", "since": "2026-03-01T00:00"}

    await hub.api.post(f"{place}/replay", data=form)
    await replays.work_off(hub.hub, at_once=1)
    running = await shown(hub, place)
    found = STOP.search(running)
    assert found is not None
    await hub.api.post(f"{place}/stop", data={"replay": found[1]})
    await deliver(hub)

    assert "1 of 2 to be delivered again" in running
    assert len(receiver.told) == 3
    assert "1 of 2, stopped: it was stopped" in await shown(hub, place)


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({}, "Choose which deliveries"),
        ({"outcome": "some"}, "Choose which deliveries"),
        ({"outcome": "all", "since": "yesterday"}, "Write a time"),
        ({"outcome": "all", "event": "account.exploded"}, "unknown event"),
    ],
)
async def test_a_replay_that_cannot_be_says_why(
    hub: Running, receiver: Receiver, form: dict[str, str], problem: str
) -> None:
    place = await endpoint(hub, receiver)

    response = await hub.api.post(f"{place}/replay", data=form)

    assert response.status_code == 422
    assert problem in response.text


async def test_a_delivery_that_is_not_there_is_not_found(hub: Running, receiver: Receiver) -> None:
    place = await endpoint(hub, receiver)

    for path in (f"{place}/deliveries/evt_0", "/dashboard/webhooks/whe_0/deliveries/evt_0"):
        assert (await hub.api.get(path)).status_code == 404
        assert (await hub.api.post(f"{path}/replay")).status_code == 404
