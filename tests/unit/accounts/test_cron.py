"""A connector's schedule means what cron means by it."""

from datetime import UTC, datetime

import pytest

from jackfield.accounts.tokens.cron import next_time

# A Sunday.
AFTER = datetime(2026, 3, 1, 9, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("* * * * *", "2026-03-01T09:31"),
        ("0 * * * *", "2026-03-01T10:00"),
        ("*/20 * * * *", "2026-03-01T09:40"),
        ("30 9 * * *", "2026-03-02T09:30"),
        ("15,45 8-10 * * *", "2026-03-01T09:45"),
        ("0 0 29 2 *", "2028-02-29T00:00"),
        ("0 0 * * 1", "2026-03-02T00:00"),
        ("0 12 * * 7", "2026-03-01T12:00"),
        ("0 0 15 * 2", "2026-03-03T00:00"),
        ("5/30 * * * *", "2026-03-01T09:35"),
    ],
)
def test_the_next_time(expression: str, expected: str) -> None:
    assert next_time(expression, AFTER) == datetime.fromisoformat(f"{expected}+00:00")


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "hourly",
        "* * * *",
        "60 * * * *",
        "0 0 31 2 *",
        "a * * * *",
        "*/0 * * * *",
        "5-1 * * * *",
    ],
)
def test_what_means_no_time_is_no_schedule(expression: str) -> None:
    assert next_time(expression, AFTER) is None
