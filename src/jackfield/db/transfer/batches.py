"""Batches of rows that are small enough to be held in memory."""

from collections.abc import AsyncGenerator
from typing import Final

from jackfield.db.transfer.end import Values

_MOST_ROWS: Final = 1000
_MOST_BYTES: Final = 4 << 20


async def batches(rows: AsyncGenerator[Values]) -> AsyncGenerator[list[Values]]:
    """Yield the rows by the thousand, or fewer if they are large."""
    waiting, size = list[Values](), 0
    async for row in rows:
        waiting.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(waiting) == _MOST_ROWS or size >= _MOST_BYTES:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting
