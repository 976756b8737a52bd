"""Moments, in each of the spellings the API uses."""

import re
from datetime import UTC, datetime
from typing import Final

# "2026-01-31 10:00:00 +00:00": the gap before the offset is not ISO 8601.
_GAP: Final = re.compile(r"\s+(?=[+-]\d\d:?\d\d$|Z$)")
# Later than the year 5100 in seconds, so it can only be milliseconds.
_FIRST_MILLISECOND: Final = 100_000_000_000


def epoch_ms(moment: datetime) -> int:
    """How resources say when they were made."""
    return int(moment.timestamp() * 1000)


def stamp(moment: datetime) -> str:
    """How events and profiles say when something happened."""
    return f"{moment:%Y-%m-%d %H:%M:%S} +00:00"


def iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def parse(text: str) -> datetime:
    """
    Read a date, a date and time, or ISO 8601; without an offset it is UTC.

    Raises:
        ValueError: it is none of these.
    """
    moment = datetime.fromisoformat(_GAP.sub("", text.strip()))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def from_unix(number: int) -> datetime:
    """
    Read a Unix time in seconds or milliseconds.

    Clients send either and the reference does not say which: both are taken.

    Raises:
        ValueError: no calendar has this moment.
    """
    seconds = number / 1000 if abs(number) >= _FIRST_MILLISECOND else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(number) from error


def midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
