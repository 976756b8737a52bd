"""Token buckets in memory that the workers of one server share.

Each slot of the table is the bucket of one key: when it is full again, how many requests each worker
has in flight, and whether it waits to have more. A slot is free once its bucket is full and nothing
is in flight or waited for: then it is as good as new. Times are of the clock that all processes of a
machine share.
"""

import fcntl
import math
import mmap
import os
import time
from collections.abc import Callable
from hashlib import blake2b
from typing import Final, Self

_ROWS: Final = 1 << 16
# The slot of a key is in the block that its digest says. Each block has a lock of its own.
_BLOCK: Final = 16
_BLOCKS: Final = _ROWS // _BLOCK
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
        memory = memoryview(mmap.mmap(file, _size(workers)))
        self._keys = memory[: 8 * _ROWS].cast("Q")
        self._full_at = memory[8 * _ROWS : 16 * _ROWS].cast("d")
        counts = memory[16 * _ROWS :].cast("H")
        # The worker that began the last request; then one worker's counts after the other's.
        self._last = counts[:_ROWS]
        self._in_flight = counts[_ROWS : (1 + workers) * _ROWS]
        self._waits = counts[(1 + workers) * _ROWS :]

    @classmethod
    def create(cls, workers: int, *, now: Callable[[], float] = time.monotonic) -> Self:
        """Make an empty table for so many workers; its file is gone when they are."""
        file = os.memfd_create("jackfield-buckets")
        os.ftruncate(file, _size(workers))
        return cls(file, workers=workers, number=0, now=now)

    def reserve(
        self, key: int, rate: float, burst: float, *, most_seconds: float = math.inf
    ) -> float:
        """
        Reserve the next slot in time of a key, and return the seconds until it begins.

        One that is more than `most_seconds` away is not reserved.
        """
        spare = max(burst - 1, 0) / rate
        with _Lock(self.file, key % _BLOCKS):
            now = self._now()
            row = self._find(key, now)
            full_at = max(self._full_at[row], now)
            seconds = max(0.0, full_at - spare - now)
            if seconds <= most_seconds:
                self._full_at[row] = full_at + 1 / rate
        return seconds

    def occupy(self, key: int, most: int) -> tuple[int, bool]:
        """
        Begin a request of a key unless `most` are in flight; return its row, and whether it may.

        If not, this worker waits until it may, or gives up. Of those that wait, the one that has
        fewest in flight is next, and of two with as many the one that did not begin the last.
        """
        with _Lock(self.file, key % _BLOCKS):
            row = self._find(key, self._now())
            mine = self.number * _ROWS + row
            has_room = sum(self._in_flight[row::_ROWS]) < min(most, _MOST_IN_FLIGHT)
            if not has_room or self._leaves_it(row, self._in_flight[mine]):
                self._waits[mine] = 1
                return row, False
            self._in_flight[mine] += 1
            self._waits[mine] = 0
            self._last[row] = self.number
        return row, True

    def vacate(self, row: int) -> None:
        """End a request of this worker's: no other changes its counts."""
        self._in_flight[self.number * _ROWS + row] -= 1

    def give_up(self, row: int) -> None:
        """Stop waiting for a place."""
        self._waits[self.number * _ROWS + row] = 0

    def forget(self, number: int) -> None:
        """End all that a worker has in flight or waits for that has ended itself."""
        nothing = memoryview(bytes(_COUNT_BYTES * _ROWS)).cast("H")
        rows = slice(number * _ROWS, (number + 1) * _ROWS)
        with _Lock(self.file, 0, _BLOCKS):
            self._in_flight[rows] = nothing
            self._waits[rows] = nothing

    def _leaves_it(self, row: int, in_flight: int) -> bool:
        """Tell whether another worker that waits is to begin its request first."""
        waits = self._waits[row::_ROWS].tolist()
        waits[self.number] = 0
        if not any(waits):
            return False
        counts = self._in_flight[row::_ROWS].tolist()
        fewest = min(count for count, each in zip(counts, waits, strict=True) if each)
        was_last = self._last[row] == self.number
        return in_flight > fewest or (in_flight == fewest and was_last)

    def _find(self, key: int, now: float) -> int:
        """Return the row of a key's slot, which is a free one if it has none."""
        first = key % _BLOCKS * _BLOCK
        keys = self._keys[first : first + _BLOCK].tolist()
        if key in keys:
            return first + keys.index(key)
        rows = range(first, first + _BLOCK)
        free = (row for row in rows if self._full_at[row] <= now and not self._is_used(row))
        # With none free, the one that is so soonest: its key and this one are limited together.
        row = next(free, None)
        if row is None:
            return min(rows, key=self._full_at.__getitem__)
        self._keys[row] = key
        return row

    def _is_used(self, row: int) -> bool:
        return any(self._in_flight[row::_ROWS]) or any(self._waits[row::_ROWS])


class _Lock:
    """A POSIX lock on a byte range of a file: it belongs to the process, and ends with it."""

    __slots__ = ("_file", "_number", "_start")

    def __init__(self, file: int, start: int, number: int = 1) -> None:
        self._file = file
        self._start = start
        self._number = number

    def __enter__(self) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_EX, self._number, self._start)

    def __exit__(self, *_: object) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN, self._number, self._start)


class SharedTokenBuckets:
    """As `jackfield.kit.rate_limit.TokenBuckets`, in all workers together."""

    def __init__(self, buckets: SharedBuckets, per_minute: float) -> None:
        self._buckets = buckets
        self.most: Final = per_minute

    def take(self, key: str, _now: float) -> float:
        return self._buckets.reserve(
            key_of("api_key", key), self.most / 60, self.most, most_seconds=0
        )


def key_of(*names: str) -> int:
    """Return the key of what has these names."""
    digest = blake2b("\0".join(names).encode(), digest_size=_DIGEST_BYTES).digest()
    return int.from_bytes(digest, "little")


def _size(workers: int) -> int:
    return (8 + 8 + _COUNT_BYTES * (1 + 2 * workers)) * _ROWS
