"""Processes whose store of shared limits is away go on by themselves, and come back to it."""

import asyncio
import io
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias

import pytest

from jackfield.db.postgres_limits import PostgresLimits
from jackfield.db.redis_limits import RedisLimits
from jackfield.engine.limits import AccountLimiter, Limiter, compile_limits
from jackfield.kit import limit_exchange
from jackfield.kit.leased_tokens import LeasedTokenBuckets
from jackfield.kit.limit_exchange import LimitExchange
from jackfield.kit.limit_store import LimitStore
from jackfield.kit.rate_limit import TokenBuckets
from tests.support import postgres, redis
from tests.support.running import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

_LIMITS = compile_limits({"mainRatelimit": 0.02}, {"mainMaxConcurrency": 3})


@dataclass
class Server:
    """A store of the test's own."""

    open: Callable[[], LimitStore]
    lose: Callable[[], None]
    regain: Callable[[], None]


@pytest.fixture(params=["halted Redis", "stopped Redis", "stopped PostgreSQL"])
def server(request: pytest.FixtureRequest) -> Generator[Server]:
    if request.param == "stopped PostgreSQL":
        with postgres.stoppable() as own:
            url = f"{own.url}/jackfield_template"
            yield Server(lambda: PostgresLimits(url), own.stop, lambda: own.start(port=own.port))
        return
    with redis.stoppable() as cache:
        is_halted = request.param == "halted Redis"
        yield Server(
            lambda: RedisLimits(cache.url),
            cache.halt if is_halted else cache.stop,
            cache.resume if is_halted else cache.start,
        )


@dataclass
class Process:
    exchange: LimitExchange
    limiter: AccountLimiter
    delays: list[float]
    changes: list[bool]
    may_try: asyncio.Event

    async def send(self) -> None:
        async with self.limiter.enter("GET", "https://x.test/"):
            pass


Begin: TypeAlias = Callable[[LimitStore], Process]


@pytest.fixture
def begin() -> Begin:
    return _begin


def _begin(store: LimitStore) -> Process:
    delays, changes, may_try = list[float](), list[bool](), asyncio.Event()

    async def rest(_seconds: float) -> None:
        await may_try.wait()
        await asyncio.sleep(0)

    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    exchange = LimitExchange(store, now=time.monotonic, sleep=rest, on_change=changes.append)
    limiter = Limiter(now=time.monotonic, sleep=sleep, exchange=exchange)
    account = limiter.for_account("acc", _LIMITS)
    return Process(exchange, account, delays, changes, may_try)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return what sets how long a store is waited for."""

    def wait(seconds: float) -> None:
        monkeypatch.setattr(limit_exchange, "TRIP_SECONDS", seconds)
        monkeypatch.setattr(limit_exchange, "_CONNECT_SECONDS", seconds)

    wait(PATIENCE)
    return wait


async def test_a_process_goes_on_by_itself_and_comes_back(
    server: Server, begin: Begin, hurried: Callable[[float], None], log_lines: io.StringIO
) -> None:
    process = begin(server.open())
    await process.send()

    server.lose()
    hurried(0.05)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(process.send(), process.send())
        await process.send()
    alone, was_away = list(process.delays), process.exchange.is_away
    told = log_lines.getvalue().count("limits_not_shared")
    hurried(PATIENCE)
    await asyncio.to_thread(server.regain)
    process.may_try.set()
    async with asyncio.timeout(PATIENCE):
        while process.exchange.is_away:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
        await process.send()
    await process.exchange.close()

    # Its own bucket knows of the one before as well.
    assert alone == pytest.approx([50, 100, 150], abs=30)
    assert (told, was_away, process.changes) == (1, True, [True, False])
    assert "limits_shared_again" in log_lines.getvalue()


async def test_a_store_that_was_never_there_keeps_no_request_waiting(
    server: Server, begin: Begin, log_lines: io.StringIO
) -> None:
    server.lose()
    process = begin(server.open())

    async with asyncio.timeout(PATIENCE):
        for _ in range(4):
            await process.send()
    await process.exchange.close()

    assert process.delays == pytest.approx([50, 100, 150], abs=30)
    assert log_lines.getvalue().count("limits_not_shared") == 1


async def test_keys_have_their_requests_by_the_process_alone(
    server: Server, begin: Begin, hurried: Callable[[float], None]
) -> None:
    process = begin(server.open())
    tokens = LeasedTokenBuckets(TokenBuckets(3), process.exchange)

    async def take() -> float:
        now = time.monotonic()
        wait = tokens.take("key", now)
        return await tokens.wait_to_take("key", now) if wait is None else wait

    first = await take()
    server.lose()
    hurried(0.05)
    async with asyncio.timeout(PATIENCE):
        waits = [await take() for _ in range(3)]
    await process.exchange.close()

    assert (first, waits[:2]) == (0, [0, 0])
    assert waits[2] > 0
