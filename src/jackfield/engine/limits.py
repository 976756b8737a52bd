"""The rate limiter: requests a second of one account, and requests at once.

A connector's limits are compiled once (`Limits`); a `Limiter` enforces them for every account, in
turn: the first to ask goes first. A request waits for its tightest pools first, and takes a
place among all the account's requests only then, so that a slow pool never holds up the others.
Each process counts for itself, unless it shares its buckets with others: those of one server in
memory, and those of several through a store.
"""

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import islice
from typing import Any, Final, TypeAlias

from msgspec import Struct, field

from jackfield.engine.document_reader import take_objects
from jackfield.engine.errors import InvalidStep, invalid_value, missing_field
from jackfield.engine.expressions.errors import SyntaxFault
from jackfield.engine.expressions.patterns import Pattern, PatternSet
from jackfield.engine.leased_bucket import LeasedBucket
from jackfield.engine.shared_bucket import SharedBucket
from jackfield.kit.json import Json, as_object, is_list
from jackfield.kit.limit_exchange import LimitExchange
from jackfield.kit.shared_buckets import SharedBuckets, key_of

DEFAULT_RATE: Final = 25.0
DEFAULT_CONCURRENCY: Final = 30
_MOST_KNOWN: Final = 1_000
_LONGEST_KNOWN: Final = 300
_MOST_ACCOUNTS: Final = 10_000
# What takes less was no wait, but the way through the pools.
_LEAST_WAIT: Final = 0.001
_SECONDS: Final = {"second": 1, "minute": 60}

Now: TypeAlias = Callable[[], float]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]


class Pool(Struct, frozen=True):
    """
    A limit on the requests with `url` in their URL and one of `methods` (`None`: any).

    `rate` is in requests per second, of which `burst` may go at once after a pause. A `rate` or
    `concurrency` of `None` is no limit.
    """

    key: str
    url: str = ""
    methods: frozenset[str] | None = None
    rate: float | None = None
    burst: float = 1
    concurrency: int | None = None


class Limits:
    """A connector's limits, which hold for each account."""

    def __init__(self, pools: Sequence[Pool]) -> None:
        """
        Compile `pools`; a request passes them in this order.

        Raises:
            InvalidStep: their patterns are larger than allowed.
        """
        self.pools: Final = tuple(pools)
        self._known: dict[tuple[str, str], Sequence[Pool]] = {}
        try:
            self._patterns = PatternSet([pool.url for pool in pools])
        except SyntaxFault as fault:
            msg = f"rateLimit.subPools: {fault.reason}"
            raise InvalidStep(msg) from fault

    def pools_of(self, method: str, url: str) -> Sequence[Pool]:
        known = self._known.get((method, url))
        if known is not None:
            return known
        pools = [self.pools[index] for index in self._patterns.search(url)]
        found = [pool for pool in pools if pool.methods is None or method in pool.methods]
        # Addresses with a query are many, and may have a secret in them.
        if "?" not in url and len(url) <= _LONGEST_KNOWN:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[method, url] = found
        return found


def compile_limits(rate_limit: Json, concurrency: Json) -> Limits:
    """
    Compile the root keys `rateLimit` and `concurrency`.

    Raises:
        InvalidStep: they are malformed.
    """
    rates, at_once = as_object(rate_limit), as_object(concurrency)
    pools: list[Pool] = []
    for entry in take_objects(rates.get("subPools"), "rateLimit.subPools"):
        calls = _positive(entry, "rateLimit", None)
        pools.append(_sub_pool(entry, rate=calls / _seconds(entry), burst=calls))
    pools += [
        _sub_pool(entry, concurrency=int(_positive(entry, "maxConcurrency", None)))
        for entry in take_objects(at_once.get("subPools"), "concurrency.subPools")
    ]
    main = _positive(rates, "mainRatelimit", DEFAULT_RATE)
    most = int(_positive(at_once, "mainMaxConcurrency", DEFAULT_CONCURRENCY))
    return Limits([*pools, Pool("main", rate=main, burst=main, concurrency=most)])


def match_part(pattern: str) -> Callable[[str], bool]:
    """Return a test for texts that contain `pattern` verbatim or match it as a regex."""
    try:
        compiled = Pattern(pattern)
    except SyntaxFault:
        return lambda text: pattern in text
    return lambda text: pattern in text or compiled.search(text, _unmetered) is not None


