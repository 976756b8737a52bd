"""Working off what is due in all processes together: each claims what no other has."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def work_off(
    claim: Callable[[int], Awaitable[Sequence[T]]],
    work: Callable[[T], Awaitable[None]],
    *,
    at_once: int,
) -> None:
    """
    Claim and work off until there is no more.

    Never more than `at_once` are claimed and not done: the rest is for other processes. `claim`
    gets how many it may claim at most.
    """
    running = set[asyncio.Task[None]]()
    try:
        while True:
            room = at_once - len(running)
            claimed = await claim(room)
            running |= {asyncio.ensure_future(work(each)) for each in claimed}
            if len(claimed) < room:
                break
            # Half of them in one statement, so that there is not one for each.
            while len(running) > at_once // 2:
                await _one_is_done(running)
        while running:
            await _one_is_done(running)
    finally:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _one_is_done(running: set[asyncio.Task[None]]) -> None:
    done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    running -= done
    for each in done:
        each.result()
