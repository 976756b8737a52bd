"""The `Retry-After` header."""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from jackfield.kit.clock import Clock

_SECONDS: Final = re.compile(r"\d{1,9}", re.ASCII)


def retry_after(headers: Mapping[str, str], clock: Clock) -> float | None:
    """Return the seconds to wait, from a header in seconds or with a date."""
    text = headers.get("retry-after", "").strip()
    seconds = in_seconds(text)
    if seconds is not None or not text:
        return seconds
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - clock()).total_seconds())


def in_seconds(text: str) -> float | None:
    return float(text) if _SECONDS.fullmatch(text) else None
