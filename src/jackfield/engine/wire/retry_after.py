"""The wait that a provider asks for: in the `Retry-After` header, or where a connector says."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal, TypeAlias

from jackfield.kit.clock import Clock
from jackfield.kit.json import Json

Unit: TypeAlias = Literal["seconds", "milliseconds", "date"]
# Longer ones are absurd, and a slip of the provider's must not be passed on for ever.
LONGEST: Final = 24 * 60 * 60
# Longer than any date; also of what is much longer, it takes no time to say that it is none.
_LONGEST_TEXT: Final = 100
_SECONDS: Final = re.compile(r"\d{1,9}", re.ASCII)
_MOST: Final = 10**15
_NUMBER: Final = re.compile(r"\d{1,15}(\.\d{1,9})?", re.ASCII)


def retry_after(headers: Mapping[str, str], clock: Clock) -> float | None:
    """Return the seconds to wait, a day at most, from a header in seconds or with a date."""
    text = headers.get("retry-after", "").strip()
    wait = read_wait(text, "seconds", clock)
    return read_wait(text, "date", clock) if wait is None else wait


def read_wait(value: Json, unit: Unit, clock: Clock) -> float | None:
    """Return the seconds to wait that a value says, a day at most; `None` if it says none."""
    number = _number(value)
    if unit == "date":
        # A number is the time in Unix seconds.
        moment = _moment(value) if number is None else number
        seconds = None if moment is None else moment - clock().timestamp()
    elif number is None:
        return None
    else:
        seconds = number / 1000 if unit == "milliseconds" else number
    return None if seconds is None else min(max(seconds, 0.0), LONGEST)


def in_seconds(text: str) -> float | None:
    return float(text) if _SECONDS.fullmatch(text) else None


def _number(value: Json) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        # Of any size: as many digits as there are need not be a float, nor be written.
        return float(min(value, _MOST)) if value >= 0 else None
    text = _short(value)
    return float(text) if _NUMBER.fullmatch(text) else None


def _short(value: Json) -> str:
    """Return a text that may be a number or a date; '' for anything else."""
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        return ""
    return value.strip()


def _moment(value: Json) -> float | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(_short(value))
        except (ValueError, OverflowError):
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return None
