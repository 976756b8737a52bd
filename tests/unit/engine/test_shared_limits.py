"""Limits that hold for several workers together."""

import asyncio
import os
import time
from collections.abc import Generator

import pytest

from jackfield.engine.limits import AccountLimiter, Limiter, compile_limits
from jackfield.kit.shared_buckets import SharedBuckets

pytestmark = pytest.mark.anyio

_LIMITS = compile_limits({"mainRatelimit": 1000}, {"mainMaxConcurrency": 1})


@pytest.fixture
def accounts() -> Generator[list[AccountLimiter]]:
    """Return the limiter of an account as two workers have it."""
    first = SharedBuckets.create(2)
    shared = (first, SharedBuckets(first.file, workers=2, number=1))
    yield [Limiter(now=time.monotonic, shared=each).for_account("acc", _LIMITS) for each in shared]
    os.close(first.file)


async def test_a_request_waits_until_that_of_another_worker_has_ended(
    accounts: list[AccountLimiter],
) -> None:
    order, entered = list[str](), asyncio.Event()

    async def second() -> None:
        entered.set()
        async with accounts[1].enter("GET", "https://x.test/"):
            order.append("second")

    async with accounts[0].enter("GET", "https://x.test/"):
        waiting = asyncio.create_task(second())
        await entered.wait()
        for _ in range(5):
            await _turn(0)
        order.append("first")
    await waiting

    assert order == ["first", "second"]


async def test_a_request_that_is_given_up_while_it_waits_takes_no_place(
    accounts: list[AccountLimiter],
) -> None:
    async with accounts[0].enter("GET", "https://x.test/"):
        gate = accounts[1].enter("GET", "https://x.test/")
        waiting = asyncio.create_task(gate.__aenter__())
        await _turn(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    for each in accounts:
        async with each.enter("GET", "https://x.test/"):
            pass


async def test_the_rate_is_that_of_all_workers_together(accounts: list[AccountLimiter]) -> None:
    slow = compile_limits({"mainRatelimit": 0.05}, None)
    delays = list[float]()

    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    for number in range(4):
        limiter = accounts[number % 2].limiter
        limiter._sleep = sleep  # noqa: SLF001 - in place of waiting
        async with limiter.for_account("other", slow).enter("GET", "https://x.test/"):
            pass

    assert delays == pytest.approx([20, 40, 60], abs=10)


async def _turn(_seconds: float) -> None:
    await asyncio.sleep(0)


async def test_waits_are_told_by_a_limiter_that_shares_as_well() -> None:
    now, waits = 0.0, list[float]()

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    buckets = SharedBuckets.create(1)
    alone = Limiter(now=lambda: now, sleep=sleep, on_wait=waits.append)
    gate = alone.sharing(buckets).for_account("acc", compile_limits({"mainRatelimit": 0.05}, None))
    for _ in range(2):
        async with gate.enter("GET", "https://x.test/"):
            pass
    os.close(buckets.file)

    assert waits == [pytest.approx(20, abs=1)]
