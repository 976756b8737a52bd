"""Accounts that nobody uses: they are suspended by themselves, if the project wants it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jackfield.kit.ids import AccountId

# The longest notice of a suspension, in days on which the hub ran.
NOTICE_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class HubDay:
    """A day on which the hub ran, by the number of the calendar."""

    day: int
    began_at: datetime


@dataclass(frozen=True, slots=True)
class UnusedNotice:
    """An account that will be suspended if it goes on being unused, and when that was told."""

    account_id: AccountId
    noticed_at: datetime


def notice_days(days: int) -> int:
    """Return how long before its suspension an account is told of, if that comes after `days`."""
    return min(NOTICE_DAYS, days - 1)
