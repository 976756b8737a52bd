"""Ten million accounts over days, by the hub's own times for checks and renewals."""

from datetime import timedelta

import pytest

from bench.capacity import DAY, checks, renewals, simulate

pytestmark = pytest.mark.slow

MILLIONS = 10_000_000
AN_OUTAGE = range(2 * DAY, 3 * DAY)
HOUR = timedelta(hours=1)


def test_accounts_linked_in_one_moment_are_each_checked_daily_and_ever_more_evenly() -> None:
    seen = simulate(checks(MILLIONS, per_second=1000), days=6)

    days = [seen.done[n * DAY : (n + 1) * DAY] for n in range(6)]
    assert all(sum(day) == pytest.approx(MILLIONS, rel=0.02) for day in days[1:])
    peaks = [max(day) * DAY / sum(day) for day in days[1:]]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[-1] < 1.25


def test_a_day_without_the_provider_costs_each_account_few_checks_and_ends_within_a_day() -> None:
    seen = simulate(checks(MILLIONS, per_second=250), days=5, outage=AN_OUTAGE)

    assert sum(seen.failed) / MILLIONS < 24 / 3
    assert max(seen.done) == pytest.approx(250 * 60)
    assert seen.caught_up_after(AN_OUTAGE.stop) < DAY
    assert sum(seen.done[3 * DAY : 5 * DAY]) > MILLIONS


def test_a_token_endpoint_that_is_away_for_a_day_is_asked_rarely_and_all_renew_after_it() -> None:
    seen = simulate(renewals(MILLIONS, 100_000, life=HOUR), days=4, outage=AN_OUTAGE)

    assert sum(seen.failed) / MILLIONS < 24 * 60 / 15
    after = seen.done[AN_OUTAGE.stop : AN_OUTAGE.stop + 20]
    assert sum(after) == pytest.approx(MILLIONS, rel=0.001)


def test_workers_with_room_to_spare_catch_up_on_hourly_tokens_within_the_hour() -> None:
    usual = MILLIONS / 56 / 60

    seen = simulate(renewals(MILLIONS, usual * 1.7, life=HOUR), days=3.5, outage=AN_OUTAGE)

    assert seen.caught_up_after(AN_OUTAGE.stop) <= 60
