"""`/dashboard/logs/requests`: the requests to the API, beside the runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from jackfield.db.keyset import BY_ID, Keyset
from jackfield.kit.errors import HubError
from jackfield.logs.api_requests.models import ApiRequest, RequestFilter
from jackfield.logs.api_requests.repo import Requests
from jackfield.projects import service as projects
from jackfield.projects.models import ApiKey, Project
from jackfield.projects.repo import ApiKeys
from jackfield.projects.settings import RetentionKind
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.run_lines import duration
from jackfield.ui.rendering import hub_of, page

_PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request with what its row shows beside it."""

    request: ApiRequest
    tone: str
    asked_by: str
    took: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequestsPage:
    template: ClassVar[str] = "dashboard/api_requests.html"

    layout: Layout
    lines: Sequence[RequestLine]
    keys: Sequence[ApiKey]
    key: str
    is_failed: bool
    # Addresses of this list, of its beginning and of what follows.
    newest: str | None
    older: str | None
    retention_days: int


async def list_requests(request: Request, project: Project) -> Response:
    hub, params = hub_of(request), request.query_params
    key, is_failed = params.get("key", ""), params.get("failed") == "1"
    only = RequestFilter(key_ids=(key,) if key else (), success=False if is_failed else None)
    try:
        keyset = Keyset.at(params.get("after"), column=BY_ID, descending=True)
    except HubError as error:
        return refused(request, project, error)
    async with hub.db.read(project.id) as tx:
        found = await Requests(tx).page(only, keyset, size=_PAGE_SIZE)
        keys = await ApiKeys(tx).all()
    settings = await projects.project_settings(hub, project.id)
    names: dict[str, str] = {each.id: each.name for each in keys}
    kept = {"key": key, "failed": "1" if is_failed else ""}
    chosen = {name: value for name, value in kept.items() if value}
    return page(
        request,
        ApiRequestsPage(
            layout=Layout.of(request, project),
            lines=[_line(each, names) for each in found.items],
            keys=keys,
            key=key,
            is_failed=is_failed,
            newest=urlencode(chosen) if params.get("after") else None,
            older=found.next and urlencode({**chosen, "after": found.next}),
            retention_days=settings.days_kept(RetentionKind.REQUESTS),
        ),
    )


def _line(request: ApiRequest, names: dict[str, str]) -> RequestLine:
    failed = "bad" if request.status_code >= 500 else "warn"  # noqa: PLR2004
    tone = "good" if request.success else failed
    key = request.key_id or ""
    return RequestLine(request, tone, names.get(key, key), duration(request.duration_ms))
