"""A deadline of the current task."""

import asyncio
from types import TracebackType


class Deadline:
    """
    Ends the `with` block with `TimeoutError` after some seconds.

    As `asyncio.timeout`, which is a dozen calls of functions more: every action call has one.
    """

    __slots__ = ("_before", "_handle", "_is_over", "_seconds", "_task")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            msg = "a deadline needs a running task"
            raise RuntimeError(msg)
        self._task = task
        self._before = task.cancelling()
        self._is_over = False
        self._handle = task.get_loop().call_later(self._seconds, self._end)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._handle.cancel()
        # Another cancellation at the same time is not this one's to take away.
        if (
            self._is_over
            and self._task.uncancel() <= self._before
            and kind is asyncio.CancelledError
        ):
            raise TimeoutError from error

    def _end(self) -> None:
        self._is_over = True
        self._task.cancel()