class Limiter:
    """Enforces limits for each account by itself, in this process or those it shares with."""

    def __init__(
        self,
        *,
        now: Now,
        sleep: Sleep = asyncio.sleep,
        shared: SharedBuckets | None = None,
        exchange: LimitExchange | None = None,
        on_wait: Callable[[float], None] | None = None,
    ) -> None:
        """`now` is a monotonic clock in seconds; `on_wait` is told how many a request waited."""
        self._now = now
        self._sleep = sleep
        self._shared = shared
        self._exchange = exchange
        self._on_wait = on_wait
        self._accounts: OrderedDict[str, _Buckets] = OrderedDict()

    def sharing(self, shared: SharedBuckets) -> "Limiter":
        """Return a limiter whose limits hold for all processes that have these buckets."""
        return Limiter(
            now=self._now,
            sleep=self._sleep,
            shared=shared,
            exchange=self._exchange,
            on_wait=self._on_wait,
        )

    def for_account(self, account: str, limits: Limits) -> "AccountLimiter":
        """Return the limiter of one account (a `jackfield.engine.ports.RequestLimiter`)."""
        return AccountLimiter(self, account, limits)

    async def enter(
        self, account: str, limits: Limits, method: str, url: str
    ) -> "list[_AnyBucket]":
        """Wait until `account` may send this request, and return what it occupies meanwhile."""
        buckets = self._buckets(account)
        occupied: list[_AnyBucket] = []
        asked = self._now() if self._on_wait is not None else 0.0
        try:
            for pool in limits.pools_of(method, url):
                key = pool.key, pool.rate is not None
                bucket = buckets.get(key)
                if bucket is None:
                    bucket = buckets[key] = self._bucket(account, *key)
                if pool.concurrency is not None:
                    await bucket.occupy(pool.concurrency)
                    occupied.append(bucket)
                if pool.rate is not None:
                    delay = bucket.reserve(pool.rate, pool.burst, self._now())
                    if delay is None:
                        assert isinstance(bucket, LeasedBucket)
                        delay = await bucket.wait_to_reserve(pool.rate, pool.burst)
                    if delay > 0:
                        await self._sleep(delay)
        except BaseException:
            _vacate(occupied)
            raise
        if self._on_wait is not None and (waited := self._now() - asked) >= _LEAST_WAIT:
            self._on_wait(waited)
        return occupied

    def _bucket(self, account: str, pool: str, has_rate: bool) -> "_AnyBucket":
        if self._shared is None and self._exchange is None:
            return _Bucket()
        key = key_of(account, pool, str(has_rate))
        own = _Bucket() if self._shared is None else SharedBucket(self._shared, key)
        return own if self._exchange is None else LeasedBucket(own, self._exchange, key)

    def _buckets(self, account: str) -> "_Buckets":
        buckets = self._accounts.get(account)
        if buckets is None:
            buckets = self._accounts[account] = {}
            self._forget_idle()
        else:
            self._accounts.move_to_end(account)
        return buckets

    def _forget_idle(self) -> None:
        """Drop the least recently used accounts over the maximum, unless in use."""
        excess = len(self._accounts) - _MOST_ACCOUNTS
        if excess <= 0:
            return
        now = self._now()
        for account in list(islice(self._accounts, excess)):
            if all(bucket.is_idle(now) for bucket in self._accounts[account].values()):
                del self._accounts[account]


class AccountLimiter(Struct, frozen=True):
    """The limits of one account."""

    limiter: Limiter
    account: str
    limits: Limits

    def enter(self, method: str, url: str) -> AbstractAsyncContextManager[None]:
        return _Turn(self, method, url)


class _Turn(Struct):
    """The turn of one request; a class, since every request has one."""

    limiter: AccountLimiter
    method: str
    url: str
    occupied: "list[_AnyBucket]" = field(default_factory=list[Any])

    async def __aenter__(self) -> None:
        limiter = self.limiter
        self.occupied = await limiter.limiter.enter(
            limiter.account, limiter.limits, self.method, self.url
        )

    async def __aexit__(self, *_: object) -> None:
        _vacate(self.occupied)


def _vacate(occupied: "list[_AnyBucket]") -> None:
    for bucket in occupied:
        bucket.vacate()


class _Bucket(Struct):
    """The state of one pool of one account: the time of its next request, and those in flight."""

    free_at: float = -math.inf
    busy: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque[asyncio.Future[None]])

    def reserve(self, rate: float, burst: float, now: float) -> float:
        """
        Reserve the next slot and return the seconds until it begins.

        After a pause `burst` requests may go at once; then they are evenly spaced.
        """
        # Compared rather than called: each request to a provider asks some of these.
        saved = now - (burst - 1) / rate if burst > 1 else now
        self.free_at = max(self.free_at, saved)
        delay = self.free_at - now if self.free_at > now else 0.0
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
                # The slot was handed over at the same moment: pass it on.
                self.vacate()
            raise

    def vacate(self) -> None:
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                # The slot goes directly to the next in line, so that no other task can take it.
                turn.set_result(None)
                return
        self.busy -= 1

    def is_idle(self, now: float) -> bool:
        return self.busy == 0 and not self.waiting and self.free_at <= now


_AnyBucket: TypeAlias = _Bucket | SharedBucket | LeasedBucket
_Buckets: TypeAlias = dict[tuple[str, bool], _AnyBucket]


def _sub_pool(
    entry: Mapping[str, Json],
    *,
    rate: float | None = None,
    burst: float = 1,
    concurrency: int | None = None,
) -> Pool:
    for key in ("subPoolKey", "urlPattern"):
        if not entry.get(key):
            raise missing_field(path=f"subPools.{key}")
    key, url = str(entry["subPoolKey"]), str(entry["urlPattern"])
    return Pool(key, url, _methods(entry), rate, burst, concurrency)


def _methods(entry: Mapping[str, Json]) -> frozenset[str] | None:
    methods = entry.get("methods")
    return frozenset(str(method).upper() for method in methods) if is_list(methods) else None


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
