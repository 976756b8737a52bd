"""When an attempt follows another: never sooner than promised, or than a receiver asked for."""

from datetime import UTC, datetime

import pytest

from jackfield.webhooks.retry_schedule import ATTEMPTS, next_attempt

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = 24 * 3600


def seconds(made: int, wish: float | None = None) -> float:
    due = next_attempt(made, NOW, retry_after=wish)
    assert due is not None
    return (due - NOW).total_seconds()


@pytest.mark.parametrize("made", range(1, len(ATTEMPTS)))
def test_a_wait_is_as_promised_and_at_most_a_tenth_longer(made: int) -> None:
    wait = ATTEMPTS[made] - ATTEMPTS[made - 1]

    assert all(wait <= seconds(made) <= wait * 1.1 for _ in range(50))


def test_waits_differ_so_that_not_everything_arrives_at_once() -> None:
    assert len({seconds(4) for _ in range(20)}) > 1


def test_what_a_receiver_asks_for_is_waited_for_up_to_a_day() -> None:
    assert seconds(1, wish=600) == 600
    assert seconds(1, wish=10 * DAY) == DAY


def test_a_receiver_cannot_ask_for_attempts_sooner_than_promised() -> None:
    assert seconds(4, wish=0) >= ATTEMPTS[4] - ATTEMPTS[3]


def test_no_attempt_follows_the_last() -> None:
    assert next_attempt(len(ATTEMPTS), NOW) is None
    assert next_attempt(len(ATTEMPTS), NOW, retry_after=60) is None
