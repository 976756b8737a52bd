"""Histograms of large logs, of the counts that are kept by the hour."""

from dataclasses import replace
from datetime import datetime, timedelta

from jackfield.db.tx import Tx
from jackfield.logs.runs.counts.models import (
    HOUR,
    CountFilter,
    OutcomeClass,
    RunTally,
    hour_of,
)
from jackfield.logs.runs.counts.repo import RunCounts
from jackfield.logs.search.models import Bar, Conditions, Histogram, RunSearch

_SHORTEST = HOUR * 3
_FAILURES = tuple(each for each in OutcomeClass if each is not OutcomeClass.SUCCEEDED)


async def kept_counts(
    tx: Tx, search: RunSearch, since: datetime, until: datetime, bars: int
) -> Histogram | None:
    """
    Return up to so many bars of whole hours around a time range.

    Nothing if the search is about more than is counted, if the range is a short one, or if some of
    the log is not counted yet.
    """
    only = _filter_of(search)
    counts = RunCounts(tx)
    if only is None or until - since < _SHORTEST or not await counts.are_complete():
        return None
    first, end = hour_of(since), -(-(until - hour_of(since)) // HOUR) * HOUR + hour_of(since)
    found = await counts.by_hour(first, end, only)
    step = -(-((end - first) // HOUR) // bars) * HOUR
    return Histogram(_bars(found, first, end, step), first, by_hour=True)


def _filter_of(search: RunSearch) -> CountFilter | None:
    """Return the filter of counts that a search is, if it is one."""
    having = search.having
    rest = replace(having, connectors=(), sources=(), outcomes=())
    if rest != Conditions() or search.lacking != Conditions():
        return None
    outcomes: tuple[OutcomeClass, ...] = ()
    if having.outcomes:
        outcomes += (OutcomeClass.SUCCEEDED,) if True in having.outcomes else ()
        outcomes += _FAILURES if False in having.outcomes else ()
    return CountFilter(having.connectors, having.sources, outcomes)


def _bars(
    found: dict[datetime, RunTally], first: datetime, end: datetime, step: timedelta
) -> tuple[Bar, ...]:
    tallies: dict[int, list[RunTally]] = {}
    for hour, runs in found.items():
        tallies.setdefault((hour - first) // step, []).append(runs)
    bars: list[Bar] = []
    for place in range(-(-(end - first) // step)):
        runs = RunTally.of_all(tallies.get(place, ()))
        since = first + step * place
        bars.append(Bar(since, min(since + step, end), runs.total, runs.failed))
    return tuple(bars)
