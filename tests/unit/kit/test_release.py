"""Large values that are freed in pieces: all of them, but what something else still refers to."""

import asyncio
import gc
from typing import Any
from weakref import ref

import pytest

from jackfield.kit.release import release

pytestmark = pytest.mark.anyio


class Cell(str):
    """A text that can be watched."""

    __slots__ = ("__weakref__",)


def rows(count: int) -> list[dict[str, Any]]:
    return [{"a": Cell("x"), "b": [Cell("y"), {"c": Cell("z")}]} for _ in range(count)]


def cells_of(found: list[dict[str, Any]]) -> list[ref[Cell]]:
    return [ref(cell) for row in found for cell in (row["a"], row["b"][0], row["b"][1]["c"])]


@pytest.fixture(autouse=True)
def _no_collection() -> Any:
    gc.disable()
    yield
    gc.enable()


async def test_all_of_a_value_is_freed_whatever_it_is_in() -> None:
    held: list[Any] = [{"lists": {"data": rows(500)}}, rows(3), [[rows(300)]], "text", None]
    cells = [*cells_of(held[0]["lists"]["data"]), *cells_of(held[1]), *cells_of(held[2][0][0])]

    await release(held)

    assert (held, [each() for each in cells if each() is not None]) == ([], [])


async def test_what_something_else_refers_to_stays_as_it_is() -> None:
    whole, part = rows(500), rows(500)
    held: list[Any] = [whole, {"data": part, "more": rows(10)}, [part[0], *rows(300)]]

    await release(held)

    assert (held, whole, part) == ([], rows(500), rows(500))


async def test_others_have_turns_while_a_large_value_is_freed() -> None:
    held: list[Any] = [rows(50_000)]
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await release(held)
    counting.cancel()

    assert turns > 3
