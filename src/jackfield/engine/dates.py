"""Date parsing, by pattern or by guessing the format."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from jackfield.engine.current_time import now

_ISO: Final = re.compile(
    r"\d{4}-?\d{2}-?\d{2}(?:[T ]\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d+)?)?)?"
    r"(?:Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
_LOOSE: Final = re.compile(
    r"(?P<year>\d{4})(?:-?(?P<month>\d{2}))?(?P<zone>Z)?"
    r"|(?P<y1>\d{4})(?P<s1>[-/])(?P<m1>\d{1,2})(?P=s1)(?P<d1>\d{1,2})(?P<z1>Z)?"
    r"|(?P<d2>\d{1,2})(?P<s2>[-/])(?P<m2>\d{1,2})(?P=s2)(?P<y2>\d{4})",
    re.ASCII,
)
_MIDNIGHT: Final = re.compile(r"([T ])24(:?00(?::?00(?:[.,]0+)?)?(?:Z|[+-][\d:]+)?)\Z")
_ORDINAL: Final = re.compile(r"\d{4}-(?:\d{3}|W\d{2}(?:-\d)?)", re.ASCII)
_MONTHS: Final = [
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
]  # fmt: skip
_DAYS: Final = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

# Pattern letters of Unicode technical standard 35: the part each run reads, and its regex.
_FIELDS: Final[dict[str, tuple[str, str]]] = {
    "yyyy": ("year", r"\d{1,4}"),
    "y": ("year", r"\d{1,4}"),
    "yy": ("short_year", r"\d{2}"),
    "MMMM": ("month_name", "|".join(_MONTHS)),
    "MMM": ("month_name", "|".join(name[:3] for name in _MONTHS)),
    "LLLL": ("month_name", "|".join(_MONTHS)),
    "LLL": ("month_name", "|".join(name[:3] for name in _MONTHS)),
    "MM": ("month", r"\d{1,2}"),
    "M": ("month", r"\d{1,2}"),
    "dd": ("day", r"\d{1,2}"),
    "d": ("day", r"\d{1,2}"),
    "do": ("day", r"\d{1,2}"),
    "HH": ("hour", r"\d{1,2}"),
    "H": ("hour", r"\d{1,2}"),
    "hh": ("half_hour", r"\d{1,2}"),
    "h": ("half_hour", r"\d{1,2}"),
    "mm": ("minute", r"\d{1,2}"),
    "m": ("minute", r"\d{1,2}"),
    "ss": ("second", r"\d{1,2}"),
    "s": ("second", r"\d{1,2}"),
    "SSS": ("fraction", r"\d{1,3}"),
    "SS": ("fraction", r"\d{1,2}"),
    "S": ("fraction", r"\d"),
    "a": ("half", r"[ap]\.?m\.?"),
    "XXX": ("offset", r"Z|[+-]\d{2}:\d{2}"),
    "XX": ("offset", r"Z|[+-]\d{4}"),
    "xxx": ("offset", r"[+-]\d{2}:\d{2}"),
    "xx": ("offset", r"[+-]\d{4}"),
    "EEEE": ("", "|".join(_DAYS)),
    "EEE": ("", "|".join(name[:3] for name in _DAYS)),
}
# Two-digit years from here on are in the 1900s, as in POSIX.
_LAST_CENTURY: Final = 69
_NEVER_MEANT: Final = re.compile(r"YY|D")
_PIECE: Final = re.compile(r"''|'(?:[^']|'')*'|(do|([A-Za-z])\2*)|.", re.DOTALL)


def read_date(text: str) -> datetime | None:
    """
    Parse an ISO date or time, or a date written day first.

    Month and day are swapped if the month is out of range. Without a zone, UTC is assumed.
    """
    if _ISO.fullmatch(text):
        return _read_iso(text)
    match = _LOOSE.fullmatch(text)
    if match is None:
        return _read_ordinal(text)
    if match["year"]:
        return _build({"year": match["year"], "month": match["month"] or "1"})
    year, first, second = (
        (match["y1"], match["m1"], match["d1"])
        if match["y1"]
        else (match["y2"], match["m2"], match["d2"])
    )
    return _build({"year": year, "month": first, "day": second}) or _build(
        {"year": year, "month": second, "day": first}
    )


def _read_iso(text: str) -> datetime | None:
    # 24:00 is midnight of the next day.
    midnight = _MIDNIGHT.sub(r"\g<1>00\2", text)
    try:
        moment = datetime.fromisoformat(midnight)
    except ValueError:
        swapped = _LOOSE.fullmatch(text)
        return None if swapped is None else _read_swapped(swapped)
    if midnight != text:
        if moment.date() == date.max:
            return None
        moment += timedelta(days=1)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_swapped(match: re.Match[str]) -> datetime | None:
    """Build a date whose month and day are swapped."""
    if not match["y1"]:
        return None
    return _build({"year": match["y1"], "month": match["d1"], "day": match["m1"]})


def _read_ordinal(text: str) -> datetime | None:
    """Parse a day of a year (`2024-060`) or of a week (`2024-W09-4`)."""
    if not _ORDINAL.fullmatch(text):
        return None
    try:
        if "W" in text:
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        return datetime.strptime(text, "%Y-%j").replace(tzinfo=UTC)
    except ValueError:
        return None


def read_date_as(text: str, pattern: str) -> datetime | None:
    """
    Parse `text` by a pattern such as `dd/MM/yyyy`; failing that, as `read_date` does.

    A pattern without a year means this year. One with `YYYY` or `DD` (the year of a week, the day
    of a year: always a mistake) gives `None`.
    """
    if _NEVER_MEANT.search(pattern):
        return None
    reader = _reader(pattern) if pattern else None
    match = reader(text) if reader else None
    moment = _build(_in_this_year(match.groupdict())) if match else None
    return moment or read_date(text)


def _in_this_year(groups: dict[str, str | None]) -> dict[str, str]:
    """Complete the parts of a pattern without a year: this year, and today for a bare time."""
    part = {name: text for name, text in groups.items() if text}
    if "year" in part or "short_year" in part:
        return part
    today = now()
    part["year"] = str(today.year)
    if "month" not in part and "month_name" not in part:
        part["month"] = str(today.month)
        part.setdefault("day", str(today.day))
    return part


def add_years(moment: datetime, years: int) -> datetime:
    """Return the same day `years` later; 29 February becomes the 28th outside leap years."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)


