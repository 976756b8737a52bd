"""Counts of runs, which say of each hour what the log has."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from jackfield.db.write_buffer import WriteBuffer
from jackfield.kit.ids import RunId
from jackfield.logs.runs.counts.models import HOUR, OutcomeClass, RunTally, hour_of
from jackfield.logs.runs.counts.repo import RunCounts
from jackfield.logs.runs.repo import append_run
from jackfield.logs.search.query import read_query, word_of_source
from jackfield.logs.search.service import count_runs
from tests.support.clock import NOW
from tests.support.logged_runs import REFUSED, USUAL, log_runs
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

BROKEN = {"success": False, "status_code": 502, "error_code": "provider_error"}
UNKNOWN = {"success": False, "status_code": 502, "error_code": "outcome_unknown"}
BY_COMMAND = {"source": "api", "user_agent": "jackfield-cli/1.0"}
DAY = timedelta(days=1)


async def logged(hub: Running, query: str, since: datetime, until: datetime) -> RunTally:
    """Count what the log itself has."""
    span = f"since:{since:%Y-%m-%dT%H:%M:%SZ} until:{until:%Y-%m-%dT%H:%M:%SZ}"
    search = read_query(f"{query} {span}", NOW).search
    found = await count_runs(hub.hub, hub.project.id, search)
    return RunTally(found.total, found.failed)


async def test_the_counts_of_a_mixed_batch_are_those_of_the_log(hub: Running) -> None:
    kinds: list[dict[str, Any]] = [
        {**ended, **asked, "provider": provider}
        for ended, asked, provider in product(
            ({}, REFUSED, BROKEN, UNKNOWN),
            ({"source": "mcp"}, {"source": "api", "user_agent": "curl/8"}, BY_COMMAND),
            ("iterable", "fernwood"),
        )
    ]
    await log_runs(hub, *kinds, seconds=1000)
    first, end = hour_of(NOW) - DAY, hour_of(NOW) + HOUR

    async with hub.hub.db.read(hub.project.id) as tx:
        counts = RunCounts(tx)
        hours = await counts.by_hour(first, end)
        providers = await counts.by_provider(first, end)
        sources = await counts.by_source(first, end)
        outcomes = await counts.by_outcome(first, end)
        begun = await counts.begun_at()

    assert {at: await logged(hub, "", at, at + HOUR) for at in hours} == hours
    assert RunTally.of_all(hours.values()) == RunTally(24, 18)
    assert begun == min(hours)
    for provider, tally in providers.items():
        assert await logged(hub, f"connector:{provider}", first, end) == tally
    words = {word_of_source(source): tally for source, tally in sources.items()}
    assert words.keys() == {"mcp", "rest", "cli"}
    for word, tally in words.items():
        assert await logged(hub, f"source:{word}", first, end) == tally
    assert outcomes == dict.fromkeys(OutcomeClass, 6)


async def test_runs_on_both_sides_of_an_hour_are_counted_on_their_own_side(hub: Running) -> None:
    hour, moment = hour_of(NOW), timedelta(milliseconds=1)
    for at in (hour - moment, hour, hour + moment):
        run = replace(USUAL, id=RunId.new(at), started_at=at)
        append_run(hub.hub.write_buffer, hub.project.id, run)
    await hub.hub.write_buffer.flush()

    async with hub.hub.db.read(hub.project.id) as tx:
        hours = await RunCounts(tx).by_hour(hour - HOUR, hour + HOUR)
        earlier = await RunCounts(tx).by_hour(hour - HOUR, hour)

    assert hours == {hour - HOUR: RunTally(1, 0), hour: RunTally(2, 0)}
    assert earlier == {hour - HOUR: RunTally(1, 0)}


async def test_workers_that_count_at_the_same_time_lose_nothing(hub: Running) -> None:
    workers = [WriteBuffer(hub.hub.db) for _ in range(3)]
    kinds: list[dict[str, Any]] = [{"source": "mcp"}, REFUSED, {}, {"provider": "fernwood"}]
    for number, worker in enumerate(workers):
        # Each in another order: rows that two of them lock must not be waited for in a circle.
        for round_, kind in product(range(5), kinds[number:] + kinds[:number]):
            at = NOW - timedelta(seconds=round_)
            run = replace(USUAL, id=RunId.new(at), started_at=at, **kind)
            append_run(worker, hub.project.id, run)

    await asyncio.gather(*(each.close() for each in workers))

    async with hub.hub.db.read(hub.project.id) as tx:
        hours = await RunCounts(tx).by_hour(NOW - DAY, NOW + HOUR)
    rows = await hub.hub.db.unscoped("select success from runs")
    ended = Counter(bool(row["success"]) for row in rows)
    assert RunTally.of_all(hours.values()) == RunTally(ended.total(), ended[False])
    assert ended.total() == 60


async def test_another_projects_runs_are_not_counted(hub: Running) -> None:
    await log_runs(hub, {})
    await hub.key(project="theirs")
    (theirs,) = await hub.hub.db.unscoped("select id from projects where name = 'theirs'")

    async with hub.hub.db.read(theirs["id"]) as tx:
        counts = RunCounts(tx)
        found = (await counts.by_hour(NOW - DAY, NOW + HOUR), await counts.begun_at())

    assert found == ({}, None)
