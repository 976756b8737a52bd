"""A thread for what uploads take long for: one, so that many uploads leave the rest of the hub alone."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")

_THREAD: Final = ThreadPoolExecutor(1, thread_name_prefix="uploads")


async def run_aside(work: Callable[[], T]) -> T:
    """Run `work` when what was asked for before is done, and return what it does."""
    return await asyncio.get_running_loop().run_in_executor(_THREAD, work)
