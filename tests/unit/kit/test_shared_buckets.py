import asyncio
import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from jackfield.kit.shared_buckets import SharedBuckets, SharedTokenBuckets, key_of
from tests.support.clock import StoppedTime
from tests.support.running import PATIENCE

_PROCESSES, _TIMES = 4, 500
_RESERVES = """
import sys
from jackfield.kit.shared_buckets import SharedBuckets
file, workers, number, times = map(int, sys.argv[1:])
shared = SharedBuckets(file, workers=workers, number=number, now=lambda: 0.0)
for _ in range(times):
    shared.reserve(7, 1, 1)
    shared.occupy(7, 60_000)
"""


@pytest.fixture
def stopped() -> StoppedTime:
    return StoppedTime()


@pytest.fixture
def both(stopped: StoppedTime) -> Generator[tuple[SharedBuckets, SharedBuckets]]:
    """Return the same buckets as two workers have them."""
    first = SharedBuckets.create(_PROCESSES + 1, now=stopped.monotonic)
    yield first, SharedBuckets(first.file, workers=first.workers, number=1, now=stopped.monotonic)
    os.close(first.file)


def test_workers_reserve_one_slot_after_the_other(
    both: tuple[SharedBuckets, SharedBuckets], stopped: StoppedTime
) -> None:
    delays = [both[n % 2].reserve(7, 4, 2) for n in range(5)]
    stopped.now += 10
    later = [both[n % 2].reserve(7, 4, 2) for n in range(3)]

    assert delays == pytest.approx([0, 0, 0.25, 0.5, 0.75])
    assert later == pytest.approx([0, 0, 0.25])


def test_a_key_may_ask_so_often_of_all_workers_together(
    both: tuple[SharedBuckets, SharedBuckets], stopped: StoppedTime
) -> None:
    limits = [SharedTokenBuckets(each, 2) for each in both]

    waits = [limits[n % 2].take("key", 0.0) for n in range(3)]
    others = limits[0].take("other", 0.0)
    stopped.now += 30
    again = [limits[n % 2].take("key", 0.0) for n in range(2)]

    assert waits == pytest.approx([0, 0, 30])
    assert others == 0
    assert again == pytest.approx([0, 30])


def test_so_many_requests_are_in_flight_in_all_workers_together(
    both: tuple[SharedBuckets, SharedBuckets],
) -> None:
    ours, theirs = both
    rows = [each.occupy(7, 2) for each in (ours, theirs, ours)]
    assert rows[0] is not None
    ours.vacate(rows[0])

    assert rows[2] is None
    assert theirs.occupy(7, 2) is not None
    assert ours.occupy(7, 2) is None


def test_what_a_worker_that_was_killed_had_in_flight_holds_nothing_up(
    both: tuple[SharedBuckets, SharedBuckets],
) -> None:
    ours, theirs = both
    assert theirs.occupy(7, 2) is not None
    assert ours.occupy(7, 2) is not None

    ours.forget(theirs.number)

    assert ours.occupy(7, 2) is not None
    assert ours.occupy(7, 2) is None


def test_keys_that_begin_in_the_same_slot_are_apart_and_get_it_once_it_is_idle(
    both: tuple[SharedBuckets, SharedBuckets], stopped: StoppedTime
) -> None:
    ours, theirs = both
    keys = [7 + (n << 16) for n in range(40)]

    delays = [ours.reserve(key, 1, 1) for key in keys[:16]]
    repeated = [theirs.reserve(key, 1, 1) for key in keys[:16]]
    stopped.now += 10
    later = [theirs.reserve(key, 1, 1) for key in keys[16:32]]

    assert delays == later == [0.0] * 16
    assert repeated == pytest.approx([1.0] * 16)


def test_a_key_that_finds_no_slot_shares_one(both: tuple[SharedBuckets, SharedBuckets]) -> None:
    ours, _ = both
    rows = [ours.occupy(7 + (n << 16), 1) for n in range(17)]

    assert rows[-1] is None
    for row in filter(None, rows):
        ours.vacate(row)
    assert ours.occupy(7 + (16 << 16), 1) is not None


def test_names_are_apart_however_they_are_joined() -> None:
    assert key_of("ab", "c") != key_of("a", "bc")
    assert key_of("a", "b") == key_of("a", "b")


@pytest.mark.anyio
@pytest.mark.slow
async def test_processes_that_reserve_at_once_get_each_slot_once(
    both: tuple[SharedBuckets, SharedBuckets],
) -> None:
    shared, _ = both
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _RESERVES),
            *map(str, (shared.file, shared.workers, number, _TIMES)),
            pass_fds=(shared.file,),
            cwd=Path(__file__).parents[3],
        )
        for number in range(_PROCESSES)
    ]
    async with asyncio.timeout(PATIENCE):
        statuses = [await each.wait() for each in processes]

    assert statuses == [0] * _PROCESSES
    most = _PROCESSES * _TIMES
    assert shared.occupy(7, most) is None
    assert shared.occupy(7, most + 1) is not None
