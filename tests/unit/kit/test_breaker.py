"""A host that fails is left alone for a while, and gets few requests at once."""

import asyncio

import pytest

from jackfield.kit.breaker import Breaker
from jackfield.kit.errors import ProviderTimeout, ProviderUnavailable
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.anyio


async def fail(breaker: Breaker, host: str = "a") -> None:
    with pytest.raises(ProviderTimeout):
        async with breaker.enter(host):
            raise ProviderTimeout


async def test_after_five_failures_a_host_is_left_alone_and_others_are_not() -> None:
    clock = FrozenClock()
    breaker = Breaker(clock)
    for _ in range(5):
        await fail(breaker)

    with pytest.raises(ProviderUnavailable) as paused:
        async with breaker.enter("a"):
            pytest.fail("asked all the same")
    async with breaker.enter("b"):
        pass

    assert paused.value.nothing_sent
    assert paused.value.retry_after == 5


async def test_one_request_tries_whether_a_host_is_back() -> None:
    clock = FrozenClock()
    breaker = Breaker(clock)
    for _ in range(5):
        await fail(breaker)
    clock.advance(seconds=6)

    async with breaker.enter("a"):
        with pytest.raises(ProviderUnavailable):
            async with breaker.enter("a"):
                pytest.fail("asked all the same")
    async with breaker.enter("a"), breaker.enter("a"):
        pass


async def test_a_clock_that_goes_back_keeps_no_host_closed_until_it_is_where_it_was() -> None:
    clock = FrozenClock()
    breaker = Breaker(clock)
    for _ in range(5):
        await fail(breaker)
    clock.advance(hours=-1)

    async with breaker.enter("a"):
        pass


async def test_pauses_grow_while_a_host_fails() -> None:
    clock = FrozenClock()
    breaker = Breaker(clock)
    asked = 0
    for _ in range(600):
        try:
            async with breaker.enter("a") as attempt:
                attempt.failed = True
                asked += 1
        except ProviderUnavailable:
            clock.advance(seconds=1)

    assert 10 < asked < 20


async def test_only_some_requests_are_at_a_host_at_once() -> None:
    breaker, inside, most = Breaker(FrozenClock()), 0, 0

    async def ask() -> None:
        nonlocal inside, most
        async with breaker.enter("a"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(ask() for _ in range(50)))

    assert most == 8


async def test_hosts_that_fail_once_each_are_not_all_remembered(clock: FrozenClock) -> None:
    breaker = Breaker(clock)
    for number in range(1500):
        await fail(breaker, f"host-{number}")

    assert len(breaker._hosts) <= 1000  # noqa: SLF001 - what grows
