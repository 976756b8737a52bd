from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.kit.ids import AccountId, InvalidId, ProfileId

TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(TIMES)
def test_a_new_id_reads_back(now: datetime) -> None:
    made = AccountId.new(now)

    assert AccountId.parse(made) == made
    assert made.startswith("acc_")


@given(TIMES, TIMES)
def test_ids_sort_as_their_milliseconds_do(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    if int(earlier.timestamp() * 1000) < int(later.timestamp() * 1000):
        assert AccountId.new(earlier) < AccountId.new(later)


@given(TIMES, TIMES)
def test_the_floor_of_a_moment_stands_between_what_was_made_before_and_after_it(
    one: datetime, other: datetime
) -> None:
    earlier, later = sorted((one, other))
    if int(earlier.timestamp() * 1000) < int(later.timestamp() * 1000):
        assert AccountId.new(earlier) < AccountId.floor(later) <= AccountId.new(later)


@given(TIMES)
def test_an_id_says_when_it_was_made_to_the_millisecond(now: datetime) -> None:
    millisecond = now.replace(microsecond=now.microsecond // 1000 * 1000)

    assert AccountId.new(now).moment == AccountId.floor(now).moment == millisecond


@pytest.mark.parametrize("text", ["", "acc_", "acc_1", "acc_" + "I" * 26, "01K3" * 7])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidId):
        AccountId.parse(text)


def test_an_id_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidId, match="expected an id like acc_…"):
        AccountId.parse(ProfileId.new(datetime(2026, 1, 1, tzinfo=UTC)))
