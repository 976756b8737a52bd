"""Deliveries: made when they are due, and again until they are taken."""

import asyncio
from itertools import pairwise

import pytest

from jackfield.webhooks.retry_schedule import ATTEMPTS
from jackfield.worker.deliveries import Deliverer
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver, deliveries, subscribe
from tests.support.running import PATIENCE, Running
from tests.support.scripted import Answer, Seen, reply

pytestmark = [pytest.mark.anyio, pytest.mark.database]

# The waits between attempts, with room for the jitter of a tenth.
WAITS = [later - earlier for earlier, later in pairwise(ATTEMPTS)]


async def test_what_fails_is_tried_again_at_the_promised_times_and_then_given_up(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    webhook = await subscribe(hub, receiver.url)
    receiver.answers = [reply(status=500)]
    await hub.link()
    assert await deliver(hub) == 1

    for wait in WAITS:
        clock.advance(seconds=wait - 1)
        assert await deliver(hub) == 0
        clock.advance(seconds=1 + wait * 0.1)
        assert await deliver(hub) == 1

    clock.advance(days=30)
    assert await deliver(hub) == 0
    (delivery,) = await deliveries(hub, webhook)
    assert delivery["status"] == "failed"
    assert delivery["attempts"] == len(ATTEMPTS) == 11
    assert (delivery["last_status"], delivery["next_attempt_at"]) == (500, None)
    assert len({seen.headers["webhook-id"] for seen in receiver.server.seen}) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_receiver_that_asks_to_wait_is_left_alone_as_long(
    hub: Running, receiver: Receiver, clock: FrozenClock, status: int
) -> None:
    await subscribe(hub, receiver.url)
    receiver.answers = [reply(status=status, headers={"retry-after": "600"}), reply()]
    await hub.link()
    await deliver(hub)

    clock.advance(seconds=599)
    assert await deliver(hub) == 0
    clock.advance(seconds=1)
    assert await deliver(hub) == 1


async def test_a_receiver_that_is_gone_is_told_nothing_more(
    hub: Running, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    receiver.answers = [reply(status=410)]
    await hub.link()
    await deliver(hub)

    await hub.link(multiple=True)

    assert await deliver(hub) == 0
    shown = (await hub.api.get(f"/jackfield/webhooks/{webhook['id']}")).json()
    assert (shown["active"], shown["disabled_reason"]) == (False, "the receiver answered 410 Gone")
    assert [each["status"] for each in await deliveries(hub, webhook)] == ["failed"]


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"])
async def test_a_receiver_that_hangs_is_cut_off_and_told_again(
    hub: Running, receiver: Receiver, clock: FrozenClock, begun: bytes
) -> None:
    async def hang(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        writer.write(begun)
        await writer.drain()
        await asyncio.Event().wait()

    webhook = await subscribe(hub, receiver.url)
    receiver.answers = [hang]
    await hub.link()
    async with asyncio.timeout(PATIENCE):
        assert await Deliverer(hub.hub, seconds=0.2).run_due() == 1
    # Not before: on a busy machine it may give up before the receiver has read anything.
    receiver.answers = [reply()]
    (waiting,) = await deliveries(hub, webhook)

    clock.advance(seconds=4)
    assert await deliver(hub) == 0
    clock.advance(seconds=2)
    assert await deliver(hub) == 1

    assert (waiting["status"], waiting["attempts"], waiting["last_status"]) == ("pending", 1, None)
    assert waiting["last_error"] == "the receiver did not answer within 0.2 seconds"
    (delivery,) = await deliveries(hub, webhook)
    assert (delivery["status"], delivery["attempts"]) == ("delivered", 2)
    first, second = [seen.headers["webhook-id"] for seen in receiver.server.seen]
    assert first == second


async def break_off(writer: asyncio.StreamWriter, _seen: Seen) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")


@pytest.mark.parametrize(
    "answer",
    [
        reply(status=302, headers={"location": "http://127.0.0.1:1/elsewhere"}),
        reply(status=404),
        reply(b"x" * 200_000),
        break_off,
    ],
    ids=["redirects", "refuses", "floods", "breaks off"],
)
async def test_a_receiver_that_does_not_take_it_is_told_again(
    hub: Running, receiver: Receiver, clock: FrozenClock, answer: Answer
) -> None:
    webhook = await subscribe(hub, receiver.url)
    receiver.answers = [answer, reply()]
    await hub.link()
    await deliver(hub)
    (waiting,) = await deliveries(hub, webhook, "?status=pending")

    clock.advance(seconds=6)
    await deliver(hub)

    assert waiting["last_error"]
    (delivery,) = await deliveries(hub, webhook)
    assert (delivery["status"], delivery["attempts"]) == ("delivered", 2)


async def test_an_attempt_whose_process_died_is_made_again(
    hub: Running, receiver: Receiver, clock: FrozenClock
) -> None:
    arrived = asyncio.Event()
    webhook = await subscribe(hub, receiver.url)
    await hub.link()

    async def hang(_writer: asyncio.StreamWriter, _seen: Seen) -> None:
        arrived.set()
        await asyncio.Event().wait()

    receiver.answers = [hang, reply()]
    died = asyncio.create_task(Deliverer(hub.hub).run_due())
    async with asyncio.timeout(PATIENCE):
        await arrived.wait()
    died.cancel()
    await asyncio.gather(died, return_exceptions=True)

    assert await deliver(hub) == 0
    clock.advance(seconds=61)
    assert await deliver(hub) == 1
    (delivery,) = await deliveries(hub, webhook)
    assert delivery["status"] == "delivered"


async def test_a_delivery_is_made_as_soon_as_it_is_written(
    hub: Running, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jackfield.worker.deliveries.POLL_SECONDS", 3600)
    told = asyncio.Semaphore(0)

    async def take(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await reply()(writer, seen)
        told.release()

    receiver.answers = [take]
    await subscribe(hub, receiver.url)
    working = asyncio.create_task(Deliverer(hub.hub).run())
    async with asyncio.timeout(10):
        for _ in range(3):
            await hub.link(multiple=True)
            await told.acquire()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
