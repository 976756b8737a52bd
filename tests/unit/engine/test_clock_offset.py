"""How far the clock of a provider is off, as its answers tell."""

from datetime import UTC, datetime, timedelta

import pytest

from jackfield.engine.clock_offset import correction

NOW = datetime(2026, 12, 31, 22, 0, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)


@pytest.mark.parametrize(
    ("date", "corrected"),
    [
        ("Thu, 31 Dec 2026 22:10:00 GMT", TEN_MINUTES),
        ("Thu, 31 Dec 2026 21:50:00", -TEN_MINUTES),
        ("Thu, 31 Dec 2026 22:00:30 GMT", timedelta()),
        ("Sat, 02 Jan 2027 22:00:00 GMT", timedelta()),
        ("", timedelta()),
        ("yesterday", timedelta()),
        (f"Thu, 31 Dec {'9' * 30} 22:00:00 GMT", timedelta()),
    ],
)
def test_offset_is_taken_from_the_date_and_used_where_it_is_likely(
    date: str, corrected: timedelta
) -> None:
    assert correction({"date": date}, NOW) == corrected
