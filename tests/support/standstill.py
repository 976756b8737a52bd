"""How long the event loop stands still while something is done."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

from tests.support import collector

MOST_SECONDS = 0.05
_TICK = 0.001
_TIMES = 10


class Standstill:
    """The longest time in which this process worked and its event loop did not turn.

    The process's own time counts as well as the clock's: what another program on the machine took
    is no fault of the hub's.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self._last = (time.perf_counter(), time.process_time())

    def tick(self) -> None:
        now = (time.perf_counter(), time.process_time())
        self.longest = max(self.longest, min(now[0] - self._last[0], now[1] - self._last[1]))
        self._last = now


@contextmanager
def watched_loop() -> Generator[Standstill]:
    """Watch the running loop while the block runs, with the collector as a server has it."""
    with collector.as_in_a_server():
        yield from _watched()


def _watched() -> Generator[Standstill]:
    loop, seen = asyncio.get_running_loop(), Standstill()

    def turn() -> None:
        nonlocal handle
        seen.tick()
        handle = loop.call_later(_TICK, turn)

    handle = loop.call_later(_TICK, turn)
    try:
        yield seen
    finally:
        seen.tick()
        handle.cancel()


async def longest_standstill(
    work: Callable[[], Awaitable[object]], *, enough: float = MOST_SECONDS
) -> float:
    """Return how long the loop stands still at most, at the best of a few times.

    What `work` does to the loop it does each time; what the machine does it does now and then. A
    time below `enough` ends the tries.
    """
    longest = []
    for _ in range(_TIMES):
        with watched_loop() as seen:
            await work()
        longest.append(seen.longest)
        if seen.longest < enough:
            break
    return min(longest)
