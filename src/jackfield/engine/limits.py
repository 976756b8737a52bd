"""How much of a provider one account may use: requests a second, and requests at once.

A connector's limits are compiled once (`Limits`); a `Limiter` enforces them for every account, in
turn: whoever asked first goes first, and a request that waits for one pool does not hold a place in
another. Several processes that share accounts put a `SharedCounter` underneath.
"""

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Protocol, TypeAlias

from jackfield.engine.document_reader import take_objects
from jackfield.engine.errors import InvalidStep, invalid_value, missing_field
from jackfield.engine.expressions.errors import SyntaxFault
from jackfield.engine.expressions.patterns import Pattern
from jackfield.kit.json import Json, as_object

DEFAULT_RATE: Final = 25.0
DEFAULT_CONCURRENCY: Final = 30
_MOST_ACCOUNTS: Final = 10_000
_SECONDS: Final = {"second": 1, "minute": 60}

Now: TypeAlias = Callable[[], float]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pool:
    """
    Requests of one kind: those whose URL `matches`. `None` is no limit of that sort.

    `rate` is a second's; `burst` of them may go at once after a pause.
    """

    key: str
    matches: Callable[[str], bool]
    rate: float | None = None
    burst: float = 1
    concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """A connector's limits, for each account."""

    pools: tuple[Pool, ...]

    def pools_of(self, url: str) -> list[Pool]:
        return [pool for pool in self.pools if pool.matches(url)]


class SharedCounter(Protocol):
    """Counts requests of an account across processes."""

    async def delay(self, key: str, *, rate: float) -> float:
        """Count one request under `key` and return how many seconds it must still wait."""
        ...


def compile_limits(rate_limit: Json, concurrency: Json) -> Limits:
    """
    Compile the root keys `rateLimit` and `concurrency`.

    Raises:
        InvalidStep: they are malformed.
    """
    rates, at_once = as_object(rate_limit), as_object(concurrency)
    main = _positive(rates, "mainRatelimit", DEFAULT_RATE)
    most = int(_positive(at_once, "mainMaxConcurrency", DEFAULT_CONCURRENCY))
    pools = [Pool("main", lambda _url: True, main, main, most)]
    for entry in take_objects(rates.get("subPools"), "rateLimit.subPools"):
        calls = _positive(entry, "rateLimit", None)
        rate = calls / _seconds(entry)
        pools.append(Pool(_key(entry), match_part(_pattern(entry)), rate=rate, burst=calls))
    for entry in take_objects(at_once.get("subPools"), "concurrency.subPools"):
        most = int(_positive(entry, "maxConcurrency", None))
        pools.append(Pool(_key(entry), match_part(_pattern(entry)), concurrency=most))
    return Limits(tuple(pools))


def match_part(pattern: str) -> Callable[[str], bool]:
    """Match texts that contain `pattern` as it stands, or match it as a regular expression."""
    try:
        compiled = Pattern(pattern)
    except SyntaxFault:
        return lambda text: pattern in text
    return lambda text: pattern in text or compiled.search(text, _unmetered) is not None


