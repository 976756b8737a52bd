"""Order of deliveries, and how many are under way at once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.events.payloads import EventPayload
from jackfield.events.repo import Events
from jackfield.kit.ids import EventId
from jackfield.webhooks.backlog.repo import claim, pending_endpoints
from jackfield.webhooks.models import ClaimedDelivery
from jackfield.webhooks.retry_schedule import ATTEMPTS
from jackfield.worker.deliveries import Deliverer
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver, deliveries, subscribe
from tests.support.running import PATIENCE, Running
from tests.support.scripted import Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.database]

# The waits between attempts, with room for the jitter of a tenth.
WAITS = [later - earlier for earlier, later in pairwise(ATTEMPTS)]


async def test_a_slow_receiver_keeps_no_other_waiting(hub: Running, receiver: Receiver) -> None:
    let, all_told, all_stuck = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hang(writer: asyncio.StreamWriter, seen: Seen) -> None:
        if len(slow.seen) == 4:
            all_stuck.set()
        await let.wait()
        await reply()(writer, seen)

    async def take(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await reply()(writer, seen)
        if len(receiver.server.seen) == 6:
            all_told.set()

    receiver.answers = [take]

    async with scripted(hang) as slow:
        await subscribe(hub, slow.url)
        await subscribe(hub, receiver.url)
        for _ in range(6):
            await hub.link(multiple=True)
        working = asyncio.create_task(Deliverer(hub.hub).run())
        async with asyncio.timeout(PATIENCE):
            await all_told.wait()
            await all_stuck.wait()
        stuck = len(slow.seen)
        let.set()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    assert stuck == 4


async def test_an_endpoint_never_hears_more_than_four_deliveries_at_once(hub: Running) -> None:
    let = asyncio.Event()

    async def hang(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await let.wait()
        await reply()(writer, seen)

    deliverer = Deliverer(hub.hub)
    async with scripted(hang) as slow:
        await subscribe(hub, slow.url)
        await hub.link()
        begun = [await deliverer.start_due()]
        for _ in range(6):
            await hub.link(multiple=True)
        begun += [await deliverer.start_due() for _ in range(3)]
        let.set()
        await deliverer.finish()

    assert begun == [1, 3, 0, 0]


async def test_workers_side_by_side_tell_a_receiver_of_each_event_once(
    hub: Running, receiver: Receiver
) -> None:
    await subscribe(hub, receiver.url)
    for _ in range(8):
        await hub.link(multiple=True)

    await asyncio.gather(*(deliver(hub) for _ in range(4)))
    await deliver(hub)

    told = [seen.headers["webhook-id"] for seen in receiver.server.seen]
    assert len(told) == len(set(told)) == 8


@pytest.mark.parametrize("hub_database_url", ["postgres"], indirect=True)
async def test_a_worker_passes_over_what_another_takes_in_the_same_instant(
    hub: Running, clock: FrozenClock, receiver: Receiver
) -> None:
    await subscribe(hub, receiver.url)
    await subscribe(hub, receiver.url)
    await hub.link()
    first, second = await hub.hub.db.unscoped(
        "select endpoint_id, event_id from webhook_deliveries order by due_at, endpoint_id"
    )

    async with hub.hub.db.write(hub.project.id, TESTER) as tx, asyncio.timeout(PATIENCE):
        # As another worker's claim does until it has committed.
        await tx.run(
            """
            update webhook_deliveries set leased_until = :now
             where project_id = :project_id and endpoint_id = :endpoint_id
            """,
            endpoint_id=first["endpoint_id"],
        )
        claimed = await take(hub, until=clock())

    assert [each.endpoint_id for each in claimed] == [second["endpoint_id"]]


async def test_a_long_backlog_of_one_endpoint_keeps_no_other_waiting(
    hub: Running, clock: FrozenClock, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    backlog = [{"id": EventId.new(clock()), "to": webhook["id"]} for _ in range(1500)]
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await tx.executemany(
            """
            insert into webhook_deliveries
                   (endpoint_id, event_id, project_id, status, attempts, due_at, created_at,
                    updated_at)
            values (:to, :id, :project_id, 'pending', 0, :now, :now, :now)
            """,
            backlog,
        )
    clock.advance(seconds=1)
    other = await subscribe(hub, receiver.url)
    await hub.link()

    until = clock() + timedelta(seconds=60)
    taken = [await take(hub, until=until)]
    busy = [webhook["id"]]
    taken += [await take(hub, until=until, busy=busy)]

    assert [Counter(each.endpoint_id for each in some) for some in taken] == [
        {webhook["id"]: 4, other["id"]: 1},
        {},
    ]


async def test_a_backlog_of_one_endpoint_is_worked_off_without_waiting(
    hub: Running, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jackfield.worker.deliveries.POLL_SECONDS", 3600)
    all_told = asyncio.Event()

    async def take(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await reply()(writer, seen)
        if len(receiver.server.seen) == 300:
            all_told.set()

    receiver.answers = [take]
    webhook = await subscribe(hub, receiver.url)
    await _happen(hub, [f"acc_{number}" for number in range(300)])

    working = asyncio.create_task(Deliverer(hub.hub).run())
    async with asyncio.timeout(30):
        await all_told.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)

    told = [seen.headers["webhook-id"] for seen in receiver.server.seen]
    assert len(told) == len(set(told)) == 300
    assert await deliveries(hub, webhook, "?status=pending") == []


async def test_what_happened_to_one_account_is_told_in_its_order_and_one_at_a_time(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    at_once = most = 0

    async def take(writer: asyncio.StreamWriter, seen: Seen) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        # As long as it takes another request to arrive, were there one.
        for _ in range(20):
            await asyncio.sleep(0)
        at_once -= 1
        await reply()(writer, seen)

    receiver.answers = [take]
    await subscribe(hub, receiver.url)
    for number in range(12):
        await _happen(hub, ["acc_1"], number)
        clock.advance(seconds=1)

    await deliver(hub)

    assert most == 1
    assert [each["n"] for each in receiver.told] == list(range(12))


async def test_another_worker_takes_nothing_of_an_account_while_an_earlier_event_is_under_way(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    await subscribe(hub, receiver.url)
    for number in range(2):
        await _happen(hub, ["acc_1", "acc_2"][: number + 1], number)
        clock.advance(seconds=1)
    until = clock() + timedelta(seconds=60)

    (first,) = await take(hub, until=until, most=1)
    rest = await take(hub, until=until)

    assert first.subject == "acc_1"
    assert [each.subject for each in rest] == ["acc_2"]


async def test_what_happens_in_one_transaction_is_told_in_its_order(
    hub: Running, receiver: Receiver
) -> None:
    await subscribe(hub, receiver.url)
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        for number in range(12):
            await Events(tx).add([_updated(tx, "acc_1", number)])

    await deliver(hub)

    assert [each["n"] for each in receiver.told] == list(range(12))


async def test_a_change_of_key_and_name_is_told_before_and_after(
    hub: Running, receiver: Receiver
) -> None:
    account = await hub.link(origin_username="v0")
    await subscribe(hub, receiver.url)
    for number in range(1, 6):
        region, key = ("eu", hub.eu_key) if number % 2 else ("us", hub.us_key)
        changed = await hub.api.patch(
            f"/accounts/{account}",
            json={
                "origin_username": f"v{number}",
                "credentials": {"api_key": key, "region": region},
                "confirm_identity_change": True,
            },
        )
        assert changed.status_code == 200, changed.text
        await deliver(hub)

    told = [each["origin_username"] for each in receiver.told]
    assert told == sorted(told)
    assert told[-1] == "v5"


@pytest.mark.parametrize("hub_database_url", ["postgres"], indirect=True)
async def test_an_event_waits_where_another_worker_is_just_taking_the_one_before(
    hub: Running, clock: FrozenClock, receiver: Receiver
) -> None:
    await subscribe(hub, receiver.url)
    for number, subjects in enumerate((["acc_1"], ["acc_1", "acc_2"], ["acc_1"])):
        await _happen(hub, subjects, number)
        clock.advance(seconds=1)

    async with hub.hub.db.write(hub.project.id, TESTER) as tx, asyncio.timeout(PATIENCE):
        # As another worker's claim does, which began when there was nothing else yet.
        await tx.run(
            """
            update webhook_deliveries set leased_until = :now
             where project_id = :project_id
               and event_id = (select min(event_id) from webhook_deliveries
                                where project_id = :project_id)
            """
        )
        claimed = await take(hub, until=clock(), each=9)

    assert [each.subject for each in claimed] == ["acc_2"]


async def test_a_worker_that_ends_leaves_what_it_has_not_begun_to_others(
    hub: Running, receiver: Receiver
) -> None:
    let, four = asyncio.Event(), asyncio.Semaphore(0)

    async def hang(writer: asyncio.StreamWriter, seen: Seen) -> None:
        four.release()
        await let.wait()
        await reply()(writer, seen)

    receiver.answers = [hang]
    await subscribe(hub, receiver.url)
    await _happen(hub, [f"acc_{number}" for number in range(10)])
    working = asyncio.create_task(Deliverer(hub.hub).run())
    async with asyncio.timeout(10):
        for _ in range(4):
            await four.acquire()
    working.cancel()
    let.set()
    await asyncio.gather(working, return_exceptions=True)

    assert await deliver(hub) == 6


async def take(
    hub: Running, *, until: datetime, most: int = 32, each: int = 4, busy: Sequence[str] = ()
) -> list[ClaimedDelivery]:
    """Claim as a worker does."""
    found = await pending_endpoints(hub.hub.db, after="", most=100)
    return await claim(
        hub.hub.db,
        endpoints=[each.endpoint_id for each in found if each.endpoint_id not in busy],
        until=until,
        most=most,
        each=each,
        looked_at=100,
    )


class _Numbered(EventPayload, frozen=True, kw_only=True):
    subject: str
    n: int


async def _happen(hub: Running, subjects: list[str], number: int = 0) -> None:
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await Events(tx).add([_updated(tx, subject, number) for subject in subjects])


def _updated(tx: Tx, subject: str, number: int) -> _Numbered:
    return _Numbered(
        project_id=tx.project_id,
        event=EventType.ACCOUNT_UPDATED,
        event_date=tx.now,
        record_type="account",
        record_id=subject,
        subject=subject,
        n=number,
    )
