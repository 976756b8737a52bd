"""The scale of a histogram, whose bars hold exactly the runs between their edges."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jackfield.kit.ids import RunId
from jackfield.logs.search.scale import Scale

TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
A_MILLISECOND = timedelta(milliseconds=1)
SPANS = st.timedeltas(A_MILLISECOND, timedelta(days=400))


@given(TIMES, SPANS, st.integers(1, 200), st.lists(st.floats(0, 1, exclude_max=True), max_size=30))
def test_each_run_is_in_the_bar_whose_edges_it_began_between(
    since: datetime, span: timedelta, bars: int, places: list[float]
) -> None:
    # As the moments of ids are, to the millisecond.
    since = since.replace(microsecond=since.microsecond // 1000 * 1000)
    length = max(1, span // A_MILLISECOND)
    until = since + A_MILLISECOND * length
    moments = (min(int(place * length), length - 1) for place in places)
    ids = [RunId.new(since + A_MILLISECOND * moment) for moment in moments]
    scale = Scale.of(since, until, bars)

    counted = Counter(each[: scale.length] for each in ids)
    found = scale.bars([(began, total, 0) for began, total in counted.items()])

    assert len(found) <= bars
    assert (found[0].since, found[-1].until) == (since, until)
    assert all(one.until == other.since for one, other in pairwise(found))
    for bar in found:
        own = [each for each in ids if bar.since <= each.moment < bar.until]
        assert bar.total == len(own)


@given(TIMES)
def test_an_hour_and_a_day_have_about_sixty_bars(since: datetime) -> None:
    for span in (timedelta(minutes=15), timedelta(hours=1), timedelta(days=1), timedelta(days=7)):
        scale = Scale.of(since, since + span, 60)

        assert 50 <= len(scale.bars([])) <= 60
