"""How far the clock of a provider is off, as its answers tell."""

from datetime import UTC, datetime, timedelta

import pytest

from jackfield.engine.oauth.clock_offset import correction, offset_of

NOW = datetime(2026, 12, 31, 22, 0, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)


@pytest.mark.parametrize(
    ("date", "offset", "corrected"),
    [
        ("Thu, 31 Dec 2026 22:10:00 GMT", TEN_MINUTES, TEN_MINUTES),
        ("Thu, 31 Dec 2026 21:50:00", -TEN_MINUTES, -TEN_MINUTES),
        ("Thu, 31 Dec 2026 22:00:30 GMT", timedelta(), timedelta()),
        ("Sat, 02 Jan 2027 22:00:00 GMT", timedelta(days=2), timedelta()),
        ("", timedelta(), timedelta()),
        ("yesterday", timedelta(), timedelta()),
        (f"Thu, 31 Dec {'9' * 30} 22:00:00 GMT", timedelta(), timedelta()),
    ],
)
def test_offset_is_taken_from_the_date_and_used_where_it_is_likely(
    date: str, offset: timedelta, corrected: timedelta
) -> None:
    assert offset_of({"date": date}, NOW) == offset
    assert correction({"date": date}, NOW) == corrected
