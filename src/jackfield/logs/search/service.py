"""Searches in the run log: pages, histograms, and what their words stand for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from jackfield.connectors.catalog import Catalog
from jackfield.db.tx import Tx
from jackfield.kit.ids import ProjectId, RunId
from jackfield.logs.correlation.repo import CorrelationHeaders
from jackfield.logs.runs.models import Run
from jackfield.logs.search.kept_counts import kept_counts
from jackfield.logs.search.models import (
    Conditions,
    Found,
    Histogram,
    Position,
    RunSearch,
)
from jackfield.logs.search.repo import RunSearches, is_bounded
from jackfield.logs.search.scale import Scale
from jackfield.projects.repo import ApiKeys
from jackfield.runtime import Hub

# So many rows are looked at for a page that filters them.
SCANNED: Final = 20_000
BARS: Final = 60
USUAL_SPAN: Final = timedelta(hours=24)
_MOST_RUNS: Final = 1000
# Matches nothing: no id, key or action is empty.
_NOTHING: Final = ("",)
_A_MILLISECOND: Final = timedelta(milliseconds=1)


async def find_runs(
    hub: Hub,
    project_id: ProjectId,
    search: RunSearch,
    position: Position,
    *,
    size: int,
    scanned: int | None = None,
) -> Found:
    """Return one page of the runs of a search; it looks at up to `scanned` rows, or as many as usual."""
    async with hub.db.read(project_id) as tx:
        resolved = await resolve(tx, hub.catalog, search)
        runs = RunSearches(tx)
        limit = None
        if not is_bounded(resolved):
            limit = await runs.limit(resolved, position, scanned=scanned or SCANNED)
        rows = await runs.find(resolved, position, limit, size=size + 1)
    found, is_backward = rows[:size], position.after is not None
    edge = found[-1].id if len(rows) > size else limit
    return Found(
        tuple(reversed(found) if is_backward else found),
        edge,
        is_partial=len(rows) <= size and limit is not None,
    )


async def count_runs(
    hub: Hub,
    project_id: ProjectId,
    search: RunSearch,
    *,
    bars: int = BARS,
    scanned: int | None = None,
) -> Histogram:
    """
    Count runs by when they began, over the time range of the search or else the last day.

    It looks at up to `scanned` rows, the newest ones, and returns up to `bars` bars. If there are
    more, it returns the counts that are kept by the hour, if these know what the search is about.
    """
    now = hub.clock()
    until = min(search.until or now, now + _A_MILLISECOND)
    since = search.since or until - USUAL_SPAN
    if since >= until:
        since = until - _A_MILLISECOND * bars
    ranged = replace(search, since=since, until=until)
    scale = Scale.of(since, until, bars)
    async with hub.db.read(project_id) as tx:
        resolved = await resolve(tx, hub.catalog, ranged)
        runs = RunSearches(tx)
        limit = await runs.limit(resolved, Position(), scanned=scanned or SCANNED)
        if limit is not None and (kept := await kept_counts(tx, ranged, since, until, bars)):
            return kept
        rows = await runs.totals(resolved, limit, length=scale.length)
    return Histogram(scale.bars(rows), since if limit is None else limit.moment)


async def find_neighbors(
    hub: Hub, project_id: ProjectId, search: RunSearch, run: Run
) -> tuple[RunId | None, RunId | None]:
    """Return the next newer and the next older run of a search than `run`."""
    newer = await find_runs(hub, project_id, search, Position(after=run.id), size=1)
    older = await find_runs(hub, project_id, search, Position(before=run.id), size=1)
    return (
        newer.runs[0].id if newer.runs else None,
        older.runs[0].id if older.runs else None,
    )


async def resolve(tx: Tx, catalog: Catalog, search: RunSearch) -> RunSearch:
    """Put ids in the place of names of keys, of effects and of requests."""
    having = await _resolved(tx, catalog, search.having)
    return replace(search, having=having, lacking=await _resolved(tx, catalog, search.lacking))


async def _resolved(tx: Tx, catalog: Catalog, wanted: Conditions) -> Conditions:
    if wanted.effects:
        by_effect = catalog.derived(_by_effect)
        ids = [each for effect in wanted.effects for each in by_effect.get(effect, ())]
        wanted = replace(wanted, effects=tuple(ids) or _NOTHING)
    if wanted.keys:
        names = set(wanted.keys)
        keys = [each.id for each in await ApiKeys(tx).all() if {each.id, each.name} & names]
        wanted = replace(wanted, keys=tuple(keys) or _NOTHING)
    if wanted.requests:
        found = await RunSearches(tx).of_requests(wanted.requests, most=_MOST_RUNS)
        asked = set(wanted.runs)
        both = [each for each in found if each in asked] if asked else found
        wanted = replace(wanted, requests=(), runs=tuple(both) or _NOTHING)
    if wanted.headers:
        headers, asked = CorrelationHeaders(tx), set(wanted.runs)
        found = [
            each
            for name, value in wanted.headers
            for each in await headers.runs_with(name, value, most=_MOST_RUNS)
            if not asked or each in asked
        ]
        wanted = replace(wanted, headers=(), runs=tuple(found[:_MOST_RUNS]) or _NOTHING)
    return wanted


def _by_effect(catalog: Catalog) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for connector in catalog.connectors():
        for action in connector.actions:
            if action.strongest_effect is not None:
                found.setdefault(action.strongest_effect, []).append(action.id)
    return {effect: tuple(ids) for effect, ids in found.items()}
