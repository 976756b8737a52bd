"""All background work of one process."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from jackfield.runtime import Hub
from jackfield.worker import connectors, pruning
from jackfield.worker.deliveries import Deliverer

_PAUSE_SECONDS: Final = 5.0

_log = structlog.get_logger()


@asynccontextmanager
async def background(hub: Hub) -> AsyncGenerator[None]:
    """Work in the background while the block runs; attempts under way are finished at its end."""
    loops = [
        asyncio.create_task(run_forever(work))
        for work in (
            lambda: Deliverer(hub).run(),
            lambda: pruning.run(hub),
            lambda: connectors.run(hub),
        )
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def run_forever(
    work: Callable[[], Awaitable[None]], *, pause: float = _PAUSE_SECONDS
) -> None:
    """Do `work` until cancelled, and begin anew where it fails: a database may be away a while."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - logged, and nobody else would notice that work stopped
            _log.exception("background_work_failed")
        await asyncio.sleep(pause)
