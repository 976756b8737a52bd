"""How fast receivers of webhooks answer, as the API and the page say it."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from jackfield.kit.ids import EventId
from jackfield.webhooks.attempts.repo import Attempts
from jackfield.webhooks.models import ClaimedDelivery, DeliveryResult, EndpointId
from jackfield.webhooks.outcomes.repo import MOST_TIMED
from tests.support.actor import TESTER
from tests.support.browsing import signed_in
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, subscribe
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
def hub(open_hub: Running) -> Running:
    return open_hub


async def attempts(
    hub: Running, webhook: str, times: Sequence[int | None], *, status: int | None = 200
) -> None:
    """Store attempts as they are stored when they end."""
    now = hub.hub.clock()
    results = [
        (
            ClaimedDelivery(
                hub.project.id,
                EndpointId(webhook),
                EventId.new(now),
                0,
                now + timedelta(minutes=1),
                None,
                None,
            ),
            DeliveryResult(status, None if status == 200 else "refused", duration_ms=time),
        )
        for time in times
    ]
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await Attempts(tx).add(results)


async def p95(hub: Running) -> dict[str, int | None]:
    listed = (await hub.api.get("/jackfield/webhooks")).json()["data"]
    return {each["id"]: each["last_day"]["p95_ms"] for each in listed}


async def test_95_of_100_answers_of_a_day_came_within_what_is_said(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    ids = [(await subscribe(hub, receiver.url))["id"] for _ in range(3)]
    await attempts(hub, ids[0], [60_000] * 50)
    clock.advance(hours=25)
    await attempts(hub, ids[0], list(range(100, 0, -1)))
    # An answer that never came says nothing of how fast others come, and a refusal is an answer.
    await attempts(hub, ids[0], [30_000] * 50, status=None)
    await attempts(hub, ids[1], [7], status=500)

    found = await p95(hub)
    one = (await hub.api.get(f"/jackfield/webhooks/{ids[0]}")).json()

    assert found == {ids[0]: 95, ids[1]: 7, ids[2]: None}
    assert one["last_day"]["p95_ms"] == 95


async def test_only_the_newest_answers_of_a_busy_endpoint_are_looked_at(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    webhook = (await subscribe(hub, receiver.url))["id"]
    await attempts(hub, webhook, [9000] * 500)
    clock.advance(seconds=1)
    await attempts(hub, webhook, [20] * MOST_TIMED)

    assert await p95(hub) == {webhook: 20}


async def test_the_page_says_how_fast_each_endpoint_answers(
    hub: Running, receiver: Receiver
) -> None:
    fast, slow = [(await subscribe(hub, receiver.url))["id"] for _ in range(2)]
    await attempts(hub, fast, [40, 80])
    await attempts(hub, slow, [2345])
    browser = await signed_in(hub)

    listed = (await browser.get("/dashboard/webhooks")).text
    shown = (await browser.get(f"/dashboard/webhooks/{slow}")).text

    assert ">80 ms" in listed
    assert ">2.35 s" in listed or ">2.34 s" in listed
    assert "<dt>Answers, p95</dt>" in shown
