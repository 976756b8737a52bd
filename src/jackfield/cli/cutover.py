"""
The part of a process in the cut-over of an online copy of its SQLite file.

It finishes what is under way, answers everything else with 503 meanwhile, and ends once the hub was
moved. If the cut-over does not come, it goes on as before.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from jackfield.cli.wait import answering
from jackfield.db.copy_state import CUT_OVER_SECONDS, CopyState, CopyWatch, Phase
from jackfield.db.tx import DatabaseMoving
from jackfield.runtime import Hub
from jackfield.settings import Settings
from jackfield.worker.background import background

_LOOK_SECONDS: Final = 0.2

_log = structlog.get_logger()


class Gate:
    """The way of requests to the hub, which can be closed while those that are in go on."""

    def __init__(self) -> None:
        self.is_closed = False
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def to(self, app: ASGIApp) -> ASGIApp:
        """Return the application with this before it."""
        closed = answering(DatabaseMoving())

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if self.is_closed:
                return await closed(scope, receive, send)
            self._under_way += 1
            self._idle.clear()
            try:
                return await app(scope, receive, send)
            finally:
                self._under_way -= 1
                if not self._under_way:
                    self._idle.set()

        return serve

    async def settle(self) -> None:
        """Wait until no request is under way."""
        await self._idle.wait()


@asynccontextmanager
async def working(
    hub: Hub, settings: Settings, gate: Gate | None = None
) -> AsyncGenerator["asyncio.Task[None]"]:
    """
    Work in the background while the block runs, and make room for cut-overs.

    Yields a task that ends once the hub was moved to another database, with `DatabaseMoved`.
    """
    watch = None if settings.database_url is not None else CopyWatch(settings.sqlite_file)
    work = _work(hub) if watch is None else _work_beside_copies(hub, watch, gate or Gate())
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        # Its error is for the caller, who asks for the result.
        await asyncio.gather(task, return_exceptions=True)
        if watch is not None:
            watch.close()


async def _work(hub: Hub) -> None:
    async with background(hub):
        await asyncio.Event().wait()


async def _work_beside_copies(hub: Hub, watch: CopyWatch, gate: Gate) -> None:
    while True:
        async with background(hub):
            # After a cut-over that did not come, its phase may still be there.
            await _look_until(watch, _is_over)
            await _look_until(watch, lambda state: state is not None and not _goes_on(state))
            gate.is_closed = True
            hub.open_streams.close()
            _log.info("cut_over_begun")
            over = asyncio.create_task(_look_until(watch, _is_over))
            quiet = asyncio.create_task(gate.settle())
            until = time.monotonic() + CUT_OVER_SECONDS
            await asyncio.wait(
                {over, quiet}, timeout=CUT_OVER_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        try:
            if quiet.done() and not over.done():
                await hub.renewals.settle()
                await hub.write_buffer.flush()
                watch.make_room()
            await asyncio.wait({over}, timeout=until - time.monotonic())
            if over.done() and (state := over.result()) is not None and state.has_moved:
                raise state.moved
        finally:
            over.cancel()
            quiet.cancel()
        hub.open_streams.reopen()
        gate.is_closed = False
        _log.info("cut_over_put_off")


async def _look_until(
    watch: CopyWatch, is_true: Callable[[CopyState | None], bool]
) -> CopyState | None:
    while not is_true(state := watch.look()):  # noqa: ASYNC110 - another process says it
        await asyncio.sleep(_LOOK_SECONDS)
    return state


def _is_over(state: CopyState | None) -> bool:
    return state is None or state.phase is not Phase.CLOSING


def _goes_on(state: CopyState) -> bool:
    return state.phase is Phase.COPYING
