"""A bucket of the rate limiter that several processes share."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from jackfield.kit.shared_buckets import SharedBuckets

# Another process tells none of those that wait; each asks again, so that none is preferred.
_POLL_SECONDS: Final = 0.005


class SharedBucket:
    """One pool of one account: the time of its next request, and those in flight."""

    def __init__(
        self, shared: SharedBuckets, key: int, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._shared = shared
        self._key = key
        self._sleep = sleep
        self._line = asyncio.Lock()
        self._occupied: list[int] = []

    def reserve(self, rate: float, burst: float, _now: float) -> float:
        return self._shared.reserve(self._key, rate, burst)

    async def occupy(self, most: int) -> None:
        async with self._line:
            while (row := self._shared.occupy(self._key, most)) is None:
                await self._sleep(_POLL_SECONDS)
            self._occupied.append(row)

    def vacate(self) -> None:
        self._shared.vacate(self._occupied.pop())

    def is_idle(self, _now: float) -> bool:
        return not self._occupied and not self._line.locked()
