"""Histograms of a log that is too large to be looked at, of the counts that are kept by the hour."""

from datetime import timedelta

import pytest

from jackfield.logs.runs.counts.models import HOUR, hour_of
from jackfield.logs.search.models import Histogram
from jackfield.logs.search.query import read_query
from jackfield.logs.search.service import BARS, count_runs
from jackfield.worker.run_counts import fill_due
from tests.support.clock import NOW, FrozenClock
from tests.support.logged_runs import REFUSED, log_runs
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

# Both ends at an hour, so that the log counts the same range.
WHOLE = "since:2026-02-20T03:00Z until:2026-03-01T09:00Z"


@pytest.fixture(autouse=True)
async def counted(hub: Running, clock: FrozenClock) -> None:
    """Log runs, and have the log known to be counted."""
    cli = {"source": "api", "user_agent": "jackfield-cli/1"}
    kinds = [{}, REFUSED, {"source": "mcp"}, cli, {"provider": "fernwood"}]
    await log_runs(hub, *kinds * 12, until=NOW - HOUR, seconds=12_000)
    await fill_due(hub.hub)
    clock.advance(hours=4)
    await fill_due(hub.hub)
    clock.advance(hours=-4)


async def counts(hub: Running, query: str, *, scanned: int) -> Histogram:
    search = read_query(query, NOW).search
    return await count_runs(hub.hub, hub.project.id, search, scanned=scanned)


@pytest.mark.parametrize(
    "query",
    ["", "connector:fernwood", "source:cli", "source:mcp source:rest",
     "status:ok", "status:failed", "status:ok status:failed", "connector:iterable status:failed"],
)  # fmt: skip
async def test_all_runs_are_counted_as_the_log_has_them(hub: Running, query: str) -> None:
    kept = await counts(hub, f"{query} {WHOLE}", scanned=2)
    log = await counts(hub, f"{query} {WHOLE}", scanned=1000)

    assert (kept.by_hour, log.by_hour) == (True, False)
    assert (kept.total, kept.failed) == (log.total, log.failed)
    assert kept.total > 0
    assert len(kept.bars) <= BARS
    assert kept.counted_since == kept.bars[0].since == hour_of(NOW) - timedelta(days=9, hours=6)
    assert [one.until for one in kept.bars[:-1]] == [one.since for one in kept.bars[1:]]


async def test_bars_are_whole_hours_around_the_range(hub: Running) -> None:
    found = await counts(hub, "since:24h", scanned=2)

    assert found.by_hour
    assert {bar.until - bar.since for bar in found.bars} == {HOUR}
    assert found.bars[0].since == hour_of(NOW) - timedelta(hours=24)
    assert found.bars[-1].until == hour_of(NOW) + HOUR


@pytest.mark.parametrize("query", ["account:acc_1", "-source:mcp", "status:401", "since:2h", "x"])
async def test_what_is_not_counted_is_looked_for_in_the_newest_runs(
    hub: Running, query: str
) -> None:
    assert not (await counts(hub, query, scanned=2)).by_hour


async def test_counts_that_are_not_complete_are_not_shown(hub: Running) -> None:
    await hub.hub.db.unscoped("update run_count_fills set ended_at = null")

    assert not (await counts(hub, WHOLE, scanned=2)).by_hour