def in_year(moment: datetime, year: int) -> datetime:
    """Return the same day of `year`; 29 February becomes 1 March outside leap years."""
    try:
        return moment.replace(year=year)
    except ValueError:
        return moment.replace(year=year, month=3, day=1)


def years_between(start: datetime, end: datetime) -> int:
    """Count whole years from `start` to `end`, negative when `end` comes first."""
    sign = 1 if end >= start else -1
    early, late = (start, end) if sign > 0 else (end, start)
    years = late.year - early.year
    if _in_year(late) < _in_year(early):
        years -= 1
    return sign * years


def _in_year(moment: datetime) -> tuple[int, ...]:
    return (moment.month, moment.day, *moment.timetuple()[3:6], moment.microsecond)


@lru_cache(maxsize=256)
def _reader(pattern: str) -> Callable[[str], re.Match[str] | None] | None:
    parts: list[str] = []
    seen: set[str] = set()
    for piece in _PIECE.finditer(pattern[:64]):
        word = piece[0]
        if piece[1] is None:
            parts.append(re.escape(word.strip("'").replace("''", "'") or "'"))
            continue
        name, expression = _FIELDS.get(word, ("", ""))
        if not expression or name in seen:
            return None
        seen.add(name)
        parts.append(f"(?P<{name}>{expression})" if name else f"(?:{expression})")
        if word == "do":
            parts.append("(?:st|nd|rd|th)")
    return re.compile("".join(parts), re.ASCII | re.IGNORECASE).fullmatch


def _build(part: dict[str, str]) -> datetime | None:
    try:
        return datetime(
            _year(part),
            _month(part),
            int(part.get("day", "1")),
            _hour(part),
            int(part.get("minute", "0")),
            int(part.get("second", "0")),
            int(part.get("fraction", "0").ljust(6, "0")),
            _zone(part.get("offset", "Z")),
        )
    except (ValueError, OverflowError):
        return None


def _year(part: dict[str, str]) -> int:
    if "short_year" in part:
        short = int(part["short_year"])
        return short + (1900 if short >= _LAST_CENTURY else 2000)
    return int(part.get("year", "1970"))


def _month(part: dict[str, str]) -> int:
    if "month_name" in part:
        name = part["month_name"].lower()
        return next(i for i, month in enumerate(_MONTHS, 1) if month.startswith(name))
    return int(part.get("month", "1"))


def _hour(part: dict[str, str]) -> int:
    if "half_hour" in part:
        afternoon = part.get("half", "a").lower().startswith("p")
        return int(part["half_hour"]) % 12 + (12 if afternoon else 0)
    return int(part.get("hour", "0"))


def _zone(offset: str) -> timezone:
    if offset in ("Z", "z"):
        return UTC
    sign = -1 if offset[0] == "-" else 1
    figures = offset[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(figures[:2]), minutes=int(figures[2:])))
