"""Conditions that runs are searched by."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from jackfield.kit.ids import RunId
from jackfield.logs.runs.models import Run

# Both ends included.
Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What runs have; of each name one value is enough, and an empty tuple means any."""

    outcomes: tuple[bool, ...] = ()
    statuses: tuple[Span, ...] = ()
    connectors: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    durations: tuple[Span, ...] = ()
    requests: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    # Names and values of correlation headers.
    headers: tuple[tuple[str, str], ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunSearch:
    """Which runs are looked for: what they have, what they do not have, and when they began."""

    having: Conditions = Conditions()
    lacking: Conditions = Conditions()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: older than the run `before`, or newer than the run `after`."""

    before: RunId | None = None
    after: RunId | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """
    A page of runs, newest first.

    `edge` is where the search goes on in its direction, if it does. It ended early, with fewer runs
    than a page has, if `is_partial`.
    """

    runs: tuple[Run, ...]
    edge: RunId | None
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """The number of runs that began in one part of a time range."""

    since: datetime
    until: datetime
    total: int
    failed: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """
    Runs by when they began. Those before `counted_since` were not counted.

    With `by_hour` they are too many to be looked at, and the bars are whole hours around the range.
    """

    bars: tuple[Bar, ...]
    counted_since: datetime
    by_hour: bool = False

    @property
    def total(self) -> int:
        return sum(bar.total for bar in self.bars)

    @property
    def failed(self) -> int:
        return sum(bar.failed for bar in self.bars)
