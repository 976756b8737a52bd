"""The scale of a histogram: bars that the beginnings of ids tell apart.

Ids begin with the time, five bits a character. So runs are counted by the database in grains of a
power of 32 milliseconds, and a bar is a number of whole grains.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from jackfield.kit.ids import RunId
from jackfield.logs.search.models import Bar

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_MOST_GRAINS: Final = 20_000
_BASE: Final = 32
_TIME_LENGTH: Final = 10
_A_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Scale:
    """Bars of a time range; `length` is that of the beginnings of ids to count by."""

    since: datetime
    until: datetime
    length: int
    # In milliseconds since the epoch, and of each bar.
    first: int
    step: int

    @classmethod
    def of(cls, since: datetime, until: datetime, bars: int) -> Self:
        """Return a scale of up to so many bars."""
        begin, end = _milliseconds(since), _milliseconds(until)
        power = 0
        while (end - begin) // _BASE**power > _MOST_GRAINS:
            power += 1
        grain = _BASE**power
        first = begin // grain * grain
        step = max(1, -(-(end - first) // (bars * grain))) * grain
        length = len(RunId.prefix) + 1 + _TIME_LENGTH - power
        return cls(since, until, length, first, step)

    def bars(self, counts: Iterable[tuple[str, int, int]]) -> tuple[Bar, ...]:
        """Return the bars of counts by the beginnings of ids."""
        number = max(1, -(-(_milliseconds(self.until) - self.first) // self.step))
        totals, failures = [0] * number, [0] * number
        for began, total, failed in counts:
            grain = RunId(began.ljust(len(RunId.prefix) + 1 + _TIME_LENGTH, "0"))
            place = (_milliseconds(grain.moment) - self.first) // self.step
            place = min(max(place, 0), number - 1)
            totals[place] += total
            failures[place] += failed
        edges = [self.since, *(self._edge(place) for place in range(1, number)), self.until]
        return tuple(
            Bar(edges[place], edges[place + 1], totals[place], failures[place])
            for place in range(number)
        )

    def _edge(self, place: int) -> datetime:
        return _EPOCH + _A_MILLISECOND * (self.first + place * self.step)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _A_MILLISECOND
