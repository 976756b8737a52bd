"""Timers of an event loop: those that ran out, and those that a test keeps from running out.

How long something waits is told by its timers, and not by a clock: that goes on as well while another
program has the machine.
"""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@contextmanager
def waited(loop: asyncio.AbstractEventLoop) -> Generator[list[float]]:
    """Yield the seconds of each timer that is set in the block and runs out in it."""
    ran_out: list[float] = []
    call_at = loop.call_at

    def counted(when: float, callback: Callable[..., object], *args: Any, **kept: Any) -> Any:
        seconds = when - loop.time()

        def run() -> None:
            ran_out.append(seconds)
            callback(*args)

        return call_at(when, run, **kept)

    loop.call_at = counted
    try:
        yield ran_out
    finally:
        loop.call_at = call_at


@dataclass(slots=True)
class Held:
    """Timers that do not run out before they are let go."""

    timers: list[tuple[asyncio.TimerHandle, Callable[[], object]]] = field(
        default_factory=list[tuple[asyncio.TimerHandle, Callable[[], object]]]
    )
    _begun: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    def add(self, timer: asyncio.TimerHandle, run_out: Callable[[], object]) -> None:
        self.timers.append((timer, run_out))
        self._begun.release()

    async def begun(self, number: int) -> None:
        """Wait until so many more have begun."""
        for _ in range(number):
            await self._begun.acquire()

    def let_go(self) -> None:
        for timer, run_out in self.timers:
            if not timer.cancelled():
                timer.cancel()
                run_out()
        self.timers.clear()


@contextmanager
def held(seconds: float) -> Generator[Held]:
    """Hold the running loop's timers of exactly `seconds`."""
    loop, found = asyncio.get_running_loop(), Held()
    call_later = loop.call_later

    def hold(delay: float, callback: Callable[..., object], *args: Any, **kept: Any) -> Any:
        if delay != seconds:
            return call_later(delay, callback, *args, **kept)
        timer = call_later(86_400, callback, *args, **kept)
        found.add(timer, lambda: loop.call_soon(callback, *args, **kept))
        return timer

    loop.call_later = hold
    try:
        yield found
    finally:
        found.let_go()
        loop.call_later = call_later
