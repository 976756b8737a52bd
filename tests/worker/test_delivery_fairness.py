"""What a backlog, a slow and a dead receiver cost the others: nothing."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest

from jackfield.events.models import EventType
from jackfield.events.payloads import EventPayload
from jackfield.kit.ids import EventId
from jackfield.kit.json import encode
from jackfield.webhooks.backlog.repo import claim
from jackfield.webhooks.delivery import settle
from jackfield.webhooks.models import ClaimedDelivery, DeliveryResult
from jackfield.worker.deliveries import Deliverer
from jackfield.worker.delivery_queues import DeliveryQueues, Pace
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliveries, subscribe
from tests.support.running import PATIENCE, Running
from tests.support.scripted import Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.database]


class _Happened(EventPayload, frozen=True, kw_only=True):
    endpoint: str
    n: int


async def wait(hub: Running, clock: FrozenClock, endpoints: Sequence[str], count: int) -> None:
    """Let `count` events wait for each of `endpoints`: all of the first, then of the next."""
    events: list[dict[str, object]] = []
    waiting: list[dict[str, object]] = []
    for endpoint in endpoints:
        for n in range(count):
            happened = _Happened(
                project_id=hub.project.id,
                event=EventType.ACCOUNT_UPDATED,
                event_date=clock(),
                record_type="account",
                record_id=f"acc_{n % 5}",
                endpoint=endpoint,
                n=n,
            )
            event_id = EventId.new(clock())
            waiting.append({"id": event_id, "endpoint": endpoint})
            events.append(
                {
                    "id": event_id,
                    "type": happened.event,
                    "subject": happened.record_id,
                    "body": encode(happened).decode(),
                }
            )
            clock.advance(seconds=0.001)
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await tx.executemany(
            """
            insert into events (id, project_id, type, subject, body, created_at)
            values (:id, :project_id, :type, :subject, :body, :now)
            """,
            events,
        )
        await tx.executemany(
            """
            insert into webhook_deliveries
                   (endpoint_id, event_id, project_id, status, attempts, due_at, created_at,
                    updated_at)
            values (:endpoint, :id, :project_id, 'pending', 0, :now, :now, :now)
            """,
            waiting,
        )


async def claim_all(
    hub: Running, clock: FrozenClock, endpoints: Sequence[str]
) -> list[ClaimedDelivery]:
    return await claim(
        hub.hub.db,
        endpoints=endpoints,
        until=clock() + timedelta(seconds=60),
        most=9,
        each=9,
        looked_at=9,
    )


@pytest.mark.slow
async def test_dead_and_silent_receivers_keep_no_other_waiting(
    hub: Running, clock: FrozenClock, receiver: Receiver
) -> None:
    all_told = asyncio.Event()

    async def take(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await reply()(writer, seen)
        if len(receiver.server.seen) == 3 * 40:
            all_told.set()

    async def hang(_writer: asyncio.StreamWriter, _seen: Seen) -> None:
        await asyncio.Event().wait()

    receiver.answers = [take]
    async with scripted(hang) as silent, scripted(reply()) as dead:
        # Nothing listens there any more.
        dead.stop()
        bad = [await subscribe(hub, f"{silent.url}/{each}") for each in range(20)]
        bad += [await subscribe(hub, f"{dead.url}/{each}") for each in range(10)]
        good = [await subscribe(hub, f"{receiver.url}/{each}") for each in range(3)]
        await wait(hub, clock, [each["id"] for each in (*bad, *good)], 40)

        working = asyncio.create_task(Deliverer(hub.hub, seconds=PATIENCE).run())
        async with asyncio.timeout(PATIENCE):
            await all_told.wait()
        # No attempt had to end for the others to be made.
        given_up = [await deliveries(hub, each) for each in bad[:20]]
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    assert {each["attempts"] for some in given_up for each in some} == {0}
    assert len({each["n"] for each in receiver.told}) == 40


@pytest.mark.slow
async def test_endpoints_with_long_backlogs_take_turns(
    hub: Running, clock: FrozenClock, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # None of them is slow, and none has its secret read again, however busy the machine is.
    monkeypatch.setattr("jackfield.worker.deliveries._QUICK_SECONDS", PATIENCE)
    monkeypatch.setattr("jackfield.worker.deliveries._FRESH_SECONDS", PATIENCE)
    endpoints = [(await subscribe(hub, f"{receiver.url}/{each}"))["id"] for each in range(6)]
    await wait(hub, clock, endpoints, 100)

    await Deliverer(hub.hub).run_due()

    told = [each["endpoint"] for each in receiver.told]
    # The first of an endpoint waits until its secret was read, which is no matter of turns.
    begun = max(told.index(each) for each in endpoints)
    for window in (90, 180, 270):
        # One backlog after the other would leave four of them with nothing.
        counts = Counter(told[begun : begun + window])
        assert min(counts[each] for each in endpoints) >= window / 6 * 0.5
    for each in endpoints:
        order = [happened["n"] for happened in receiver.told if happened["endpoint"] == each]
        for account in range(5):
            of_it = [n for n in order if n % 5 == account]
            assert of_it == sorted(of_it)
            assert len(of_it) == 20


async def test_what_another_worker_has_of_an_endpoint_hides_nothing_that_comes_after(
    hub: Running, clock: FrozenClock, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    await wait(hub, clock, [webhook["id"]], 8)

    async def claimed(each: int) -> list[str | None]:
        found = await claim(
            hub.hub.db,
            endpoints=[webhook["id"]],
            until=clock() + timedelta(seconds=60),
            most=9,
            each=each,
            looked_at=5,
        )
        return [delivery.subject for delivery in found]

    assert await claimed(2) == ["acc_0", "acc_1"]
    assert await claimed(9) == ["acc_2", "acc_3", "acc_4"]


async def test_an_endpoint_that_does_not_answer_is_asked_one_at_a_time_until_it_does(
    hub: Running, clock: FrozenClock, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    await wait(hub, clock, [webhook["id"]], 5)
    claimed = await claim_all(hub, clock, [webhook["id"]])
    queues = DeliveryQueues()
    queues.add(claimed)

    at_first = [begun for _ in claimed if (begun := queues.begin())]
    for each in at_first:
        queues.slow_down(each)
        queues.end(each, Pace.SILENT)
        queues.finish(each)
    queues.add(claimed[:4])
    then = [begun for _ in claimed if (begun := queues.begin())]
    queues.end(then[0], Pace.QUICK)
    after = [begun for _ in claimed if (begun := queues.begin())]

    assert [len(at_first), len(then), len(after)] == [4, 1, 4]


async def test_results_that_wait_to_be_written_hold_back_new_attempts(
    hub: Running, clock: FrozenClock, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jackfield.worker.delivery_queues._MOST_UNWRITTEN", 2)
    webhook = await subscribe(hub, receiver.url)
    await wait(hub, clock, [webhook["id"]], 5)
    queues = DeliveryQueues()
    queues.add(await claim_all(hub, clock, [webhook["id"]]))

    ended = [begun for _ in range(2) if (begun := queues.begin())]
    for each in ended:
        queues.end(each, Pace.QUICK)
    held_back = queues.begin()
    queues.finish(ended[0])

    assert held_back is None
    assert queues.begin() is not None


async def test_what_one_endpoint_took_of_an_event_is_not_taken_as_told_to_another(
    hub: Running, clock: FrozenClock, receiver: Receiver
) -> None:
    webhooks = [await subscribe(hub, receiver.url) for _ in range(2)]
    await hub.link()
    claimed = await claim_all(hub, clock, [each["id"] for each in webhooks])
    (told,) = [each for each in claimed if each.endpoint_id == webhooks[0]["id"]]

    await settle(hub.hub, [(told, DeliveryResult(204, None))])

    statuses = [(await deliveries(hub, each))[0]["status"] for each in webhooks]
    assert statuses == ["delivered", "pending"]
