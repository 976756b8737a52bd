"""Counting of the log that is older than the counts, once for each project."""

from datetime import timedelta
from typing import Final

from jackfield.kit.actor import Actor
from jackfield.logs.runs.counts.history.repo import Fill, History, claim_fill
from jackfield.logs.runs.counts.models import HOUR, hour_of
from jackfield.runtime import Hub

ACTOR: Final = Actor.worker("run_counts")
_LEASE: Final = timedelta(minutes=5)
# Of one project at a time, so that others need not wait for years of its log.
_HOURS_AT_ONCE: Final = 100
# A run is logged when it ends, and processes of the version before may go on for a while.
_SETTLED: Final = HOUR * 2


async def fill_due(hub: Hub, *, at_once: int = _HOURS_AT_ONCE) -> None:
    """
    Count the log of each project back to its beginning, an hour of runs in a transaction.

    The hour in which that began, of which the older runs were not counted, is counted last: once
    it is over, and no more of its runs are to be expected.
    """
    while fill := await claim_fill(hub.db, until=hub.clock() + _LEASE, hour=hour_of(hub.clock())):
        await _fill(hub, fill, at_once)


async def _fill(hub: Hub, fill: Fill, at_once: int) -> None:
    reached = fill.filled_from
    for _ in range(at_once):
        async with hub.db.write(fill.project_id, ACTOR) as tx:
            history = History(tx)
            hour = await history.hour_before(reached)
            if hour is None:
                await _settle(history, fill)
                return
            await history.count(hour)
            await history.reach(hour)
        reached = hour
    async with hub.db.write(fill.project_id, ACTOR) as tx:
        await History(tx).wait(tx.now)


async def _settle(history: History, fill: Fill) -> None:
    """Count the hours during which the counts began, or wait for their end."""
    end = fill.begun_in + _SETTLED
    if history.now < end + HOUR:
        await history.wait(end + HOUR)
        return
    hour = fill.begun_in
    while hour < end:
        await history.count(hour)
        hour += HOUR
    await history.end()
