"""Single flight: work that is under way is shared by all who want it."""

import asyncio
import copy
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, TypeVar

from jackfield.kit.errors import HubError

T = TypeVar("T")


class SingleFlight:
    """
    Work by key, each done once at a time in this process.

    It goes on when a caller that waits for it is cancelled: what it has begun at a provider has an
    outcome that must not be lost.
    """

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[Any]] = {}

    async def run(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do `work`, or wait for the same work that is under way; its error is everyone's."""
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(work())
            task.add_done_callback(lambda done: self._end(key, done))
        try:
            return await asyncio.shield(task)
        except HubError as error:
            # Of their own: something is noted on an error on its way to its caller.
            raise copy.copy(error) from error

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        while self._running:
            await asyncio.wait(self._running.values())

    async def close(self, *, seconds: float = 10) -> None:
        """Wait for what is under way."""
        if self._running:
            await asyncio.wait(self._running.values(), timeout=seconds)
        for task in self._running.values():
            task.cancel()

    def _end(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        del self._running[key]
        if not task.cancelled():
            # Seen, even if each caller has gone.
            task.exception()
