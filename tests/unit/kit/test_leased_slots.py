"""Runs of slots: however processes take and leave them, they stay within burst and rate together."""

import asyncio
import os
import random
from bisect import bisect_right
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import pytest

from jackfield.kit.leased_slots import LeasedSlots
from jackfield.kit.limit_store import Slots, SlotsAsked
from jackfield.kit.shared_buckets import SharedBuckets

pytestmark = pytest.mark.anyio


@dataclass
class World:
    """A clock, buckets that go by it, and what was sent when."""

    now: float = 1000.0
    sent: list[float] = field(default_factory=list[float])
    asked: list[SlotsAsked] = field(default_factory=list[SlotsAsked])

    def __post_init__(self) -> None:
        self.buckets = SharedBuckets.create(1, now=lambda: self.now)

    def reserve(self, asked: SlotsAsked) -> Slots:
        """Reserve slots one by one."""
        self.asked.append(asked)
        # The first says how far ahead of the rate it is; with no slots to spare, none is.
        spare = asked.burst - 1
        delays = [
            self.buckets.reserve(asked.key, asked.rate, 1) - spare / asked.rate
            for _ in range(asked.number)
        ]
        return Slots(asked.number, delays[0])


class Exchange:
    """The trips of one process, which the test makes."""

    is_away = False

    def __init__(self) -> None:
        self.asking: set[LeasedSlots] = set()

    def ask_slots(self, bucket: LeasedSlots) -> None:
        self.asking.add(bucket)


@pytest.fixture
def world() -> Generator[World]:
    made = World()
    yield made
    os.close(made.buckets.file)


async def trip(world: World, exchange: Exchange, seconds: float) -> None:
    """Ask the store what was asked for; the answer takes so many seconds."""
    for bucket in list(exchange.asking):
        exchange.asking.discard(bucket)
        begun = world.now
        if (asked := bucket.ask(begun)) is None:
            continue
        world.now += seconds / 2
        slots = world.reserve(asked)
        world.now += seconds / 2
        bucket.take_in(slots, begun, world.now)
    await asyncio.sleep(0)


async def send(world: World, slots: LeasedSlots) -> "asyncio.Task[float | None] | None":
    delay = slots.take(world.now)
    if delay is not None:
        world.sent.append(world.now + delay)
        return None
    waiting = asyncio.create_task(slots.wait())
    await asyncio.sleep(0)
    return waiting


def most_over(sent: list[float], rate: float, burst: float) -> float:
    """Return by how many the busiest time exceeds what burst and rate allow in it."""
    ordered = sorted(sent)
    return max(
        bisect_right(ordered, end) - first - burst - rate * (end - begin)
        for first, begin in enumerate(ordered)
        for end in ordered[first:]
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("rate", "burst"), [(100.0, 100.0), (25.0, 25.0), (5.0, 300.0), (2.0, 2.0)]
)
async def test_all_processes_together_stay_within_burst_and_rate(
    world: World, rate: float, burst: float, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    processes = [(Exchange(), LeasedSlots(_any(), 1, rate, burst)) for _ in range(3)]
    for exchange, slots in processes:
        slots._exchange = _any(exchange)  # noqa: SLF001 - the test makes the trips
    waiting = list[asyncio.Task[float | None]]()

    for _ in range(250):
        exchange, slots = chance.choice(processes)
        # At times in bursts, at times after a pause in which what is at hand ends.
        for _ in range(chance.choice([1, 1, 2, 12])):
            if (one := await send(world, slots)) is not None:
                waiting.append(one)
        for each, _ in processes:
            await trip(world, each, chance.choice([0.0005, 0.002]))
        done = [each for each in waiting if each.done()]
        world.sent += [world.now + (each.result() or 0.0) for each in done]
        waiting = [each for each in waiting if not each.done()]
        world.now += chance.choice([0, 0.001, 0.01, 0.05, 0.3, 2.0])

    assert len(world.sent) > 400
    # A slot that is used at once is so an answer later than the store thinks.
    assert most_over(world.sent, rate, burst) <= 1 + rate * 0.02


async def test_what_one_has_at_hand_and_a_burst_of_another_are_no_more_than_the_burst(
    world: World,
) -> None:
    exchanges = [Exchange(), Exchange()]
    steady, sudden = [LeasedSlots(_any(each), 1, 1000, 1000) for each in exchanges]
    runs = 0
    while runs < 20:
        await send(world, steady)
        await trip(world, exchanges[0], 0.0001)
        runs = len(world.asked)
        world.now += 0.0011
    # All but one of a long run are at hand, and the bucket is nearly full again.
    world.now += 0.09
    world.sent.clear()

    waiting = [await send(world, sudden) for _ in range(1200)]
    await trip(world, exchanges[1], 0)
    at_once = sum(each is not None and each.result() == 0 for each in waiting)
    while (delay := steady.take(world.now)) is not None:
        assert delay == 0
        at_once += 1

    assert world.asked[-2].number > 50
    assert 950 < at_once <= 1000


async def test_demand_makes_runs_longer_and_its_end_makes_them_short(world: World) -> None:
    exchange = Exchange()
    slots = LeasedSlots(_any(exchange), 1, 200, 200)

    for _ in range(100):
        await send(world, slots)
        await trip(world, exchange, 0.0001)
        world.now += 0.005
    busy = world.asked[-1].number
    for _ in range(3):
        world.now += 5
        await send(world, slots)
        await trip(world, exchange, 0.0001)

    assert [each.number for each in world.asked[:4]] == [1, 2, 4, 8]
    assert busy == 20
    assert world.asked[-1].number == 1


def _any(value: Any = None) -> Any:
    return value
