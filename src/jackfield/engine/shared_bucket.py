"""A bucket of the rate limiter that several processes share."""

import asyncio
import contextlib
from typing import Final

from jackfield.kit.shared_buckets import SharedBuckets

# What ends in another process is not told to this one.
_POLL_SECONDS: Final = 0.005


class SharedBucket:
    """One pool of one account: the time of its next request, and those in flight."""

    def __init__(self, shared: SharedBuckets, key: int) -> None:
        self._shared = shared
        self._key = key
        self._line = asyncio.Lock()
        self._vacated = asyncio.Event()
        self._occupied: list[int] = []

    def reserve(self, rate: float, burst: float, _now: float) -> float:
        return self._shared.reserve(self._key, rate, burst)

    async def occupy(self, most: int) -> None:
        async with self._line:
            row, may_begin = self._shared.occupy(self._key, most)
            try:
                while not may_begin:
                    await self._wait()
                    row, may_begin = self._shared.occupy(self._key, most)
            except BaseException:
                self._shared.give_up(row)
                raise
            self._occupied.append(row)

    def vacate(self) -> None:
        self._shared.vacate(self._occupied.pop())
        self._vacated.set()

    def is_idle(self, _now: float) -> bool:
        return not self._occupied and not self._line.locked()

    async def _wait(self) -> None:
        """Wait until a request of this process has ended, or may have of another."""
        self._vacated.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_POLL_SECONDS):
                await self._vacated.wait()
