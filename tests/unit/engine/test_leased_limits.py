"""Limits that hold for processes that have nothing in common but a store."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pytest

from jackfield.engine.limits import AccountLimiter, Limiter, Limits, compile_limits
from jackfield.kit import limit_exchange
from jackfield.kit.leased_tokens import LeasedTokenBuckets
from jackfield.kit.limit_exchange import LimitExchange
from jackfield.kit.limit_store import Slots, SlotsAsked
from jackfield.kit.rate_limit import TokenBuckets
from jackfield.kit.shared_buckets import SharedBuckets
from tests.support.limit_stores import OpenStore, age
from tests.support.running import PATIENCE

pytestmark = pytest.mark.anyio

URL = "https://x.test/"


@dataclass
class Process:
    """The limits of one process, whose requests do not really wait."""

    exchange: LimitExchange
    delays: list[float] = field(default_factory=list[float])

    def __post_init__(self) -> None:
        self.limits = Limiter(now=self.exchange.now, sleep=self.sleep, exchange=self.exchange)

    def limiter(self, limits: Limits, account: str = "acc") -> AccountLimiter:
        return self.limits.for_account(account, limits)

    async def sleep(self, seconds: float) -> None:
        self.delays.append(seconds)


Begin: TypeAlias = Callable[..., Process]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a store however busy the machine is; tests about one that is away do not."""
    monkeypatch.setattr(limit_exchange, "TRIP_SECONDS", PATIENCE)
    monkeypatch.setattr(limit_exchange, "_CONNECT_SECONDS", PATIENCE)


@pytest.fixture
async def begin(open_store: OpenStore) -> AsyncGenerator[Begin]:
    """Return what makes one more process."""
    async with AsyncExitStack() as stack:

        def begun(now: Callable[[], float] = time.monotonic) -> Process:
            process = Process(LimitExchange(open_store(), now=now))
            stack.push_async_callback(process.exchange.close)
            return process

        yield begun


async def test_the_rate_is_that_of_all_processes_together(begin: Begin) -> None:
    slow = compile_limits({"mainRatelimit": 0.02}, None)
    processes = [begin(), begin()]
    limiters = [each.limiter(slow) for each in processes]

    for number in range(4):
        async with limiters[number % 2].enter("GET", URL):
            pass

    delays = sorted(processes[0].delays + processes[1].delays)
    assert delays == pytest.approx([50, 100, 150], abs=30)


async def test_another_account_does_not_wait(begin: Begin) -> None:
    slow = compile_limits({"mainRatelimit": 0.02}, None)
    one, other = begin(), begin()

    for process, account in ((one, "a"), (other, "b")):
        async with process.limiter(slow, account).enter("GET", URL):
            pass

    assert one.delays + other.delays == []


async def test_a_burst_is_that_of_all_processes_together(begin: Begin) -> None:
    pools = [{"subPoolKey": "x", "urlPattern": "/", "rateLimit": 6, "per": "minute"}]
    limits = compile_limits({"mainRatelimit": 1000, "subPools": pools}, None)
    processes = [begin(), begin()]

    async def send(process: Process) -> None:
        async with process.limiter(limits).enter("GET", URL):
            pass

    await asyncio.gather(*[send(processes[number % 2]) for number in range(10)])

    delays = sorted(processes[0].delays + processes[1].delays)
    assert delays == pytest.approx([10, 20, 30, 40], abs=9)


async def test_what_is_asked_for_quickly_costs_few_trips(begin: Begin) -> None:
    process = begin(now := _Now())
    store: Any = process.exchange._store  # noqa: SLF001 - what it is asked is counted
    trips, reserve = list[int](), store.reserve

    async def counted(asked: Sequence[SlotsAsked]) -> list[Slots]:
        trips.append(asked[0].number)
        return await reserve(asked)

    store.reserve = counted
    limiter = process.limiter(compile_limits({"mainRatelimit": 100_000}, {"mainMaxConcurrency": 9}))
    for _ in range(2000):
        now.seconds += 0.000_02
        async with limiter.enter("GET", URL):
            pass

    assert len(trips) < 20
    assert sum(trips) < 2000 + max(trips) * 2


async def test_slots_that_are_not_used_in_time_are_lost(begin: Begin) -> None:
    now = _Now()
    process = begin(now)
    limiter = process.limiter(compile_limits({"mainRatelimit": 100}, None))
    for _ in range(12):
        async with limiter.enter("GET", URL):
            pass
    (bucket,) = limiter.limiter._accounts["acc"].values()  # noqa: SLF001 - what is at hand
    slots: Any = bucket._slots  # type: ignore[union-attr]  # noqa: SLF001

    assert slots.take(now.seconds) is not None
    assert slots.take(now.seconds + 0.2) is None


