"""`/logs/…`: runs, steps, provider requests and their statistics."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final, TypeVar

from msgspec import Struct

from jackfield.http.context import ApiContext, api_key
from jackfield.http.lists import Texts
from jackfield.http.resources.logs.filters import LogsIn, StatsIn
from jackfield.http.resources.logs.rows import (
    ActionLogOut,
    ExchangeBodiesOut,
    ProviderLogOut,
    StepLogOut,
    action_row,
    bodies_row,
    provider_rows,
    step_rows,
)
from jackfield.http.routing import Routes
from jackfield.kit.errors import Fault, InvalidRequest, NotFound
from jackfield.kit.json import Json
from jackfield.kit.whole_numbers import whole_number
from jackfield.logs.runs.models import Run, RunBodies, RunCount, RunNotFound
from jackfield.logs.runs.repo import DIMENSIONS, Runs
from jackfield.projects.models import Scope

# Reading a log is not logged.
api = Routes(api_key, tag="logs", is_logged=False)

T = TypeVar("T")

_CONNECTOR: Final = "connector"


class LogNotFound(NotFound):
    """The run has no such step or request."""

    code = "log_not_found"


class PageOut(Struct, frozen=True):
    page: int
    page_size: int


class ActionLogsOut(Struct, frozen=True):
    data: tuple[ActionLogOut, ...]
    query: PageOut
    total: int
    total_is_exact: bool


class StepLogsOut(Struct, frozen=True):
    data: tuple[StepLogOut, ...]
    query: PageOut
    total: int
    total_is_exact: bool


class ProviderLogsOut(Struct, frozen=True):
    data: tuple[ProviderLogOut, ...]
    query: PageOut
    total: int
    total_is_exact: bool


class UnifiedLogsOut(Struct, frozen=True):
    """An empty page: this hub has no unified resources."""

    data: tuple[Json, ...]
    query: PageOut
    total: int
    total_is_exact: bool


class ActionLogAnswer(Struct, frozen=True):
    data: ActionLogOut


class RunStepsOut(Struct, frozen=True):
    data: tuple[StepLogOut, ...]


class StepLogAnswer(Struct, frozen=True):
    data: StepLogOut


class ProviderLogAnswer(Struct, frozen=True):
    data: ProviderLogOut


class BodiesOut(Struct, frozen=True):
    """The inputs, output and requests of a run, redacted; `null` if the project keeps none."""

    action_run_id: str
    inputs: Json
    output: Json
    exchanges: tuple[ExchangeBodiesOut, ...] | None


class BodiesAnswer(Struct, frozen=True):
    data: BodiesOut


class DefenderOut(Struct, frozen=True):
    """An empty report: this hub does not check for injected instructions."""

    action_run_id: str
    enabled: bool = False
    risk_level: None = None
    tier2_score: None = None
    detections: tuple[Json, ...] = ()
    fields_sanitized: tuple[Json, ...] = ()


class DefenderAnswer(Struct, frozen=True):
    data: DefenderOut


class TotalsOut(Struct, frozen=True):
    total: int
    success_count: int
    error_count: int
    average_duration_ms: float
    max_duration_ms: int
    step_count: int
    provider_request_count: int


class TotalsAnswer(Struct, frozen=True):
    data: TotalsOut


class GroupOut(Struct, frozen=True):
    dimensions: Mapping[str, str | int | bool | None]
    total: int
    success_count: int
    error_count: int
    average_duration_ms: float
    max_duration_ms: int


class GroupsOut(Struct, frozen=True):
    data: tuple[GroupOut, ...]


class ExpandQuery(Struct, frozen=True):
    expand: Texts = []


@api.add("POST", "/logs", scope=Scope.LOGS_READ)
async def list_logs(ctx: ApiContext, body: LogsIn) -> ActionLogsOut:
    """List runs of actions and proxy calls, newest first."""
    return await list_action_logs(ctx, body)


@api.add("POST", "/logs/actions", scope=Scope.LOGS_READ)
async def list_action_logs(ctx: ApiContext, body: LogsIn) -> ActionLogsOut:
    """List runs of actions and proxy calls, newest first."""
    only = body.only.runs(ctx.hub.catalog)
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        runs, has_more = await Runs(tx).page(only, number=body.number, size=body.size)
        count = await Runs(tx).count(only)
    rows = tuple(action_row(ctx, run) for run in runs)
    total = _total(count, body, len(rows), has_more=has_more)
    return ActionLogsOut(rows, _page(body), total, count.is_exact)


@api.add("POST", "/logs/steps", scope=Scope.LOGS_READ)
async def list_step_logs(ctx: ApiContext, body: LogsIn) -> StepLogsOut:
    """List steps of runs, newest run first, in order of execution."""
    only = body.only.runs(ctx.hub.catalog)
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        runs, before, has_more = await Runs(tx).around(
            only, "step_count", number=body.number, size=body.size
        )
        count = await Runs(tx).count(only, "step_count")
    rows = (row for run in runs for row in step_rows(ctx, run))
    page = tuple(islice(rows, before, before + body.size))
    total = _total(count, body, len(page), has_more=has_more)
    return StepLogsOut(page, _page(body), total, count.is_exact)


@api.add("POST", "/logs/provider", scope=Scope.LOGS_READ)
async def list_provider_logs(ctx: ApiContext, body: LogsIn) -> ProviderLogsOut:
    """List requests to providers, newest run first, in order of execution."""
    only = body.only.runs(ctx.hub.catalog)
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        runs, before, has_more = await Runs(tx).around(
            only, "exchange_count", number=body.number, size=body.size
        )
        count = await Runs(tx).count(only, "exchange_count")
    rows = (row for run in runs for row in provider_rows(ctx, run))
    page = tuple(islice(rows, before, before + body.size))
    total = _total(count, body, len(page), has_more=has_more)
    return ProviderLogsOut(page, _page(body), total, count.is_exact)


@api.add("POST", "/logs/unified", scope=Scope.LOGS_READ)
async def list_unified_logs(_ctx: ApiContext, body: LogsIn) -> UnifiedLogsOut:
    """List calls of unified resources, which this hub does not have."""
    return UnifiedLogsOut((), _page(body), 0, total_is_exact=True)


@api.add("POST", "/logs/stats/aggregate", scope=Scope.LOGS_READ)
async def aggregate_logs(ctx: ApiContext, body: StatsIn) -> TotalsAnswer:
    """Return the number of runs and their durations."""
    only = body.only.runs(ctx.hub.catalog)
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        (totals,) = await Runs(tx).totals(only)
    return TotalsAnswer(
        TotalsOut(
            totals.total,
            totals.succeeded,
            totals.total - totals.succeeded,
            totals.average_ms,
            totals.longest_ms,
            totals.steps,
            totals.exchanges,
        )
    )


@api.add("POST", "/logs/stats/dimensions", scope=Scope.LOGS_READ, raises=(InvalidRequest,))
async def group_logs(ctx: ApiContext, body: StatsIn) -> GroupsOut:
    """Count runs grouped by dimensions, largest groups first."""
    unknown = [each for each in body.dimensions if each not in DIMENSIONS]
    if unknown or not body.dimensions:
        words = f"expected some of {', '.join(DIMENSIONS)}"
        msg = f"dimensions: {words}"
        raise InvalidRequest(msg, faults=[Fault("dimensions", words)])
    only, dimensions = body.only.runs(ctx.hub.catalog), [*dict.fromkeys(body.dimensions)]
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        groups = await Runs(tx).totals(only, dimensions, most=body.limit or 100)
    return GroupsOut(
        tuple(
            GroupOut(
                each.group,
                each.total,
                each.succeeded,
                each.total - each.succeeded,
                each.average_ms,
                each.longest_ms,
            )
            for each in groups
        )
    )


@api.add("GET", "/logs/actions/{action_run_id}", scope=Scope.LOGS_READ, raises=(RunNotFound,))
async def get_action_log(
    ctx: ApiContext, action_run_id: str, query: ExpandQuery
) -> ActionLogAnswer:
    """Return one run; with the connector's name and logo for `expand=connector`."""
    run = await _run(ctx, action_run_id)
    return ActionLogAnswer(action_row(ctx, run, with_connector=_CONNECTOR in query.expand))


