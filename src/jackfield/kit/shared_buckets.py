"""Token buckets in memory that the workers of one server share.

Each slot of the table is the bucket of one key: when it is full again, and how many requests each
worker has in flight. A slot is free once its bucket is full and nothing is in flight: then it is as
good as new. Times are of the clock that all processes of a machine share.
"""

import fcntl
import mmap
import os
import time
from collections.abc import Callable
from hashlib import blake2b
from typing import Final, Self

_SLOTS: Final = 1 << 16
# Where the slot of a key may be, from where its digest says.
_WINDOW: Final = 16
_ROWS: Final = _SLOTS + _WINDOW
_DIGEST_BYTES: Final = 8
_COUNT_BYTES: Final = 2
_MOST_IN_FLIGHT: Final = 0xFFFF


class SharedBuckets:
    """The table, as the worker of a `number` below `workers` uses it."""

    def __init__(
        self, file: int, *, workers: int, number: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Use the table in a file that is open, of which no other handle is in this process."""
        self.file: Final = file
        self.workers: Final = workers
        self.number: Final = number
        self._now = now
        self._lock = _Lock(file)
        memory = memoryview(mmap.mmap(file, _size(workers)))
        self._keys = memory[: 8 * _ROWS].cast("Q")
        self._full_at = memory[8 * _ROWS : 16 * _ROWS].cast("d")
        # One worker's counts after the other's.
        self._in_flight = memory[16 * _ROWS :].cast("H")

    @classmethod
    def create(cls, workers: int, *, now: Callable[[], float] = time.monotonic) -> Self:
        """Make an empty table for so many workers; its file is gone when they are."""
        file = os.memfd_create("jackfield-buckets")
        os.ftruncate(file, _size(workers))
        return cls(file, workers=workers, number=0, now=now)

    def reserve(self, key: int, rate: float, burst: float) -> float:
        """Reserve the next slot in time of a key, and return the seconds until it begins."""
        spare = max(burst - 1, 0) / rate
        with self._lock:
            now = self._now()
            row = self._find(key, now)
            full_at = max(self._full_at[row], now)
            self._full_at[row] = full_at + 1 / rate
        return max(0.0, full_at - spare - now)

    def take(self, key: int, rate: float, burst: float) -> float:
        """Take a token of a key; return 0.0, or the seconds until there is one."""
        spare = max(burst - 1, 0) / rate
        with self._lock:
            now = self._now()
            row = self._find(key, now)
            full_at = max(self._full_at[row], now)
            if full_at - spare > now:
                return full_at - spare - now
            self._full_at[row] = full_at + 1 / rate
        return 0.0

    def occupy(self, key: int, most: int) -> int | None:
        """Begin a request of a key, and return its row; none if `most` are in flight."""
        with self._lock:
            row = self._find(key, self._now())
            if self._sum(row) >= min(most, _MOST_IN_FLIGHT):
                return None
            self._in_flight[self.number * _ROWS + row] += 1
        return row

    def vacate(self, row: int) -> None:
        """End a request of this worker's: no other changes its counts."""
        self._in_flight[self.number * _ROWS + row] -= 1

    def forget(self, number: int) -> None:
        """End all requests of a worker that has ended itself."""
        with self._lock:
            start = number * _ROWS
            self._in_flight[start : start + _ROWS] = memoryview(bytes(2 * _ROWS)).cast("H")

    def _find(self, key: int, now: float) -> int:
        """Return the row of a key's slot, which is a free one if it has none."""
        first = key % _SLOTS
        keys = self._keys[first : first + _WINDOW].tolist()
        if key in keys:
            return first + keys.index(key)
        rows = range(first, first + _WINDOW)
        free = (row for row in rows if self._full_at[row] <= now and not self._sum(row))
        # With none free, the one that is so soonest: its key and this one are limited together.
        row = next(free, None)
        if row is None:
            return min(rows, key=self._full_at.__getitem__)
        self._keys[row] = key
        return row

    def _sum(self, row: int) -> int:
        return sum(self._in_flight[row::_ROWS])


class _Lock:
    """The lock on a file, of a process: it ends with it, and inherited handles do not share it."""

    def __init__(self, file: int) -> None:
        self._file = file

    def __enter__(self) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN)


class SharedTokenBuckets:
    """As `jackfield.kit.rate_limit.TokenBuckets`, in all workers together."""

    def __init__(self, buckets: SharedBuckets, per_minute: float) -> None:
        self._buckets = buckets
        self.most: Final = per_minute

    def take(self, key: str, _now: float) -> float:
        return self._buckets.take(key_of("api_key", key), self.most / 60, self.most)


def key_of(*names: str) -> int:
    """Return the key of what has these names."""
    digest = blake2b("\0".join(names).encode(), digest_size=_DIGEST_BYTES).digest()
    return int.from_bytes(digest, "little")


def _size(workers: int) -> int:
    return (8 + 8 + _COUNT_BYTES * workers) * _ROWS
