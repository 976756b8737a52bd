"""Schedule of renewals: when tokens are stale, and when the worker renews them ahead."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from jackfield.accounts.tokens.cron import next_time
from jackfield.connectors.auth import AuthMethod
from jackfield.engine.oauth.tokens import REFRESH_TOKEN, Tokens

# Ahead of expiry: at most so much, and at most this part of the lifetime.
_MARGIN: Final = timedelta(minutes=5)
_PART: Final = 0.1
# A token in use must last for one request.
_USE_MARGIN: Final = timedelta(seconds=30)
# Refresh tokens that are not used die at some providers; so many would be renewed at once.
_KEEP_ALIVE: Final = timedelta(days=1)
_SPREAD: Final = 0.25


@dataclass(frozen=True, slots=True)
class Schedule:
    """Times of the next renewal: at use from `stale_at` on, by the worker at `due_at`."""

    stale_at: datetime | None
    due_at: datetime | None

    @classmethod
    def of(cls, tokens: Tokens, now: datetime, method: AuthMethod | None = None) -> Self:
        """Return the times for tokens that were given `now`."""
        declared = None if method is None else method.refresh_margin
        due: list[datetime] = []
        stale_at: datetime | None = None
        if tokens.expires_at is not None:
            life = max(tokens.expires_at - now, timedelta())
            margin = min(_MARGIN, life * _PART) if declared is None else min(declared, life)
            stale_at = tokens.expires_at - min(margin, _USE_MARGIN)
            # Later than the margin, never before: some providers refuse what is too early.
            due.append(tokens.expires_at - margin * (1 - _some() / 2))
        if tokens.values.get(REFRESH_TOKEN) and declared is None:
            due.append(now + _KEEP_ALIVE * (1 - _SPREAD * _some()))
        if tokens.refresh_expires_at is not None:
            left = max(tokens.refresh_expires_at - now, timedelta())
            due.append(now + left * (1 - _SPREAD * (1 + _some())))
        if method is not None and method.refresh is not None and method.refresh.schedule:
            planned = next_time(method.refresh.schedule, now)
            due += [] if planned is None else [planned]
        return cls(stale_at, min(due, default=None))


def _some() -> float:
    return random.random()  # noqa: S311 - spreads work, and hides nothing
