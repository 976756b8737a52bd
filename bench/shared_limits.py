"""The cost of limits that processes share through a store, and the requests that pass them together.

`python -m bench.shared_limits URL [URL …]`, each of a PostgreSQL database with the hub's tables or of a
Redis. Two processes send for one account as fast as they may, so that what is counted is what the
limit let through; what a request waits for is not counted as its cost.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from jackfield.db.postgres_limits import PostgresLimits
from jackfield.db.redis_limits import RedisLimits
from jackfield.engine.limits import Limiter, compile_limits
from jackfield.kit.limit_exchange import LimitExchange
from jackfield.kit.limit_store import LimitStore, Place, PlacesAsked, Slots, SlotsAsked

SECONDS = 5.0
PROCESSES = 2
AT_ONCE = 20
RATE = 100
TIMES = 20_000
ROUNDS = 5


@dataclass
class Counted:
    """When one process sent, how often it asked the store, and how long each answer took."""

    sent: list[float]
    asked: list[float]
    was_away: bool


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("urls", nargs="*")
    urls = options.parse_args().urls
    for name, took in asyncio.run(at_hand()).items():
        print(f"{name:50}{took:8.2f} µs a request")
    for url in urls:
        print(f"\n{url.partition(':')[0]}, {PROCESSES} processes, {RATE} a second, {SECONDS:.0f} s")
        report(together(url))


async def at_hand() -> dict[str, float]:
    """Return the microseconds of a request for which everything is at hand."""
    now = time.monotonic
    alone = Limiter(now=now)
    leased = Limiter(now=now, exchange=LimitExchange(_Generous(), now=now))
    return {"one pool, alone": await passed(alone), "one pool, slots at hand": await passed(leased)}


async def passed(limiter: Limiter) -> float:
    account = limiter.for_account("acc", compile_limits({"mainRatelimit": 10_000_000}, None))
    fastest = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(TIMES):
            async with account.enter("GET", "https://x.test/"):
                pass
        fastest = min(fastest, time.perf_counter() - start)
    return fastest / TIMES * 1e6


def together(url: str) -> list[Counted]:
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        # When they have all started.
        begins = time.monotonic() + 3
        return pool.starmap(process, [(url, begins)] * PROCESSES)


def process(url: str, begins: float) -> Counted:
    return asyncio.run(send(url, begins))


async def send(url: str, begins: float) -> Counted:
    store = RedisLimits(url) if url.startswith("redis") else PostgresLimits(url)
    timed = _Timed(store)
    counted, away = Counted([], timed.took, was_away=False), list[bool]()
    exchange = LimitExchange(timed, now=time.monotonic, on_change=away.append)
    limiter = Limiter(now=time.monotonic, exchange=exchange).for_account(
        f"bench {begins}", compile_limits({"mainRatelimit": RATE}, {"mainMaxConcurrency": 30})
    )

    async def client() -> None:
        while time.monotonic() < begins + SECONDS:
            async with limiter.enter("GET", "https://x.test/"):
                counted.sent.append(time.monotonic())

    await asyncio.sleep(begins - time.monotonic())
    await asyncio.gather(*[client() for _ in range(AT_ONCE // PROCESSES)])
    await exchange.close()
    counted.was_away = bool(away)
    return counted


def report(found: list[Counted]) -> None:
    sent = sorted(moment for each in found for moment in each.sent)
    asked = sorted(took for each in found for took in each.asked)
    busiest = max(bisect_left(sent, moment + 1) - at for at, moment in enumerate(sent))
    rows = {
        "requests of each": ", ".join(str(len(each.sent)) for each in found),
        "in all": len(sent),
        "that the burst and the rate allow": round(RATE + (sent[-1] - sent[0]) * RATE),
        "most within a second": busiest,
        "questions to the store a request": round(len(asked) / len(sent), 3),
        "ms an answer, median": round(statistics.median(asked) * 1000, 2),
        "ms an answer, 99 of 100": round(asked[len(asked) * 99 // 100] * 1000, 2),
        "was away": any(each.was_away for each in found),
    }
    for name, value in rows.items():
        print(f"  {name:40}{value}")


class _Timed:
    """Passes everything on to a store, and times it."""

    def __init__(self, store: LimitStore) -> None:
        self._store = store
        self.took: list[float] = []
        self.leave, self.renew = store.leave, store.renew
        self.abandon, self.close = store.abandon, store.close

    @property
    def is_open(self) -> bool:
        return self._store.is_open

    async def reserve(self, asked: Sequence[SlotsAsked]) -> list[Slots]:
        start = time.perf_counter()
        answers = await self._store.reserve(asked)
        self.took.append(time.perf_counter() - start)
        return answers

    async def occupy(self, asked: Sequence[PlacesAsked]) -> list[list[Place]]:
        start = time.perf_counter()
        answers = await self._store.occupy(asked)
        self.took.append(time.perf_counter() - start)
        return answers


class _Generous:
    """A store that answers at once and gives everything."""

    is_open = True

    async def reserve(self, asked: Sequence[SlotsAsked]) -> list[Slots]:
        return [Slots(each.number, 0) for each in asked]

    async def occupy(self, asked: Sequence[PlacesAsked]) -> list[list[Place]]:
        return [list(range(each.number)) for each in asked]

    async def leave(self, places: object) -> None: ...

    async def renew(self, places: object) -> None: ...

    def abandon(self) -> None: ...

    async def close(self) -> None: ...


if __name__ == "__main__":
    main()
