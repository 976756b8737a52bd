"""How long the event loop stands still while something is done."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager

import httpx2
from starlette.types import Message, Receive, Scope, Send

from jackfield.asgi import build_app
from tests.support import collector
from tests.support.running import Running

MOST_SECONDS = 0.05
_TICK = 0.001
_TRIES = 10
_KEPT = 1_000


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


@asynccontextmanager
async def brief_client(hub: Running) -> AsyncGenerator[httpx2.AsyncClient]:
    """Open a client that keeps the beginning of each answer alone.

    To put all of a large one together would hold up the loop for the test's own sake.
    """
    app = build_app(hub.hub)

    async def shortened(scope: Scope, receive: Receive, send: Send) -> None:
        left = _KEPT

        async def keep(message: Message) -> None:
            nonlocal left
            body = message.get("body", b"")[:left]
            left -= len(body)
            await send({**message, "body": body} if "body" in message else message)

        await app(scope, receive, keep)

    transport = httpx2.ASGITransport(app=shortened)
    async with httpx2.AsyncClient(
        transport=transport, base_url=hub.api.base_url, headers=hub.api.headers, auth=hub.api.auth
    ) as client:
        yield client


async def longest_standstill(
    work: Callable[[], Awaitable[object]], *, enough: float = MOST_SECONDS
) -> float:
    """Return how long the loop stands still at most, at the best of a few times.

    What `work` does to the loop it does each time; what the machine does it does now and then. A
    time below `enough` ends the tries.
    """
    longest = []
    for _ in range(_TRIES):
        with watched_loop() as seen:
            await work()
        longest.append(seen.longest)
        if seen.longest < enough:
            break
    return min(longest)
