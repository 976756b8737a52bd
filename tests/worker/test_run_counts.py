"""The log that is older than its counts is counted, once."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from jackfield.logs.runs.counts.models import RunTally, hour_of
from jackfield.logs.runs.counts.repo import RunCounts
from jackfield.worker.run_counts import fill_due
from tests.support.clock import NOW, FrozenClock
from tests.support.logged_runs import REFUSED, log_runs
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

LONG_AGO = NOW - timedelta(days=365)


async def counts(hub: Running) -> Mapping[datetime, RunTally]:
    async with hub.hub.db.read(hub.project.id) as tx:
        return await RunCounts(tx).by_hour(LONG_AGO, NOW + timedelta(days=1))


async def log_without_counts(hub: Running) -> Mapping[datetime, RunTally]:
    """Leave what an earlier version leaves, and return how it is to be counted."""
    kinds = [{}, REFUSED, {"source": "mcp"}, {"source": "api", "user_agent": "jackfield-cli/1"}]
    await log_runs(hub, *kinds * 3, seconds=5000)
    await log_runs(hub, *kinds, until=NOW - timedelta(days=20))
    wanted = await counts(hub)
    await hub.hub.db.unscoped("delete from run_counts")
    return wanted


@pytest.mark.parametrize("at_once", [1, 100])
async def test_the_log_of_an_earlier_version_is_counted_back_to_its_beginning(
    hub: Running, at_once: int
) -> None:
    wanted = await log_without_counts(hub)
    assert await counts(hub) == {}

    await fill_due(hub.hub, at_once=at_once)

    this_hour = hour_of(NOW)
    assert await counts(hub) == {hour: runs for hour, runs in wanted.items() if hour < this_hour}


async def test_the_hour_in_which_the_counts_began_is_counted_once_it_is_over(
    hub: Running, clock: FrozenClock
) -> None:
    await log_runs(hub, {}, REFUSED)
    # A process of the version before counts nothing.
    await hub.hub.db.unscoped("delete from run_counts")
    await log_runs(hub, {}, until=NOW + timedelta(minutes=1))

    await fill_due(hub.hub)
    early = await counts(hub)
    clock.advance(hours=4)
    await fill_due(hub.hub)

    assert early == {hour_of(NOW): RunTally(1, 0)}
    assert await counts(hub) == {hour_of(NOW): RunTally(3, 1)}


async def test_what_is_counted_already_is_not_counted_twice(
    hub: Running, clock: FrozenClock
) -> None:
    await log_runs(hub, *[{}] * 5, seconds=1800)
    before = await counts(hub)

    for _ in range(3):
        await fill_due(hub.hub)
        clock.advance(hours=4)
    ended = await hub.hub.db.unscoped("select ended_at from run_count_fills")

    assert await counts(hub) == before
    assert [row["ended_at"] is None for row in ended] == [False]