@api.add(
    "GET", "/logs/actions/{action_run_id}/advanced", scope=Scope.LOGS_READ, raises=(RunNotFound,)
)
async def get_action_log_bodies(ctx: ApiContext, action_run_id: str) -> BodiesAnswer:
    """Return the inputs and output of one run, redacted, if the project keeps them."""
    run, bodies = await _run_and_bodies(ctx, action_run_id)
    return _bodies(run, bodies, None)


@api.add(
    "GET", "/logs/actions/{action_run_id}/defender", scope=Scope.LOGS_READ, raises=(RunNotFound,)
)
async def get_action_log_defender(ctx: ApiContext, action_run_id: str) -> DefenderAnswer:
    """Return the report of a check for injected instructions, which this hub does not run."""
    run = await _run(ctx, action_run_id)
    return DefenderAnswer(DefenderOut(run.id))


@api.add("GET", "/logs/actions/{action_run_id}/steps", scope=Scope.LOGS_READ, raises=(RunNotFound,))
async def list_steps_of_action_log(ctx: ApiContext, action_run_id: str) -> RunStepsOut:
    """List the steps of one run."""
    return RunStepsOut(tuple(step_rows(ctx, await _run(ctx, action_run_id))))


@api.add(
    "GET",
    "/logs/actions/{action_run_id}/steps/{step_index}",
    scope=Scope.LOGS_READ,
    raises=(RunNotFound, LogNotFound),
)
async def get_step_log(ctx: ApiContext, action_run_id: str, step_index: str) -> StepLogAnswer:
    """Return one step of a run; steps are counted from 0."""
    run = await _run(ctx, action_run_id)
    return StepLogAnswer(_at(step_rows(ctx, run), step_index))


