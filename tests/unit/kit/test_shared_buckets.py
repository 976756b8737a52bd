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


def begins(shared: SharedBuckets, most: int, key: int = 7) -> bool:
    _, may_begin = shared.occupy(key, most)
    return may_begin


def test_so_many_requests_are_in_flight_in_all_workers_together(
    both: tuple[SharedBuckets, SharedBuckets],
) -> None:
    ours, theirs = both
    row, _ = ours.occupy(7, 2)

    assert begins(theirs, 2)
    assert not begins(ours, 2)
    ours.vacate(row)
    assert begins(ours, 2)
    assert not begins(theirs, 2)


def test_of_workers_that_wait_the_one_with_fewest_in_flight_is_next(
    both: tuple[SharedBuckets, SharedBuckets],
) -> None:
    ours, theirs = both
    rows = [ours.occupy(7, 3)[0] for _ in range(3)]
    waits = [begins(theirs, 3), begins(ours, 3)]
    ours.vacate(rows[0])
    left = begins(ours, 3)

    assert waits == [False, False]
    assert left is False
    assert begins(theirs, 3)


def test_workers_that_wait_for_one_place_have_it_in_turn(
    both: tuple[SharedBuckets, SharedBuckets],
) -> None:
    had = list[int]()
    for _ in range(4):
        for each in both:
            row, may_begin = each.occupy(7, 1)
            if may_begin:
                had.append(each.number)
                assert not any(begins(other, 1) for other in both)
                each.vacate(row)

    assert had == [0, 1, 0, 1, 0, 1, 0, 1]


def test_a_worker_that_gave_up_or_was_killed_holds_nothing_up(
    both: tuple[SharedBuckets, SharedBuckets],
) -> None:
    ours, theirs = both
    assert begins(theirs, 1)
    assert not begins(ours, 1)
    row, _ = theirs.occupy(7, 1)
    theirs.give_up(row)

    ours.forget(theirs.number)

    assert begins(ours, 2)
    assert begins(ours, 2)


def test_keys_that_begin_in_the_same_slot_are_apart_and_get_it_once_it_is_idle(
    both: tuple[SharedBuckets, SharedBuckets], stopped: StoppedTime
) -> None:
    ours, theirs = both
    keys = [7 + (n << 12) for n in range(40)]

    delays = [ours.reserve(key, 1, 1) for key in keys[:16]]
    repeated = [theirs.reserve(key, 1, 1) for key in keys[:16]]
    stopped.now += 10
    later = [theirs.reserve(key, 1, 1) for key in keys[16:32]]

    assert delays == later == [0.0] * 16
    assert repeated == pytest.approx([1.0] * 16)


def test_a_key_that_finds_no_slot_shares_one(both: tuple[SharedBuckets, SharedBuckets]) -> None:
    ours, _ = both
    rows = [ours.occupy(7 + (n << 12), 1) for n in range(17)]

    assert [may_begin for _, may_begin in rows] == [True] * 16 + [False]
    for row, may_begin in rows:
        if may_begin:
            ours.vacate(row)
    assert begins(ours, 1, key=7 + (16 << 12))


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
    assert not begins(shared, most)
    assert begins(shared, most + 1)
