"""Moments in the spellings of the API."""

from datetime import UTC, datetime

import pytest

from jackfield.sandbox.iterable import times
from jackfield.sandbox.turnable_clock import TurnableClock

MOMENT = datetime(2026, 1, 31, 8, 5, 9, 123_456, tzinfo=UTC)


def test_moments_are_written_in_three_ways() -> None:
    assert times.epoch_ms(MOMENT) == 1_769_846_709_123
    assert times.stamp(MOMENT) == "2026-01-31 08:05:09 +00:00"
    assert times.iso(MOMENT) == "2026-01-31T08:05:09.123Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31 08:05:09",
        "2026-01-31 08:05:09 +00:00",
        "2026-01-31 10:05:09 +0200",
        "2026-01-31T08:05:09Z",
        "2026-01-31T08:05:09.000Z",
    ],
)
def test_moments_are_read_in_every_documented_way(text: str) -> None:
    assert times.parse(text) == MOMENT.replace(microsecond=0)


@pytest.mark.parametrize("text", ["", "soon", "31.01.2026", "2026-13-01"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month"):
        times.parse(text)


def test_a_turnable_clock_runs_with_the_other_and_ahead_of_it() -> None:
    clock = TurnableClock(lambda: MOMENT)

    clock.advance(90)

    assert (clock() - MOMENT).total_seconds() == 90
