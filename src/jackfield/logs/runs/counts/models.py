"""Counts of runs by the hour in which they began."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

HOUR: Final = timedelta(hours=1)

_FAILED: Final = 500
_OUTCOME_UNKNOWN: Final = "outcome_unknown"


class OutcomeClass(StrEnum):
    """How a run ended; `refused` is a failure that the request itself caused."""

    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, *, success: bool, status_code: int, error_code: str | None) -> Self:
        if success:
            return cls(cls.SUCCEEDED)
        if error_code == _OUTCOME_UNKNOWN:
            return cls(cls.UNKNOWN)
        return cls(cls.FAILED if status_code >= _FAILED else cls.REFUSED)


@dataclass(frozen=True, slots=True)
class RunTally:
    """How many runs there were, and how many of them did not succeed."""

    total: int = 0
    failed: int = 0

    @classmethod
    def of_all(cls, tallies: "Iterable[RunTally]") -> "RunTally":
        """Return the sum of tallies."""
        found = list(tallies)
        return cls(sum(each.total for each in found), sum(each.failed for each in found))


@dataclass(frozen=True, slots=True)
class CountFilter:
    """A filter of counts; an empty tuple means all."""

    providers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    outcomes: tuple[OutcomeClass, ...] = ()


def hour_of(moment: datetime) -> datetime:
    """Return the beginning of the hour that a moment is in."""
    return moment.replace(minute=0, second=0, microsecond=0)