@api.add(
    "GET",
    "/logs/actions/{action_run_id}/steps/{step_index}/advanced",
    scope=Scope.LOGS_READ,
    raises=(RunNotFound, LogNotFound),
)
async def get_step_log_bodies(ctx: ApiContext, action_run_id: str, step_index: str) -> BodiesAnswer:
    """Return the requests of one step with their responses, redacted, if the project keeps them."""
    run, bodies = await _run_and_bodies(ctx, action_run_id)
    return _bodies(run, bodies, _at(run.steps, step_index).id)


@api.add("GET", "/logs/provider/{log_id}", scope=Scope.LOGS_READ, raises=(RunNotFound, LogNotFound))
async def get_provider_log(ctx: ApiContext, log_id: str) -> ProviderLogAnswer:
    """Return one request to a provider."""
    run_id, _, number = log_id.partition(".")
    run = await _run(ctx, run_id)
    return ProviderLogAnswer(_at([*provider_rows(ctx, run)], number))


@api.add(
    "GET",
    "/logs/provider/{log_id}/advanced",
    scope=Scope.LOGS_READ,
    raises=(RunNotFound, LogNotFound),
)
async def get_provider_log_bodies(ctx: ApiContext, log_id: str) -> BodiesAnswer:
    """Return one request to a provider with its response, redacted, if the project keeps them."""
    run_id, _, number = log_id.partition(".")
    run, bodies = await _run_and_bodies(ctx, run_id)
    _at([*provider_rows(ctx, run)], number)
    exchanges = () if bodies is None else bodies.exchanges[int(number) : int(number) + 1]
    rows = None if bodies is None else tuple(map(bodies_row, exchanges))
    return BodiesAnswer(BodiesOut(run.id, None, None, rows))


@api.add("GET", "/logs/unified/{request_id}", scope=Scope.LOGS_READ, raises=(RunNotFound,))
async def get_unified_log(ctx: ApiContext, request_id: str) -> ActionLogAnswer:
    """Return the run that a request started, by the request's id."""
    return ActionLogAnswer(action_row(ctx, await _run(ctx, request_id)))


@api.add("GET", "/logs/unified/{request_id}/advanced", scope=Scope.LOGS_READ, raises=(RunNotFound,))
async def get_unified_log_bodies(ctx: ApiContext, request_id: str) -> BodiesAnswer:
    """Return the inputs and output of the run that a request started, if the project keeps them."""
    run, bodies = await _run_and_bodies(ctx, request_id)
    return _bodies(run, bodies, None)


@api.add("GET", "/logs/unified/{request_id}/provider", scope=Scope.LOGS_READ, raises=(RunNotFound,))
async def list_provider_logs_of_request(ctx: ApiContext, request_id: str) -> ProviderLogsOut:
    """List the requests to the provider of the run that a request started."""
    rows = tuple(provider_rows(ctx, await _run(ctx, request_id)))
    page = PageOut(1, max(1, len(rows)))
    return ProviderLogsOut(rows, page, len(rows), total_is_exact=True)


async def _run(ctx: ApiContext, run_id: str) -> Run:
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        return await Runs(tx).get(run_id)


async def _run_and_bodies(ctx: ApiContext, run_id: str) -> tuple[Run, RunBodies | None]:
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        run = await Runs(tx).get(run_id)
        return run, await Runs(tx).bodies(run.id)


def _bodies(run: Run, bodies: RunBodies | None, step_id: str | None) -> BodiesAnswer:
    """Return all bodies of a run, or those of one step only."""
    if bodies is None:
        return BodiesAnswer(BodiesOut(run.id, None, None, None))
    rows = tuple(bodies_row(each) for each in bodies.exchanges if step_id in (None, each.step_id))
    if step_id is not None:
        return BodiesAnswer(BodiesOut(run.id, None, None, rows))
    return BodiesAnswer(BodiesOut(run.id, bodies.inputs, bodies.output, rows))


def _at(rows: Sequence[T], index: str) -> T:
    """
    Return a row by its number, from 0.

    Raises:
        LogNotFound: there is no such row.
    """
    place = whole_number(index, most=len(rows) - 1) if rows else None
    if place is None:
        raise LogNotFound
    return rows[place]


def _total(count: RunCount, body: LogsIn, length: int, *, has_more: bool) -> int:
    """Return what was counted, and no less than this page shows that there are."""
    return max(count.total, (body.number - 1) * body.size + length + has_more if length else 0)


def _page(body: LogsIn) -> PageOut:
    return PageOut(body.number, body.size)
