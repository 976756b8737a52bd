"""Retry schedule of failed deliveries."""

import random
from datetime import datetime, timedelta
from typing import Final

_SECOND, _MINUTE, _HOUR = 1, 60, 3600

# When each attempt is made, in seconds from the first.
ATTEMPTS: Final = (
    0,
    5 * _SECOND,
    30 * _SECOND,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
# Receivers that come back from an outage should not be told everything in the same instant.
_JITTER: Final = 0.1
_LONGEST_WISH: Final = 24 * _HOUR


def next_attempt(made: int, now: datetime, *, retry_after: float | None = None) -> datetime | None:
    """
    Return when to try again after `made` attempts, or that it is given up.

    Each wait is counted from the attempt before, so that an outage of ours is not followed by a
    burst. `wish` is how many seconds the receiver asked us to wait: no attempt is made earlier, and
    up to a day it is honoured.
    """
    if made >= len(ATTEMPTS):
        return None
    wait = ATTEMPTS[made] - ATTEMPTS[made - 1]
    seconds = wait * (1 + random.random() * _JITTER)  # noqa: S311 - spreads load, guards nothing
    if retry_after is not None:
        seconds = max(seconds, min(retry_after, _LONGEST_WISH))
    return now + timedelta(seconds=seconds)
