"""`/jackfield/logs`: runs by the query language of the log, as pages, files and streams."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from jackfield.http.context import ApiContext, api_key
from jackfield.http.download import SAVED
from jackfield.http.routing import Routes
from jackfield.kit.errors import HubError
from jackfield.kit.ids import RunId
from jackfield.kit.json import encode
from jackfield.kit.open_streams import TooManyStreams
from jackfield.kit.pages import read_cursor
from jackfield.logs.search import service as searches
from jackfield.logs.search.export import TYPES, Format, export_runs
from jackfield.logs.search.models import Position
from jackfield.logs.search.query import read_query
from jackfield.logs.search.rows import FoundRunOut, run_row
from jackfield.logs.search.tail import LiveTail
from jackfield.logs.search.words import InvalidLogQuery
from jackfield.projects import service as projects
from jackfield.projects.authorization import read_api_key
from jackfield.projects.models import Scope

# Reading a log is not logged.
api = Routes(api_key, tag="logs", is_logged=False)

_Query = Annotated[str, Meta(description="Words such as `status:4xx since:1h`.")]


class LogSearchQuery(Struct, frozen=True):
    query: _Query = ""
    next: str | None = None
    page_size: Annotated[int, Meta(ge=1, le=500)] = 50


class FoundRunsOut(Struct, frozen=True):
    """
    A page of runs, newest first.

    With `is_partial` the search ended before the page was full: `next` goes on.
    """

    data: tuple[FoundRunOut, ...]
    next: str | None
    is_partial: bool


class HistogramQuery(Struct, frozen=True):
    query: _Query = ""
    bars: Annotated[int, Meta(ge=1, le=500)] = searches.BARS


class BarOut(Struct, frozen=True):
    since: datetime
    until: datetime
    total: int
    failed: int


class HistogramOut(Struct, frozen=True):
    """
    Counts of runs; those that began before `counted_since` were not counted.

    Of very many the bars are whole hours around the range, if `by_hour`.
    """

    data: tuple[BarOut, ...]
    total: int
    failed: int
    counted_since: datetime
    by_hour: bool


class LogExportQuery(Struct, frozen=True):
    query: _Query = ""
    format: Format = "ndjson"
    next: str | None = None


class LiveLogQuery(Struct, frozen=True):
    query: _Query = ""
    after: str | None = None


@api.add("GET", "/jackfield/logs", scope=Scope.LOGS_READ, raises=(InvalidLogQuery,))
async def search_logs(ctx: ApiContext, query: LogSearchQuery) -> FoundRunsOut:
    """Find runs by a query, newest first."""
    search = read_query(query.query, ctx.hub.clock()).search
    position = Position(before=read_cursor(query.next, RunId))
    found = await searches.find_runs(
        ctx.hub, ctx.caller.project_id, search, position, size=query.page_size
    )
    rows = tuple(run_row(ctx.hub.catalog, run) for run in found.runs)
    return FoundRunsOut(rows, found.edge, found.is_partial)


@api.add("GET", "/jackfield/logs/histogram", scope=Scope.LOGS_READ, raises=(InvalidLogQuery,))
async def count_logs(ctx: ApiContext, query: HistogramQuery) -> HistogramOut:
    """Count the runs of a query by when they began: in its time range, or the last 24 hours."""
    search = read_query(query.query, ctx.hub.clock()).search
    found = await searches.count_runs(ctx.hub, ctx.caller.project_id, search, bars=query.bars)
    bars = tuple(BarOut(each.since, each.until, each.total, each.failed) for each in found.bars)
    return HistogramOut(bars, found.total, found.failed, found.counted_since, found.by_hour)


@api.add("GET", "/jackfield/logs/export", scope=Scope.LOGS_READ, raises=(InvalidLogQuery,))
async def export_logs(ctx: ApiContext, query: LogExportQuery) -> Response:
    """Return up to 10,000 runs of a query as a file; `x-next` is where the next file begins."""
    search = read_query(query.query, ctx.hub.clock()).search
    before = read_cursor(query.next, RunId)
    file = await export_runs(ctx.hub, ctx.caller.project_id, search, query.format, before=before)
    name = {"content-disposition": f'attachment; filename="jackfield-logs.{query.format}"'}
    following = {} if file.next is None else {"x-next": file.next}
    headers = {**SAVED, **name, **following}
    return Response(file.content, headers=headers, media_type=TYPES[query.format])


@api.add(
    "GET",
    "/jackfield/logs/live",
    scope=Scope.LOGS_READ,
    raises=(InvalidLogQuery, TooManyStreams),
)
async def follow_logs(ctx: ApiContext, query: LiveLogQuery) -> Response:
    """Send the runs of a query as server-sent events as they are logged, for five minutes."""
    search = read_query(query.query, ctx.hub.clock()).search
    after = read_cursor(query.after, RunId)

    async def is_allowed() -> bool:
        try:
            # Not counted: a stream is one request.
            caller = await projects.find_usable_key(
                ctx.hub, read_api_key(ctx.headers.get("authorization"))
            )
            projects.require_allowed_network(caller)
        except HubError:
            return False
        return Scope.LOGS_READ in caller.scopes

    tail = LiveTail(
        ctx.hub,
        ctx.caller.project_id,
        search,
        actor=ctx.actor,
        is_allowed=is_allowed,
        after=after,
    )
    return _EventsResponse(ctx, tail)


class _EventsResponse(StreamingResponse):
    """Server-sent events of a tail, which is closed however the response ends."""

    def __init__(self, ctx: ApiContext, tail: LiveTail) -> None:
        super().__init__(
            _events(ctx, tail),
            # Proxies are not to keep what is to come at once.
            headers={"x-accel-buffering": "no"},
            media_type="text/event-stream",
        )
        self._tail = tail

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._tail.close()


async def _events(ctx: ApiContext, tail: LiveTail) -> AsyncGenerator[bytes]:
    async for logged in tail.logged():
        events = [
            f"event: run\nid: {run.id}\ndata: {encode(run_row(ctx.hub.catalog, run)).decode()}\n\n"
            for run in logged.runs
        ]
        if logged.has_more:
            events.append("event: more\ndata: {}\n\n")
        # A comment shows that the connection lives, and finds out whether it does.
        yield "".join(events or [":\n\n"]).encode()
    yield b"event: end\ndata: {}\n\n"
