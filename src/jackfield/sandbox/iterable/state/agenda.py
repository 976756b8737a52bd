"""
Agenda of work that runs once the clock reaches its time.

Scheduled sends, campaigns that finish, export jobs and, where writes are made visible late, the
writes: each waits here with its moment and is done, in order, before the next request is answered.
"""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import TypeAlias

Deed: TypeAlias = Callable[[datetime], None]


class Agenda:
    def __init__(self) -> None:
        self._entries: list[tuple[datetime, int, Deed]] = []
        self._order = count()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, moment: datetime, deed: Deed) -> None:
        """Have `deed` done at `moment`, which it is told."""
        heapq.heappush(self._entries, (moment, next(self._order), deed))

    def settle(self, now: datetime) -> None:
        """Do everything that is due, including what becomes due by doing it."""
        while self._entries and self._entries[0][0] <= now:
            moment, _, deed = heapq.heappop(self._entries)
            deed(moment)