class Limiter:
    """Enforces limits in this process, account by account."""

    def __init__(
        self,
        *,
        now: Now,
        sleep: Sleep = asyncio.sleep,
        shared: SharedCounter | None = None,
    ) -> None:
        """`now` is a clock in seconds that never goes back."""
        self._now = now
        self._sleep = sleep
        self._shared = shared
        self._accounts: OrderedDict[str, dict[str, _Bucket]] = OrderedDict()

    def gate(self, account: str, limits: Limits) -> "AccountGate":
        """Return the gate that an account's requests pass."""
        return AccountGate(self, account, limits)

    @asynccontextmanager
    async def turn(self, account: str, limits: Limits, url: str) -> AsyncGenerator[None]:
        """Wait until `account` may ask `url`; hold the place until the context is left."""
        pools = limits.pools_of(url)
        buckets = [(pool, self._bucket(account, pool)) for pool in pools]
        held: list[_Bucket] = []
        try:
            for pool, bucket in buckets:
                if pool.concurrency is not None:
                    await bucket.occupy(pool.concurrency)
                    held.append(bucket)
            for pool, bucket in buckets:
                if pool.rate is not None:
                    await self._wait(account, pool, bucket, pool.rate)
            yield
        finally:
            for bucket in held:
                bucket.vacate()

    async def _wait(self, account: str, pool: Pool, bucket: "_Bucket", rate: float) -> None:
        delay = bucket.reserve(rate, pool.burst, self._now())
        if self._shared is not None:
            delay = max(delay, await self._shared.delay(f"{account}/{pool.key}", rate=rate))
        if delay > 0:
            await self._sleep(delay)

    def _bucket(self, account: str, pool: Pool) -> "_Bucket":
        buckets = self._accounts.get(account)
        if buckets is None:
            buckets = self._accounts[account] = {}
            self._forget_idle()
        else:
            self._accounts.move_to_end(account)
        kind = "rate" if pool.rate is not None else "at once"
        return buckets.setdefault(f"{pool.key}/{kind}", _Bucket())

    def _forget_idle(self) -> None:
        """Keep the books of the accounts used last; one in use is never forgotten."""
        excess = len(self._accounts) - _MOST_ACCOUNTS
        if excess <= 0:
            return
        now = self._now()
        for account in list(islice(self._accounts, excess)):
            if all(bucket.is_idle(now) for bucket in self._accounts[account].values()):
                del self._accounts[account]


@dataclass(frozen=True, slots=True)
class AccountGate:
    """The gate of one account (see `jackfield.engine.ports.Gate`)."""

    limiter: Limiter
    account: str
    limits: Limits

    def enter(self, url: str) -> AbstractAsyncContextManager[None]:
        return self.limiter.turn(self.account, self.limits, url)


@dataclass(slots=True)
class _Bucket:
    """One pool of one account: when its next request may go, and how many are under way."""

    free_at: float = -math.inf
    busy: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque[asyncio.Future[None]])

    def reserve(self, rate: float, burst: float, now: float) -> float:
        """
        Take the next place in the queue and return how long it is away.

        After a pause `burst` requests may go at once; then they are evenly spaced.
        """
        self.free_at = max(self.free_at, now - max(burst - 1, 0) / rate)
        delay = max(0.0, self.free_at - now)
        self.free_at += 1 / rate
        return delay

    async def occupy(self, most: int) -> None:
        if self.busy < most and not self.waiting:
            self.busy += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The place was handed over in the same moment: pass it on.
                self.vacate()
            raise

    def vacate(self) -> None:
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                # The place goes straight to the next in line, so nobody can slip in between.
                turn.set_result(None)
                return
        self.busy -= 1

    def is_idle(self, now: float) -> bool:
        return self.busy == 0 and not self.waiting and self.free_at <= now


def _key(entry: Mapping[str, Json]) -> str:
    if not entry.get("subPoolKey"):
        raise missing_field(path="subPools.subPoolKey")
    return str(entry["subPoolKey"])


def _pattern(entry: Mapping[str, Json]) -> str:
    if not entry.get("urlPattern"):
        raise missing_field(path="subPools.urlPattern")
    return str(entry["urlPattern"])


def _seconds(entry: Mapping[str, Json]) -> int:
    per = entry.get("per", "second")
    if per not in _SECONDS:
        raise invalid_value(path="subPools.per", value=per, allowed=tuple(_SECONDS))
    return _SECONDS[per]


def _positive(entry: Mapping[str, Json], key: str, default: float | None) -> float:
    value = entry.get(key, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
        msg = f"The field '{key}' must be a number above 0"
        raise InvalidStep(msg)
    return float(value)


def _unmetered(_cost: int) -> None:
    return
