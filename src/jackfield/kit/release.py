"""
Large values, freed in pieces, so that the event loop goes on meanwhile.

What nothing refers to any more is freed at once, and the interpreter's lock is held until all of it
is: tens of milliseconds for some hundred thousand rows, in whatever thread.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import Final

from jackfield.kit.json import Json, is_list, is_object
from jackfield.kit.large_json_output import weigh

# Members of a container that are let go of at once, if they weigh no more than so many values.
_FEW: Final = 100
_BATCH: Final = 4_000
_TURN_SECONDS: Final = 0.001


async def release(values: list[Json]) -> None:
    """
    Free what `values` has, of which it is emptied; others have turns meanwhile.

    What something else refers to is left alone.
    """
    # On the loop: a thread would hold the interpreter's lock as long as the loop has its turn here.
    turn = time.perf_counter()
    for _ in _pieces(values):
        if time.perf_counter() - turn > _TURN_SECONDS:
            await asyncio.sleep(0)
            turn = time.perf_counter()


def _pieces(values: list[Json]) -> Iterator[None]:
    while values:
        value = values.pop()
        if sys.getrefcount(value) > _ALONE:
            continue
        if is_list(value):
            while value:
                some = value[-_FEW:]
                del value[-_FEW:]
                _let_go(some, values)
                yield
        elif is_object(value):
            while value:
                _let_go([value.popitem()[1] for _ in range(min(_FEW, len(value)))], values)
                yield


def _let_go(some: list[Json], heavy: list[Json]) -> None:
    """Free a few values; what is too much to free at once goes to `heavy`."""
    if weigh(some, _BATCH) > _BATCH:
        heavy += some
    # Those that are looked at next are referred to from one place alone.
    some.clear()


def _counts() -> Iterator[int]:
    """Yield what is counted where nothing else refers to a value: it depends on the interpreter."""
    values: list[Json] = [[]]
    while values:
        value = values.pop()
        yield sys.getrefcount(value)


_ALONE: Final = next(_counts())
