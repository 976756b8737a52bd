"""Schedule of the checks of accounts: about daily, and after a failure at growing pauses."""

import random
from datetime import datetime, timedelta
from typing import Final

from jackfield.accounts.models import StatusReason

_DAY: Final = timedelta(days=1)
# While it lasts, nothing is known of the credentials.
_PROVIDER_FAILED: Final = timedelta(hours=4)
# How old a failure is at most, and how long until it is looked at again.
_PAUSES: Final = (
    (timedelta(hours=1), timedelta(hours=1)),
    (timedelta(hours=5), timedelta(hours=4)),
    (timedelta(days=30), _DAY),
)
_SPREAD: Final = 0.5


def next_check(now: datetime) -> datetime:
    """Return when credentials that are good are checked again."""
    return now + _about(_DAY)


def next_attempt(now: datetime) -> datetime:
    """Return when to check what could not be checked `now`: the provider failed."""
    return now + _about(_PROVIDER_FAILED)


def next_try(reason: StatusReason, now: datetime) -> datetime | None:
    """Return when refused credentials are tried again; `None` if that is no use any more."""
    age = now - reason.since
    return next((now + pause for limit, pause in _PAUSES if age < limit), None)


def _about(pause: timedelta) -> timedelta:
    part = random.random()  # noqa: S311 - spreads work, and hides nothing
    return pause * (1 - _SPREAD / 2 + _SPREAD * part)
