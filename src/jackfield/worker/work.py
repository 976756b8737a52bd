"""All background work of one process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog

from jackfield.runtime import Hub
from jackfield.worker import connectors, pruning
from jackfield.worker.deliveries import Deliverer

_log = structlog.get_logger()


@asynccontextmanager
async def working(hub: Hub) -> AsyncGenerator[None]:
    """Work in the background while the block runs; attempts under way are finished at its end."""
    loops = [
        asyncio.create_task(Deliverer(hub).run()),
        asyncio.create_task(pruning.run(hub)),
        asyncio.create_task(connectors.run(hub)),
    ]
    for loop in loops:
        loop.add_done_callback(_notice)
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


def _notice(loop: asyncio.Task[None]) -> None:
    if not loop.cancelled() and (error := loop.exception()) is not None:
        _log.error("background_work_ended", exc_info=error)
