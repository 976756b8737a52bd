"""`/dashboard/logs`: the Logs page, its files, and its live tail."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Final, cast
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.kit.errors import HubError
from jackfield.kit.ids import InvalidId, RunId
from jackfield.kit.open_streams import TooManyStreams
from jackfield.logs.runs.models import Run
from jackfield.logs.search.export import TYPES, Format, export_runs
from jackfield.logs.search.models import Found, Histogram, Position
from jackfield.logs.search.query import EFFECTS, SOURCES, Query, read_query
from jackfield.logs.search.service import SCANNED, count_runs, find_runs
from jackfield.logs.search.tail import LiveTail
from jackfield.logs.search.words import InvalidLogQuery
from jackfield.projects import service as projects
from jackfield.projects.models import Project
from jackfield.projects.saved_views.models import ViewPage
from jackfield.projects.settings import ProjectSettings
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.live_events import LiveEvents
from jackfield.ui.dashboard.run_lines import RunLine, run_lines
from jackfield.ui.dashboard.saved_views import load_views
from jackfield.ui.dashboard.sign_in import actor_of, still_signed_in
from jackfield.ui.rendering import base_path, hub_of, page

_PAGE_SIZE: Final = 50
_HEIGHT: Final = 64
_PRESETS: Final = (
    ("15m", "Last 15 minutes"),
    ("1h", "Last hour"),
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
)
_SUGGESTIONS: Final = (
    *("status:failed", "status:4xx", "status:5xx", "type:production", "took:>1s"),
    *(f"effect:{effect}" for effect in EFFECTS),
    *(f"source:{source}" for source in SOURCES),
    *("account:acc_", "customer:", "action:*", "code:", "key:", "request:req_", "since:1h"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A bar of the histogram: its height, the part of it that failed, and what it leads to."""

    height: float
    failed: float
    total: int
    failures: int
    since: datetime
    until: datetime
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsPage:
    template: ClassVar[str] = "dashboard/logs.html"

    layout: Layout
    query: Query
    # What was typed and could not be read, and why.
    typed: str = ""
    problem: str = ""
    lines: Sequence[RunLine] = ()
    found: Found = field(default_factory=lambda: Found((), None))
    histogram: Histogram | None = None
    columns: Sequence[Column] = ()
    newer: str | None = None
    older: str | None = None
    # The page that shows runs as they come, if this is it.
    is_live: bool = False
    scanned: int = SCANNED
    searched_since: datetime | None = None
    settings: ProjectSettings
    presets: Sequence[tuple[str, str]] = _PRESETS
    suggestions: Sequence[str] = _SUGGESTIONS
    axis: Sequence[datetime] = ()


async def list_logs(request: Request, project: Project) -> Response:
    hub = hub_of(request)
    text = " ".join(
        filter(None, (request.query_params.get(name, "").strip() for name in ("q", "add")))
    )
    settings = await projects.project_settings(hub, project.id)
    try:
        query = read_query(text, hub.clock())
    except InvalidLogQuery as invalid:
        problem = LogsPage(
            layout=Layout.of(request, project),
            query=Query(),
            typed=text,
            problem=invalid.detail,
            settings=settings,
        )
        return page(request, problem, status=invalid.status)
    if request.query_params.get("add"):
        # An address to share has one query.
        return RedirectResponse(f"{base_path(hub)}/dashboard/logs?{_encoded(query)}", 303)
    try:
        position = _position(request)
    except InvalidId:
        position = Position()
    found = await find_runs(hub, project.id, query.search, position, size=_PAGE_SIZE)
    if position.after is not None and found.edge is None:
        # These are the newest, and there may be room for more.
        position = Position()
        found = await find_runs(hub, project.id, query.search, position, size=_PAGE_SIZE)
    histogram = await count_runs(hub, project.id, query.search)
    newer, older = _neighbors(position, found)
    partial_edge = found.edge if found.is_partial else None
    await load_views(request, project, ViewPage.LOGS, _encoded(query) if query.words else "")
    return page(
        request,
        LogsPage(
            layout=Layout.of(request, project),
            query=query,
            lines=await run_lines(hub, project.id, found.runs, query=str(query)),
            found=found,
            histogram=histogram,
            columns=_columns(histogram, query),
            newer=newer and _encoded(query, after=newer),
            older=older and _encoded(query, before=older),
            is_live=position == Position() and query.search.until is None,
            searched_since=None if partial_edge is None else partial_edge.moment,
            settings=settings,
            axis=_axis(histogram),
        ),
    )


async def export_logs(request: Request, project: Project) -> Response:
    """Return the runs of a query as a file."""
    hub = hub_of(request)
    kind = request.query_params.get("format", "")
    kind = cast("Format", kind if kind in TYPES else "ndjson")
    try:
        query = read_query(request.query_params.get("q", ""), hub.clock())
    except InvalidLogQuery as invalid:
        return refused(request, project, invalid)
    file = await export_runs(hub, project.id, query.search, kind)
    # Whoever opens it is to see that it is not all.
    part = "" if file.next is None else "-newest-10000"
    headers = {
        "content-disposition": f'attachment; filename="jackfield-logs{part}.{kind}"',
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    return Response(file.content, headers=headers, media_type=TYPES[kind])


async def follow_logs(request: Request, project: Project) -> Response:
    """Send the rows of new runs, as long as the browser is signed in."""
    hub = hub_of(request)
    try:
        query = read_query(request.query_params.get("q", ""), hub.clock())
        tail = LiveTail(
            hub,
            project.id,
            query.search,
            actor=actor_of(request),
            is_allowed=lambda: still_signed_in(request, project),
            after=_run_id(request, "after"),
        )
    except (InvalidLogQuery, InvalidId):
        return Response(status_code=422)
    except TooManyStreams as full:
        return _unavailable(full)
    return LiveEvents(request, project, tail, query=str(query))


def _unavailable(full: HubError) -> Response:
    # An event source that is answered with another status does not ask again.
    return Response(full.detail, full.status, media_type="text/plain")


def _position(request: Request) -> Position:
    return Position(before=_run_id(request, "before"), after=_run_id(request, "after"))


def _run_id(request: Request, name: str) -> RunId | None:
    text = request.query_params.get(name)
    return RunId.parse(text) if text else None


def _neighbors(position: Position, found: Found) -> tuple[str | None, str | None]:
    """Return where the newer and the older page begin."""
    runs: tuple[Run, ...] = found.runs
    if position.after is not None:
        return found.edge, runs[-1].id if runs else None
    if position.before is not None:
        return runs[0].id if runs else position.before, found.edge
    return None, found.edge


def _encoded(query: Query, **more: str) -> str:
    return urlencode({"q": str(query), **more})


def _columns(histogram: Histogram, query: Query) -> list[Column]:
    most = max((bar.total for bar in histogram.bars), default=0) or 1
    return [
        Column(
            height=round(bar.total / most * _HEIGHT, 2),
            failed=round(bar.failed / most * _HEIGHT, 2),
            total=bar.total,
            failures=bar.failed,
            since=bar.since,
            until=bar.until,
            query=urlencode({"q": query.instead(since=_iso(bar.since), until=_iso(bar.until))}),
        )
        for bar in histogram.bars
    ]


def _iso(moment: datetime) -> str:
    # Ids say when a run began to the millisecond.
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _axis(histogram: Histogram) -> list[datetime]:
    """Return five moments from the beginning of a histogram to its end."""
    first, last = histogram.bars[0].since, histogram.bars[-1].until
    step: timedelta = (last - first) / 4
    return [first + step * number for number in range(5)]
