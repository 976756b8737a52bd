"""Moments as people write them: `15m`, `yesterday 14:00`, `2026-11-29T14:00`."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

KINDS: Final = "15m, 24h, 7d, 14:00, today, yesterday 14:00, 2026-11-29 or 2026-11-29T14:00Z"

_AGO: Final = re.compile(r"(\d{1,6})\s*([smhdw])", re.IGNORECASE)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_CLOCK: Final = re.compile(
    r"(?:(today|yesterday)\s*)?(?:(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.IGNORECASE
)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_A_DAY: Final = timedelta(days=1)


def read_span(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    """
    Return the first moment that `text` may mean and the first one after it; `None` if it is none.

    A day is as long as it is, anything else a moment. Without a time zone it is in UTC.
    """
    text = text.strip()
    try:
        return _ago(text, now) or _of_the_clock(text, now) or _written_out(text)
    except (ValueError, OverflowError):
        return None


def _ago(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    found = _AGO.fullmatch(text)
    if found is None:
        return None
    moment = now - timedelta(**{_UNITS[found[2].lower()]: int(found[1])})
    return moment, moment


def _of_the_clock(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    found = _CLOCK.fullmatch(text)
    if found is None or not text:
        return None
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if (found[1] or "").lower() == "yesterday":
        day -= _A_DAY
    if found[2] is None:
        return day, day + _A_DAY
    moment = datetime.combine(
        day, time(int(found[2]), int(found[3]), int(found[4] or 0)), tzinfo=UTC
    )
    return moment, moment


def _written_out(text: str) -> tuple[datetime, datetime]:
    moment = datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment, moment + _A_DAY if _DATE.fullmatch(text) else moment
