"""Searches for accounts: what they are found by, and in which order they come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from jackfield.accounts.models import Account

# Characters and words of a search.
LONGEST_TEXT: Final = 200
MOST_WORDS_SOUGHT: Final = 8
# Days without use that can be asked for.
MOST_DAYS: Final = 3650


class AccountSort(StrEnum):
    """The order of accounts: the last, the most or the first in the alphabet come first."""

    CREATED = "created"
    USED = "used"
    # Of those that failed in 24 hours.
    FAILURES = "failures"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSearch:
    """
    What accounts are searched by; what is empty or null does not matter.

    Each word of `text` begins a word of the account's id, label, customer, user or settings.
    `is_failing` is whether a run failed within 24 hours.
    """

    text: str = ""
    statuses: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    profile_ids: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    origin_owner_ids: tuple[str, ...] = ()
    created_since: datetime | None = None
    created_until: datetime | None = None
    unused_days: int | None = None
    is_failing: bool = False
    sort: AccountSort = AccountSort.CREATED
    is_reversed: bool = False


@dataclass(frozen=True, slots=True)
class FoundAccounts:
    """
    A page of the accounts that a search found.

    `total` is how many it found, up to a bound: if not `is_counted`, there are at least so many.
    If `is_partial`, not all accounts were looked at, and more may match.
    """

    accounts: tuple[Account, ...]
    total: int
    is_counted: bool
    has_more: bool
    is_partial: bool = False
