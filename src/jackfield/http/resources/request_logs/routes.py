"""`/requests/…`: logs in the format of the older clients."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from jackfield.db.keyset import BY_ID, Keyset, SortColumn
from jackfield.http.context import ApiContext, api_key
from jackfield.http.lists import MOST_VALUES, Texts
from jackfield.http.query import aware, past
from jackfield.http.resources.request_logs.rows import (
    LogOut,
    PlatformLogOut,
    StepRequestOut,
    log_row,
    platform_row,
    step_rows,
)
from jackfield.http.routing import Routes
from jackfield.logs.api_requests.models import RequestFilter
from jackfield.logs.api_requests.repo import Requests
from jackfield.logs.runs.models import RunFilter, RunNotFound
from jackfield.logs.runs.repo import Runs
from jackfield.projects.models import Scope

# Reading a log is not logged.
api = Routes(api_key, tag="request_logs", is_logged=False)

_STEPS: Final = "step_logs"
_BODIES: Final = "advanced_logs"
_Status = Annotated[int, Meta(ge=0, le=999)]
# A method that no request to a hub has matches nothing; what is none is refused.
_Method = Literal[
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS",
    "get", "post", "put", "patch", "delete", "head", "options",
]  # fmt: skip
_OrderBy = Literal["provider", "service", "status", "eventDatetime", "duration"]
_RUN_COLUMNS: Final[Mapping[str, SortColumn]] = {
    "provider": SortColumn("provider", str),
    "service": SortColumn("provider", str),
    "status": SortColumn("status_code", int),
    "eventDatetime": BY_ID,
    "duration": SortColumn("duration_ms", int),
}
_REQUEST_COLUMNS: Final[Mapping[str, SortColumn]] = {
    **_RUN_COLUMNS,
    "provider": SortColumn("category", str),
    "service": SortColumn("category", str),
}


class LogsOut(Struct, frozen=True):
    data: tuple[LogOut, ...]
    next: str | None


class OneLogOut(Struct, frozen=True):
    data: LogOut


class StepRequestsOut(Struct, frozen=True):
    data: tuple[StepRequestOut, ...]
    next: str | None


class PlatformLogsOut(Struct, frozen=True):
    data: tuple[PlatformLogOut, ...]
    next: str | None


class LogsQuery(Struct, frozen=True):
    """The filters of a list of logs; each list may be comma-separated."""

    account_ids: Texts = []
    actions: Texts = []
    providers: Texts = []
    http_methods: Annotated[list[_Method], Meta(max_length=MOST_VALUES)] = []
    status_codes: Annotated[list[_Status], Meta(max_length=MOST_VALUES)] = []
    request_ids: Texts = []
    source_ids: Texts = []
    source_types: Texts = []
    source_values: Texts = []
    services: Texts = []
    resources: Texts = []
    sub_resources: Texts = []
    child_resources: Texts = []
    categories: Texts = []
    start_date: datetime | None = None
    end_date: datetime | None = None
    success: bool | None = None
    order_by: _OrderBy = "eventDatetime"
    order_direction: Literal["asc", "desc"] = "desc"
    include: Annotated[Texts, Meta(description="`step_logs`.")] = []
    next: str | None = None
    page_size: Annotated[int, Meta(ge=1, le=1000)] = 25

    def runs(self) -> RunFilter:
        # This hub has no unified resources, so these filters match nothing.
        unified = (self.services, self.resources, self.sub_resources, self.child_resources)
        return RunFilter(
            request_ids=tuple(self.request_ids),
            account_ids=tuple(self.account_ids),
            action_ids=tuple(self.actions),
            providers=tuple(self.providers),
            sources=tuple(each.lower() for each in self.source_types),
            key_ids=tuple(self.source_ids),
            status_codes=tuple(self.status_codes),
            success=self.success,
            since=aware(self.start_date),
            until=past(self.end_date),
            nothing=any(unified) or bool(self.source_values) or not self._may_be("post"),
        )

    def requests(self) -> RequestFilter:
        return RequestFilter(
            ids=tuple(self.request_ids),
            key_ids=tuple(self.source_ids),
            account_ids=tuple(self.account_ids),
            categories=tuple(self.categories),
            http_methods=tuple(each.upper() for each in self.http_methods),
            status_codes=tuple(self.status_codes),
            success=self.success,
            since=aware(self.start_date),
            until=past(self.end_date),
        )

    def keyset(self, columns: Mapping[str, SortColumn]) -> Keyset:
        descending = self.order_direction == "desc"
        return Keyset.at(self.next, column=columns[self.order_by], descending=descending)

    def _may_be(self, method: str) -> bool:
        return not self.http_methods or method in {each.lower() for each in self.http_methods}


class LogQuery(Struct, frozen=True):
    include: Annotated[Texts, Meta(description="`step_logs`, `advanced_logs`.")] = []


@api.add("GET", "/requests/logs", scope=Scope.LOGS_READ)
async def list_request_logs(ctx: ApiContext, query: LogsQuery) -> LogsOut:
    """List calls of actions and proxy calls, newest first."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        keyset = query.keyset(_RUN_COLUMNS)
        page = await Runs(tx).after(query.runs(), keyset, size=query.page_size)
    with_steps = _STEPS in query.include
    return LogsOut(tuple(log_row(ctx, run, with_steps=with_steps) for run in page.items), page.next)


@api.add("GET", "/requests/logs/steps", scope=Scope.LOGS_READ)
async def list_request_step_logs(ctx: ApiContext, query: LogsQuery) -> StepRequestsOut:
    """List requests to providers. A page ends with a whole call, and so may be longer."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        keyset = query.keyset(_RUN_COLUMNS)
        page = await Runs(tx).after(query.runs(), keyset, size=query.page_size)
    rows = tuple(row for run in page.items for row in step_rows(ctx, run))
    return StepRequestsOut(rows, page.next)


@api.add("GET", "/requests/platform-logs", scope=Scope.LOGS_READ)
async def list_platform_logs(ctx: ApiContext, query: LogsQuery) -> PlatformLogsOut:
    """List requests to the platform API, newest first."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        keyset = query.keyset(_REQUEST_COLUMNS)
        page = await Requests(tx).page(query.requests(), keyset, size=query.page_size)
    return PlatformLogsOut(tuple(platform_row(ctx, each) for each in page.items), page.next)


@api.add("GET", "/requests/logs/{log_id}", scope=Scope.LOGS_READ, raises=(RunNotFound,))
async def get_request_log(ctx: ApiContext, log_id: str, query: LogQuery) -> OneLogOut:
    """Return one call; with `advanced_logs` also its bodies, if the project keeps them."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        run = await Runs(tx).get(log_id)
        bodies = await Runs(tx).bodies(run.id) if _BODIES in query.include else None
    log = log_row(
        ctx,
        run,
        with_steps=_STEPS in query.include,
        with_bodies=_BODIES in query.include,
        bodies=bodies,
    )
    return OneLogOut(log)
