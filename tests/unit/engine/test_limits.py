import asyncio
import math

import pytest

from jackfield.engine.errors import InvalidStep
from jackfield.engine.limits import Limiter, Limits, compile_limits
from tests.unit.engine.building import Provider, action, answer, request, run

pytestmark = pytest.mark.anyio


class Time:
    """Seconds that pass only while somebody waits for them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            await asyncio.sleep(0)
            self.now = max(self.now, until)


async def starts(limits: Limits, urls: list[str]) -> list[float]:
    time = Time()
    gate = Limiter(now=time, sleep=time.sleep).for_account("acc", limits)
    begun: list[float] = []
    for url in urls:
        async with gate.enter("GET", url):
            begun.append(round(time.now, 6))
    return begun


async def test_a_burst_of_a_second_goes_at_once_and_the_rest_in_even_steps() -> None:
    limits = compile_limits({"mainRatelimit": 4}, None)

    assert await starts(limits, ["u"] * 7) == [0, 0, 0, 0, 0.25, 0.5, 0.75]


async def test_a_slow_rate_spaces_requests_evenly() -> None:
    assert await starts(compile_limits({"mainRatelimit": 0.5}, None), ["u"] * 3) == [0, 2, 4]


async def test_a_sub_pool_limits_only_the_requests_it_matches() -> None:
    pools = [{"subPoolKey": "search", "urlPattern": "/search", "rateLimit": 1}]
    limits = compile_limits({"mainRatelimit": 100, "subPools": pools}, None)
    urls = ["https://x.test/search?q", "https://x.test/other", "https://x.test/search"]

    assert await starts(limits, urls) == [0, 0, 1]


async def test_what_is_counted_a_minute_goes_at_once_and_then_in_even_steps() -> None:
    pools = [{"subPoolKey": "lists", "urlPattern": "/lists", "rateLimit": 3, "per": "minute"}]
    limits = compile_limits({"mainRatelimit": 100, "subPools": pools}, None)

    assert await starts(limits, ["/lists"] * 5) == [0, 0, 0, 20, 40]


async def test_a_pattern_may_be_a_regular_expression() -> None:
    pools = [{"subPoolKey": "one", "urlPattern": "/users/[0-9]+$", "rateLimit": 1}]
    limits = compile_limits({"mainRatelimit": 100, "subPools": pools}, None)

    assert await starts(limits, ["/users/1", "/users/me", "/users/2"]) == [0, 0, 1]


async def test_a_sub_pool_may_be_for_some_methods_alone() -> None:
    pools = [
        {"subPoolKey": "get", "urlPattern": "/u", "methods": ["get"], "rateLimit": 1},
        {"subPoolKey": "write", "urlPattern": "/u", "methods": ["put", "post"], "rateLimit": 1},
    ]
    limits = compile_limits({"mainRatelimit": 100, "subPools": pools}, None)
    time = Time()
    gate = Limiter(now=time, sleep=time.sleep).for_account("acc", limits)
    begun: list[float] = []

    for method in ("GET", "PUT", "DELETE", "DELETE", "POST", "GET"):
        async with gate.enter(method, "/u"):
            begun.append(round(time.now, 6))

    assert begun == [0, 0, 0, 0, 1, 1]


async def test_what_waits_for_a_slow_pool_holds_no_place_that_others_need() -> None:
    pools = [{"subPoolKey": "slow", "urlPattern": "/slow", "rateLimit": 1, "per": "minute"}]
    limits = compile_limits({"subPools": pools}, {"mainMaxConcurrency": 1})
    time = Time()
    resting = asyncio.Event()

    async def rest(_seconds: float) -> None:
        await resting.wait()

    gate = Limiter(now=time, sleep=rest).for_account("acc", limits)
    async with gate.enter("GET", "/slow"):
        pass

    async def ask() -> None:
        async with gate.enter("GET", "/slow"):
            pass

    waiting = asyncio.create_task(ask())
    await asyncio.sleep(0)

    async with asyncio.timeout(1), gate.enter("GET", "/quick"):
        pass
    assert not waiting.done()
    resting.set()
    await waiting


async def test_no_more_requests_are_under_way_than_allowed_and_the_first_to_wait_goes_first() -> (
    None
):
    limits = compile_limits(None, {"mainMaxConcurrency": 2})
    gate = Limiter(now=Time()).for_account("acc", limits)
    order: list[int] = []
    under_way: list[int] = []
    leave = asyncio.Event()

    async def ask(number: int) -> None:
        async with gate.enter("GET", "u"):
            order.append(number)
            under_way.append(number)
            await leave.wait()
            under_way.remove(number)

    tasks = [asyncio.create_task(ask(number)) for number in range(5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert under_way == [0, 1]
    leave.set()
    await asyncio.gather(*tasks)

    assert order == [0, 1, 2, 3, 4]


async def test_one_who_gives_up_waiting_does_not_keep_the_place() -> None:
    gate = Limiter(now=Time()).for_account("acc", compile_limits(None, {"mainMaxConcurrency": 1}))
    leave = asyncio.Event()

    async def hold() -> None:
        async with gate.enter("GET", "u"):
            await leave.wait()

    holder = asyncio.create_task(hold())
    await asyncio.sleep(0)
    waiting = asyncio.create_task(hold())
    await asyncio.sleep(0)
    waiting.cancel()
    leave.set()
    await asyncio.gather(holder, waiting, return_exceptions=True)

    async with asyncio.timeout(1), gate.enter("GET", "u"):
        pass


async def test_one_account_does_not_wait_for_another() -> None:
    limiter = Limiter(now=Time())
    limits = compile_limits(None, {"mainMaxConcurrency": 1})

    first, second = limiter.for_account("a", limits), limiter.for_account("b", limits)

    async with asyncio.timeout(1), first.enter("GET", "u"), second.enter("GET", "u"):
        pass


async def test_every_request_of_a_run_passes_its_gate() -> None:
    time = Time()
    gate = Limiter(now=time, sleep=time.sleep).for_account(
        "a", compile_limits({"mainRatelimit": 1}, None)
    )
    steps = [{**request(), "stepId": name} for name in "abc"]

    await run(action(*steps), Provider([answer({})]), limiter=gate)

    assert time.now == 2


async def test_waits_are_told_and_what_did_not_wait_is_none() -> None:
    time, waits = Time(), list[float]()
    gate = Limiter(now=time, sleep=time.sleep, on_wait=waits.append).for_account(
        "acc", compile_limits({"mainRatelimit": 2}, {"mainMaxConcurrency": 1})
    )

    async def send() -> None:
        async with gate.enter("GET", "u"):
            await time.sleep(3)

    await asyncio.gather(send(), send())
    async with gate.enter("GET", "u"):
        pass

    assert waits == [3]


async def test_the_books_of_accounts_that_rest_are_forgotten_and_no_others() -> None:
    time = Time()
    limiter = Limiter(now=time, sleep=time.sleep)
    limits = compile_limits({"mainRatelimit": 0.01}, None)

    for number in range(10_001):
        async with limiter.for_account(f"acc{number}", limits).enter("GET", "u"):
            pass
    async with limiter.for_account("acc0", limits).enter("GET", "u"):
        assert time.now == 100

    async with limiter.for_account("new", limits).enter("GET", "u"):
        pass
    assert len(limiter._accounts) == 10_000  # noqa: SLF001 - memory is not observable otherwise


@pytest.mark.parametrize(
    "rate_limit",
    [
        {"mainRatelimit": 0},
        {"mainRatelimit": "fast"},
        {"subPools": [{"urlPattern": "x", "rateLimit": 1}]},
        {"subPools": [{"subPoolKey": "x", "urlPattern": "x"}]},
        {"subPools": [{"subPoolKey": "x", "urlPattern": ".{250}.{250}", "rateLimit": 1}] * 50},
    ],
)
def test_malformed_limits_are_refused(rate_limit: dict) -> None:
    with pytest.raises(InvalidStep):
        compile_limits(rate_limit, None)


def test_limits_have_defaults() -> None:
    (pool,) = compile_limits(None, None).pools

    assert (pool.rate, pool.concurrency) == (25, 30)
    assert not math.isinf(pool.rate or 0)
