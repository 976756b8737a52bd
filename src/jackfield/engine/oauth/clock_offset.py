"""Offset of a provider's clock, as the `Date` of its answers tells it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

# An answer may have been on its way so long.
_NOTICED: Final = timedelta(seconds=30)
# A clock that is off by more is wrong altogether, and nothing is reckoned by it.
_MOST: Final = timedelta(days=1)


def offset_of(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how far the clock of who answered is ahead; zero if that is little, or not told."""
    try:
        told = parsedate_to_datetime(headers.get("date", ""))
    except (OverflowError, ValueError):
        return timedelta()
    offset = (told if told.tzinfo else told.replace(tzinfo=UTC)) - now
    return offset if abs(offset) > _NOTICED else timedelta()


def correction(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return what to add to our time for that of who answered."""
    offset = offset_of(headers, now)
    return offset if abs(offset) < _MOST else timedelta()
