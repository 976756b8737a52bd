"""Offset of a provider's clock, as the `Date` of its answers tells it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

# An answer may have been on its way so long.
NOTICED: Final = timedelta(seconds=30)
# A clock that is off by more is wrong altogether, and nothing is reckoned by it.
_MOST: Final = timedelta(days=1)


def correction(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return what to add to our time for that of who answered; zero if that is little."""
    offset = told_offset(headers, now)
    return timedelta() if offset is None or abs(offset) <= NOTICED else offset


def told_offset(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how far the clock of who answered is ahead; `None` if that is not told, or absurd."""
    try:
        told = parsedate_to_datetime(headers.get("date", ""))
    except (OverflowError, ValueError):
        return None
    offset = (told if told.tzinfo else told.replace(tzinfo=UTC)) - now
    return offset if abs(offset) < _MOST else None
