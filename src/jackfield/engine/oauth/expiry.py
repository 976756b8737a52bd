"""Lifetimes of tokens, in every spelling that providers use; kind and unit are never guessed."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from jackfield.kit.json import Json

_LONGEST: Final = 10 * 366 * 86_400
_NUMBER: Final = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,20})?", re.ASCII)
_ISO_DURATION: Final = re.compile(
    r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII
)
_SHORT_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|m|h|d|w)", re.ASCII)
_SHORT_UNITS: Final[Mapping[str, float]] = {
    "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800
}  # fmt: skip
_FRACTION: Final = re.compile(r"(\.\d{6})\d+")
_CLOCK: Final = re.compile(r"(\d{1,5}):(\d{2}):(\d{2})", re.ASCII)


class UnreadableExpiry(ValueError):
    """The value is not of the kind that the connector names."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Seconds from now until a token ends, `None` if that is not known; `warning` says why not."""

    seconds: int | None
    warning: str | None = None


def read_lifetime(
    value: Json, kind: str = "seconds", *, now: datetime, zero_is_never: bool = False
) -> Lifetime:
    """
    Read the lifetime of a token.

    Raises:
        UnreadableExpiry: the value is not of this kind; the token itself may be good.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return Lifetime(None)
    if isinstance(value, bool | list | dict):
        msg = "it is neither a number nor a text"
        raise UnreadableExpiry(msg)
    try:
        seconds = _KINDS[kind](value, now)
    except OverflowError:
        # An integer of JSON, or a part of a date, may be longer than any of a computer's.
        seconds = math.inf
    if not math.isfinite(seconds):
        msg = "the lifetime is not finite"
        raise UnreadableExpiry(msg)
    if kind in _RELATIVE and seconds == 0 and zero_is_never:
        return Lifetime(None)
    if kind in _RELATIVE and seconds < 0:
        return Lifetime(None, "the provider gave a negative lifetime")
    if seconds > _LONGEST:
        hint = ": it looks like milliseconds" if kind == "seconds" else ""
        return Lifetime(None, f"the provider gave a lifetime of more than ten years{hint}")
    if seconds < -_LONGEST:
        return Lifetime(None, "the provider gave an end of more than ten years ago")
    return Lifetime(math.floor(seconds))


def _number(value: Json) -> float:
    if isinstance(value, int | float):
        return float(value)
    written = str(value).strip()
    if not _NUMBER.fullmatch(written):
        msg = "the lifetime is not a number"
        raise UnreadableExpiry(msg)
    return float(written)


def _until(moment: datetime, now: datetime) -> float:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - now).total_seconds()


def _epoch(value: Json, now: datetime, *, unit: float) -> float:
    return _number(value) * unit - now.timestamp()


def _iso(value: Json, now: datetime) -> float:
    written = _FRACTION.sub(r"\1", str(value).strip())
    # A date alone, or a bare number, is not a moment.
    if "T" not in written.upper() and " " not in written:
        msg = "the end is not a date and time"
        raise UnreadableExpiry(msg)
    try:
        return _until(datetime.fromisoformat(written), now)
    except ValueError:
        msg = "the end is not a date and time"
        raise UnreadableExpiry(msg) from None


def _http_date(value: Json, now: datetime) -> float:
    try:
        return _until(parsedate_to_datetime(str(value).strip()), now)
    except (ValueError, TypeError):
        msg = "the end is not an HTTP date"
        raise UnreadableExpiry(msg) from None


def _duration(value: Json, _now: datetime) -> float:
    written = str(value).strip()
    iso = _ISO_DURATION.fullmatch(written)
    if iso is not None and any(iso.groups()):
        weeks, days, hours, minutes, seconds = (float(part or 0) for part in iso.groups())
        span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        return span.total_seconds()
    short = _SHORT_DURATION.fullmatch(written.lower())
    if short is None:
        msg = "the lifetime is not a duration such as PT1H or 1h"
        raise UnreadableExpiry(msg)
    return float(short[1]) * _SHORT_UNITS[short[2]]


def _clock(value: Json, units: tuple[int, int, int]) -> float:
    parts = _CLOCK.fullmatch(str(value).strip())
    if parts is None:
        msg = "the lifetime is not written as 1:00:00"
        raise UnreadableExpiry(msg)
    return float(sum(int(part) * unit for part, unit in zip(parts.groups(), units, strict=True)))


_KINDS: Final[Mapping[str, Callable[[Json, datetime], float]]] = {
    "seconds": lambda value, _now: _number(value),
    "milliseconds": lambda value, _now: _number(value) / 1000,
    "minutes": lambda value, _now: _number(value) * 60,
    "epochSeconds": lambda value, now: _epoch(value, now, unit=1),
    "epochMilliseconds": lambda value, now: _epoch(value, now, unit=0.001),
    "iso8601": _iso,
    "httpDate": _http_date,
    "duration": _duration,
    "d:hh:mm": lambda value, _now: _clock(value, (86_400, 3600, 60)),
    "h:mm:ss": lambda value, _now: _clock(value, (3600, 60, 1)),
}
_RELATIVE: Final = frozenset({"seconds", "milliseconds", "minutes", "duration"})
