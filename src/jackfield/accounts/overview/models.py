"""An overview of a project's accounts: how many there are, which are new, and which will end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jackfield.accounts.models import AccountStatus
from jackfield.kit.ids import AccountId

# More of them say no more at a glance.
MOST_COUNTED: Final = 10_000
# How long before its end a sign-in is named, if nothing renews it.
ENDING_SOON: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that was linked lately."""

    id: AccountId
    provider: str
    origin_owner_id: str
    origin_owner_name: str
    status: AccountStatus
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EndingAccount:
    """An account whose token ends soon, with no renewal planned until shortly before."""

    id: AccountId
    provider: str
    auth_method: str
    origin_owner_id: str
    origin_owner_name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccountCounts:
    """Numbers of accounts, each `MOST_COUNTED` at most."""

    total: int
    recent: int
    # Of the statuses in which an account has to be linked again.
    broken: Mapping[AccountStatus, int]
