"""Schedule of renewals: when tokens are stale, and when the worker renews them ahead."""

import random
from datetime import datetime, timedelta
from typing import Final

from jackfield.accounts.tokens.cron import next_time
from jackfield.accounts.tokens.models import TokenTimes
from jackfield.connectors.auth import AuthMethod
from jackfield.engine.oauth.tokens import TokenEnds

# Ahead of expiry: at most so much, and at most this part of the lifetime.
_MARGIN: Final = timedelta(minutes=5)
_PART: Final = 0.1
# A token in use must last for one request.
_USE_MARGIN: Final = timedelta(seconds=30)
# Refresh tokens that are not used die at some providers; so many would be renewed at once.
_KEEP_ALIVE: Final = timedelta(days=1)
_SPREAD: Final = 0.25
# A token that is said to end at once, again and again, is renewed for calls; but ahead no more often.
_SOONEST: Final = timedelta(minutes=1)


def times_of(
    ends: TokenEnds,
    now: datetime,
    method: AuthMethod | None = None,
    *,
    generation: int,
    has_refresh_token: bool,
) -> TokenTimes:
    """
    Return the times of an access token that was given `now`.

    It is renewed at use from `stale_at` on, and by the worker at `due_at`.
    """
    declared = None if method is None else method.refresh_margin
    due: list[datetime] = []
    stale_at: datetime | None = None
    if ends.expires_at is not None:
        life = max(ends.expires_at - now, timedelta())
        margin = min(_MARGIN, life * _PART) if declared is None else min(declared, life)
        stale_at = ends.expires_at - min(margin, _USE_MARGIN)
        # Later than the margin, never before: some providers refuse what is too early.
        due.append(ends.expires_at - margin * (1 - _some() / 2))
    if has_refresh_token and declared is None:
        due.append(now + _KEEP_ALIVE * (1 - _SPREAD * _some()))
    if ends.refresh_expires_at is not None:
        left = max(ends.refresh_expires_at - now, timedelta())
        due.append(now + left * (1 - _SPREAD * (1 + _some())))
    if method is not None and method.refresh is not None and method.refresh.schedule:
        planned = next_time(method.refresh.schedule, now)
        due += [] if planned is None else [planned]
    return TokenTimes(
        generation,
        now,
        ends.expires_at,
        ends.refresh_expires_at,
        stale_at,
        max(min(due), now + _SOONEST) if due else None,
    )


def _some() -> float:
    return random.random()  # noqa: S311 - spreads work, and hides nothing
