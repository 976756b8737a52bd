"""`/dashboard/logs/{run id}`: one run, and running it again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.accounts.models import AccountType
from jackfield.actions import service as actions
from jackfield.actions.models import RunRequest
from jackfield.kit import request_context
from jackfield.kit.errors import HubError
from jackfield.kit.headers import RequestHeaders
from jackfield.kit.ids import RequestId
from jackfield.kit.json import Json, encode
from jackfield.kit.secret_names import MASK
from jackfield.logs.correlation.repo import CorrelationHeaders
from jackfield.logs.runs.models import Exchange, ExchangeBodies, Run, RunBodies
from jackfield.logs.runs.repo import Runs
from jackfield.logs.runs.sources import RunSource
from jackfield.logs.search.query import Query, read_query
from jackfield.logs.search.service import find_neighbors
from jackfield.logs.search.words import InvalidLogQuery, Word
from jackfield.projects import service as projects
from jackfield.projects.models import Project
from jackfield.projects.settings import ProjectSettings
from jackfield.runtime import Hub
from jackfield.ui.dashboard.command_line import command_of
from jackfield.ui.dashboard.failure_advice import concerns_account, failure_of
from jackfield.ui.dashboard.kept_inputs import kept_inputs
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.run_lines import RunLine, duration, run_lines
from jackfield.ui.dashboard.run_timeline import Bar, bars_of, waited
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of, page

_SURE: Final = "sure"


@dataclass(frozen=True, slots=True)
class Try:
    """One request to the provider, with both sides where the project keeps them."""

    number: int
    exchange: Exchange
    bodies: ExchangeBodies | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    template: ClassVar[str] = "dashboard/run.html"

    layout: Layout
    run: Run
    # The name and the value of those that the project keeps, and the query that finds them.
    headers: Sequence[tuple[str, str, str]]
    line: RunLine
    query: Query
    failure: tuple[str, str] | None
    concerns_account: bool
    bars: Sequence[Bar]
    waits: str
    tries: Sequence[Try]
    shown: Try | None
    inputs: str
    redacted: int
    command: str
    # Why it cannot be run again, or empty.
    obstacle: str
    # Whether the question is open if it is to be run again.
    is_asked: bool
    newer: str | None
    older: str | None
    settings: ProjectSettings


async def show_run(request: Request, project: Project) -> Response:
    return await _run_page(request, project)


async def run_again(request: Request, project: Project) -> Response:
    """Run the same read again, and show that run; of a production account after it was asked."""
    hub = hub_of(request)
    form = (await read_form(request)).fields()
    try:
        run, bodies = await _load(hub, project, request.path_params["run_id"])
    except HubError as missing:
        return refused(request, project, missing)
    obstacle = _obstacle(hub, run, bodies)
    if obstacle or (_asks(run) and form.get(_SURE) != "yes"):
        return await _run_page(request, project, is_asked=not obstacle, status=409)
    request_id = RequestId.new(hub.clock())
    bound = request_context.bind(request_id, RequestHeaders(request.scope["headers"]))
    bound.project_id = project.id
    again = RunRequest(
        action_id=run.action_id,
        account_id=run.account_id,
        arguments=kept_inputs(bodies) or {},
        source=RunSource.DASHBOARD,
    )
    try:
        await actions.run(hub, project.id, actor_of(request), again)
    except HubError:
        # Its page says why.
        pass
    finally:
        request_context.forget()
    await hub.write_buffer.flush()
    suffix = _suffix(str(_query(request, hub)))
    return RedirectResponse(f"{base_path(hub)}/dashboard/logs/{request_id}{suffix}", 303)


async def _run_page(
    request: Request, project: Project, *, is_asked: bool = False, status: int = 200
) -> Response:
    hub = hub_of(request)
    try:
        run, bodies = await _load(hub, project, request.path_params["run_id"])
    except HubError as missing:
        return refused(request, project, missing)
    query = _query(request, hub)
    headers = await _headers(hub, project, run)
    newer, older = await find_neighbors(hub, project.id, query.search, run)
    (line,) = await run_lines(hub, project.id, [run], query=str(query))
    tries = [*_tries(run, bodies)]
    inputs = "" if bodies is None or bodies.inputs is None else _shown(bodies.inputs)
    shown = _chosen(request, tries)
    texts = [inputs, *_texts(shown)]
    return page(
        request,
        RunPage(
            layout=Layout.of(request, project),
            run=run,
            headers=headers,
            line=line,
            query=query,
            failure=failure_of(run),
            concerns_account=concerns_account(run),
            bars=bars_of(run),
            waits=duration(waited(run)) if waited(run) >= 1 else "",
            tries=tries,
            shown=shown,
            inputs=inputs,
            redacted=sum(text.count(MASK) for text in texts),
            command=_command(run, bodies),
            obstacle=_obstacle(hub, run, bodies),
            is_asked=is_asked,
            newer=newer and f"{newer}{_suffix(str(query))}",
            older=older and f"{older}{_suffix(str(query))}",
            settings=await projects.project_settings(hub, project.id),
        ),
        status=status,
    )


async def _load(hub: Hub, project: Project, run_id: str) -> tuple[Run, RunBodies | None]:
    async with hub.db.read(project.id) as tx:
        run = await Runs(tx).get(run_id)
        return run, await Runs(tx).bodies(run.id)


async def _headers(hub: Hub, project: Project, run: Run) -> list[tuple[str, str, str]]:
    async with hub.db.read(project.id) as tx:
        found = await CorrelationHeaders(tx).of_run(run.id)
    return [(name, value, str(Word("header", f"{name}={value}"))) for name, value in found.items()]


def _query(request: Request, hub: Hub) -> Query:
    """Return the query that the page was come to by."""
    try:
        return read_query(request.query_params.get("q", ""), hub.clock())
    except InvalidLogQuery:
        return Query()


def _suffix(query: str) -> str:
    return f"?{urlencode({'q': query})}" if query else ""


def _tries(run: Run, bodies: RunBodies | None) -> Iterator[Try]:
    kept = () if bodies is None else bodies.exchanges
    exchanges = [each for step in run.steps for each in step.exchanges]
    for number, exchange in enumerate(exchanges):
        yield Try(number + 1, exchange, kept[number] if number < len(kept) else None)


def _chosen(request: Request, tries: Sequence[Try]) -> Try | None:
    """Return the request that is asked for, or the last one."""
    number = request.query_params.get("try", "")
    return next(
        (each for each in tries if str(each.number) == number), tries[-1] if tries else None
    )


def _texts(shown: Try | None) -> Iterator[str]:
    if shown is None:
        return
    yield shown.exchange.url
    if shown.bodies is not None:
        for body in filter(None, (shown.bodies.request, shown.bodies.response)):
            yield from (*body.headers.values(), body.text)


def _asks(run: Run) -> bool:
    return run.mode == AccountType.PRODUCTION


def _obstacle(hub: Hub, run: Run, bodies: RunBodies | None) -> str:
    """Return why a run cannot be run again from here, or an empty text."""
    found = hub.catalog.find_action(run.action_id)
    if found is None:
        return "The hub does not have this action, so it cannot be run again from here."
    if not found[1].only_reads:
        return "Only what reads is run again from here: this action may change something."
    inputs = kept_inputs(bodies)
    if inputs is None:
        return "To run it again from here takes its inputs, which were not kept."
    if MASK in encode(inputs).decode():
        return "Its inputs held a secret, which was not kept, so it cannot be run again from here."
    return ""


def _shown(value: Json) -> str:
    return encode(value).decode()


def _command(run: Run, bodies: RunBodies | None) -> str:
    """Return the command that does the same, as far as its inputs are known."""
    given = (kept_inputs(bodies) or {}).values()
    return command_of(
        run.action_id, run.account_id, (pair for each in given for pair in each.items())
    )