async def test_a_request_waits_until_that_of_another_process_has_ended(begin: Begin) -> None:
    limits = compile_limits({"mainRatelimit": 10_000}, {"mainMaxConcurrency": 1})
    one, other = begin().limiter(limits), begin().limiter(limits)
    order = list[str]()

    async def second() -> None:
        async with other.enter("GET", URL):
            order.append("second")

    async with one.enter("GET", URL):
        waiting = asyncio.create_task(second())
        while not other.limiter._exchange._polling:  # type: ignore[union-attr]  # noqa: ASYNC110, SLF001 - until it was told to wait
            await asyncio.sleep(0)
        order.append("first")
    async with asyncio.timeout(PATIENCE):
        await waiting

    assert order == ["first", "second"]


async def test_processes_that_always_have_something_to_send_take_turns(begin: Begin) -> None:
    limits = compile_limits({"mainRatelimit": 10_000}, {"mainMaxConcurrency": 1})
    now = _Now()
    processes = [begin(now), begin(now)]
    order, under_way = list[int](), 0

    async def send(number: int) -> None:
        nonlocal under_way
        other = sending[1 - number]
        for _ in range(5):
            async with processes[number].limiter(limits).enter("GET", URL):
                under_way += 1
                assert under_way == 1
                order.append(number)
                # Longer than a place is held in a row, and until the other is in the line.
                now.seconds += 0.6
                while not (other.done() or processes[1 - number].exchange._polling):  # noqa: ASYNC110, SLF001
                    await asyncio.sleep(0)
                under_way -= 1

    sending: list[asyncio.Task[None]] = []
    sending += [asyncio.create_task(send(number)) for number in range(2)]
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*sending)

    assert order in ([0, 1] * 5, [1, 0] * 5)


async def test_a_request_that_is_given_up_while_it_waits_takes_no_place(begin: Begin) -> None:
    limits = compile_limits({"mainRatelimit": 10_000}, {"mainMaxConcurrency": 1})
    one, other = begin().limiter(limits), begin().limiter(limits)

    async with one.enter("GET", URL):
        waiting = asyncio.create_task(other.enter("GET", URL).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    async with asyncio.timeout(PATIENCE):
        for each in (other, one):
            async with each.enter("GET", URL):
                pass


async def test_places_of_a_process_that_was_killed_are_free_again(
    begin: Begin, limit_store_url: str
) -> None:
    limits = compile_limits({"mainRatelimit": 10_000}, {"mainMaxConcurrency": 2})
    killed, other = begin(), begin()
    for _ in range(2):
        await killed.limiter(limits).enter("GET", URL).__aenter__()
    for task in killed.exchange._tasks:  # noqa: SLF001 - it renews nothing any more
        task.cancel()

    async def send() -> None:
        async with other.limiter(limits).enter("GET", URL):
            pass

    waiting = asyncio.create_task(send())
    while not other.exchange._polling:  # noqa: ASYNC110, SLF001 - until it was told to wait
        await asyncio.sleep(0)
    await age(limit_store_url, seconds=11)

    async with asyncio.timeout(PATIENCE):
        await waiting


async def test_a_key_has_its_requests_in_all_processes_together(begin: Begin) -> None:
    one, other = [LeasedTokenBuckets(TokenBuckets(5), begin().exchange) for _ in range(2)]

    async def take(tokens: LeasedTokenBuckets) -> float:
        now = time.monotonic()
        wait = tokens.take("key", now)
        return await tokens.wait_to_take("key", now) if wait is None else wait

    waits = [await take([one, other][number % 2]) for number in range(7)]

    assert waits[:5] == [0] * 5
    assert waits[5:] == [pytest.approx(12, abs=10)] * 2
    # What it was told, it knows until then.
    assert other.take("key", time.monotonic()) != 0
    assert await take(one) > 0


async def test_workers_of_a_server_share_with_others_as_well(begin: Begin) -> None:
    slow = compile_limits({"mainRatelimit": 0.02}, None)
    first = SharedBuckets.create(2)
    workers = [begin(), begin()]
    for number, worker in enumerate(workers):
        shared = SharedBuckets(first.file, workers=2, number=number)
        worker.limits = worker.limits.sharing(shared)
    processes = [*workers, begin()]

    for process in processes:
        async with process.limiter(slow).enter("GET", URL):
            pass
    os.close(first.file)

    delays = sorted(delay for process in processes for delay in process.delays)
    assert delays == pytest.approx([50, 100], abs=30)


@dataclass
class _Now:
    seconds: float = field(default_factory=time.monotonic)

    def __call__(self) -> float:
        return self.seconds
