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
# So that a receiver does not get everything at once after an outage.
_JITTER: Final = 0.1
_LONGEST_RETRY_AFTER: Final = 24 * _HOUR


def next_attempt(made: int, now: datetime, *, retry_after: float | None = None) -> datetime | None:
    """
    Return the time of the next attempt after `made` ones; `None` after the last.

    Each wait begins with the attempt before, so that an outage of the hub is not followed by a
    burst. `retry_after` is the wait in seconds that the receiver requested, up to a day: no attempt
    is made earlier.
    """
    if made >= len(ATTEMPTS):
        return None
    wait = ATTEMPTS[made] - ATTEMPTS[made - 1]
    seconds = wait * (1 + random.random() * _JITTER)  # noqa: S311 - spreads load, guards nothing
    if retry_after is not None:
        seconds = max(seconds, min(retry_after, _LONGEST_RETRY_AFTER))
    return now + timedelta(seconds=seconds)
