"""Cron expressions of five fields: minute, hour, day of the month, month, day of the week; in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Final

# Lowest and highest value, by field. Sunday is 0 and 7.
_RANGES: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MOST_DAYS: Final = 366 * 5


def next_time(expression: str, after: datetime) -> datetime | None:
    """Return the next time that an expression means; `None` if it means none, or is malformed."""
    fields = expression.split()
    try:
        minutes, hours, days, months, weekdays = [
            _values(field, *limits) for field, limits in zip(fields, _RANGES, strict=True)
        ]
    except ValueError:
        return None
    start = after.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    either = fields[2] != "*" and fields[4] != "*"
    for ahead in range(_MOST_DAYS):
        day = start.date() + timedelta(days=ahead)
        of_month, of_week = day.day in days, day.isoweekday() % 7 in {each % 7 for each in weekdays}
        # With both of them, one is enough, as in every cron.
        if day.month not in months or not (of_month or of_week if either else of_month and of_week):
            continue
        for hour in sorted(hours):
            for minute in sorted(minutes):
                found = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
                if found >= start:
                    return found
    return None


def _values(field: str, lowest: int, highest: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = (lowest, "", highest) if span == "*" else span.partition("-")
        begin = int(first)
        end = int(last) if last else (highest if step else begin)
        if not lowest <= begin <= end <= highest:
            raise ValueError
        found.update(range(begin, end + 1, int(step or 1)))
    return found
