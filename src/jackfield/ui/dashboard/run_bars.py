"""Charts of runs over time, in which each bar leads to its runs in the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from jackfield.logs.runs.counts.models import HOUR, RunTally, hour_of

DAY: Final = timedelta(days=1)
HOURS: Final = 24
DAYS: Final = 14
# As high as a chart, and as the least of it that can be seen.
_HEIGHT: Final = 64
_LEAST: Final = 1.5


@dataclass(frozen=True, slots=True)
class RunBar:
    """
    The runs of a part of a time range.

    `height` is that of the bar, `failed` of the part of it that failed; `query` and `failures` lead
    to all of its runs in the log, and to the failed ones.
    """

    since: datetime
    until: datetime
    runs: RunTally
    height: float
    failed: float
    query: str
    failures: str


@dataclass(frozen=True, slots=True)
class RunChart:
    """Bars of one length each, and the sum of them; `unit` is what one bar is."""

    unit: str
    bars: tuple[RunBar, ...]
    runs: RunTally


def first_day(now: datetime) -> datetime:
    """Return the beginning of the first day that charts show."""
    return _day_of(now) - DAY * (DAYS - 1)


def hourly_chart(hours: Mapping[datetime, RunTally], now: datetime) -> RunChart:
    """Return the last hours, the one that is not over among them."""
    first = hour_of(now) - HOUR * (HOURS - 1)
    return _chart("hour", [first + HOUR * place for place in range(HOURS)], HOUR, hours)


def daily_chart(hours: Mapping[datetime, RunTally], now: datetime) -> RunChart:
    """Return the last days, by UTC, with today."""
    days: dict[datetime, list[RunTally]] = {}
    for hour, runs in hours.items():
        days.setdefault(_day_of(hour), []).append(runs)
    tallies = {day: RunTally.of_all(runs) for day, runs in days.items()}
    return _chart("day", [first_day(now) + DAY * place for place in range(DAYS)], DAY, tallies)


def logs_query(since: datetime, until: datetime | None = None, *, only: Sequence[str] = ()) -> str:
    """Return the query of the Logs page for the runs of a time range."""
    words = [*only, f"since:{_iso(since)}"]
    words += [] if until is None else [f"until:{_iso(until)}"]
    return urlencode({"q": " ".join(words)})


def _chart(
    unit: str, begins: Sequence[datetime], length: timedelta, tallies: Mapping[datetime, RunTally]
) -> RunChart:
    found = [tallies.get(each, RunTally()) for each in begins]
    most = max((each.total for each in found), default=0) or 1
    bars = tuple(
        RunBar(
            since=since,
            until=since + length,
            runs=runs,
            height=_height(runs.total, most),
            failed=_height(runs.failed, most),
            query=logs_query(since, since + length),
            failures=logs_query(since, since + length, only=("status:failed",)),
        )
        for since, runs in zip(begins, found, strict=True)
    )
    return RunChart(unit, bars, RunTally.of_all(found))


def _height(count: int, most: int) -> float:
    return max(round(count / most * _HEIGHT, 2), _LEAST) if count else 0.0


def _day_of(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
