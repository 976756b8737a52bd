"""Response rows of `/requests`, the log format of the older clients."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from msgspec import UNSET, Struct, UnsetType

from jackfield.http.context import ApiContext
from jackfield.http.errors import ProviderErrorOut
from jackfield.kit.json import Json
from jackfield.logs.api_requests.models import ApiRequest
from jackfield.logs.runs.models import Exchange, Run, RunBodies
from jackfield.logs.runs.sources import PATHS, RunSource

_REFUSED: Final = 400


class StepRequestOut(Struct, frozen=True):
    """One request to the provider."""

    id: str
    request_id: str | None
    start_time: datetime
    end_time: datetime
    account_id: str
    project_id: str
    http_method: str
    path: str
    url: str
    status: int | None
    duration: int
    success: bool
    provider: str
    action: str
    service: None = None
    resource: None = None
    sub_resource: None = None
    child_resource: None = None
    is_worker: bool = False
    source_type: str | None = None
    source_value: None = None
    source_id: str | None = None
    source_ip: None = None


class UrlOut(Struct, frozen=True):
    url: str
    hostname: str
    path: str
    query_params: str


class RequestOut(Struct, frozen=True):
    id: str | None
    method: str
    headers: Mapping[str, str]
    url: UrlOut
    body: Json


class ResponseOut(Struct, frozen=True):
    status_code: int
    headers: Mapping[str, str]
    body: Json
    custom_mapping_errors: tuple[Json, ...]
    provider_errors: tuple[ProviderErrorOut, ...]


class LogOut(Struct, frozen=True):
    """One call of an action, or one proxy call."""

    request_id: str | None
    event_datetime: datetime
    start_time: datetime
    end_time: datetime
    account_id: str
    project_id: str
    http_method: str
    path: str
    url: str
    status: int
    duration: int
    success: bool
    provider: str | None
    action: str
    source_type: str
    source_id: str | None
    service: None = None
    resource: None = None
    sub_resource: None = None
    child_resource: None = None
    is_worker: bool = False
    source_value: None = None
    source_ip: None = None
    step_requests: tuple[StepRequestOut, ...] | UnsetType = UNSET
    request: RequestOut | UnsetType | None = UNSET
    response: ResponseOut | UnsetType | None = UNSET


class PlatformLogOut(Struct, frozen=True):
    """One request to the platform API."""

    request_id: str
    event_datetime: datetime
    start_time: datetime
    end_time: datetime
    account_id: str | None
    project_id: str
    category: str
    http_method: str
    path: str
    url: str
    status: int
    duration: int
    success: bool
    source_type: str
    source_id: str | None
    resource: None = None
    sub_resource: None = None
    child_resource: None = None
    action: None = None
    is_worker: bool = False
    source_value: None = None
    source_ip: None = None


def log_row(
    ctx: ApiContext,
    run: Run,
    *,
    with_steps: bool = False,
    with_bodies: bool = False,
    bodies: RunBodies | None = None,
) -> LogOut:
    """Return a run as a log row; `bodies` is null if the project keeps none."""
    path = path_of(run)
    url = ctx.hub.public_url + path
    return LogOut(
        request_id=run.request_id,
        event_datetime=run.started_at,
        start_time=run.started_at,
        end_time=run.started_at + timedelta(milliseconds=run.duration_ms),
        account_id=run.account_id,
        project_id=ctx.caller.project_id,
        http_method="POST",
        path=path,
        url=url,
        status=run.status_code,
        duration=run.duration_ms,
        success=run.success,
        provider=run.provider or None,
        action=run.action_id,
        source_type=run.source.upper(),
        source_id=run.key_id,
        step_requests=tuple(step_rows(ctx, run)) if with_steps else UNSET,
        request=_request(run, url, bodies) if with_bodies else UNSET,
        response=_response(run, bodies) if with_bodies else UNSET,
    )


def step_rows(ctx: ApiContext, run: Run) -> Iterator[StepRequestOut]:
    """Return each request of a run to the provider, in order."""
    count = 0
    for step in run.steps:
        started = run.started_at + timedelta(milliseconds=step.offset_ms)
        for exchange in step.exchanges:
            ended = started + timedelta(milliseconds=exchange.duration_ms)
            yield StepRequestOut(
                id=f"{run.id}.{count}",
                request_id=run.request_id,
                start_time=started,
                end_time=ended,
                account_id=run.account_id,
                project_id=ctx.caller.project_id,
                http_method=exchange.method,
                path=urlsplit(exchange.url).path or "/",
                url=exchange.url,
                status=exchange.status,
                duration=exchange.duration_ms,
                success=exchange.status is not None and exchange.status < _REFUSED,
                provider=run.provider,
                action=run.action_id,
                source_type=run.source.upper(),
                source_id=run.key_id,
            )
            count += 1
            # The requests of a step are sequential.
            started = ended


def platform_row(ctx: ApiContext, request: ApiRequest) -> PlatformLogOut:
    return PlatformLogOut(
        request_id=request.id,
        event_datetime=request.started_at,
        start_time=request.started_at,
        end_time=request.started_at + timedelta(milliseconds=request.duration_ms),
        account_id=request.account_id,
        project_id=ctx.caller.project_id,
        category=request.category,
        http_method=request.http_method,
        path=request.path,
        url=ctx.hub.public_url + request.path,
        status=request.status_code,
        duration=request.duration_ms,
        success=request.success,
        source_type="API",
        source_id=request.key_id,
    )


def path_of(run: Run) -> str:
    """Return the path of the request that started the run."""
    return PATHS.get(run.source, PATHS[RunSource.API])


def _request(run: Run, url: str, bodies: RunBodies | None) -> RequestOut | None:
    if bodies is None:
        return None
    parts = urlsplit(url)
    where = UrlOut(url, parts.hostname or "", parts.path, parts.query)
    return RequestOut(run.request_id, "POST", {}, where, bodies.inputs)


def _response(run: Run, bodies: RunBodies | None) -> ResponseOut | None:
    if bodies is None:
        return None
    exchanges: list[Exchange] = [each for step in run.steps for each in step.exchanges]
    refusals = tuple(
        ProviderErrorOut(exchange.status, exchange.url, body.response.text, body.response.headers)
        for exchange, body in zip(exchanges, bodies.exchanges, strict=False)
        if exchange.status is not None and exchange.status >= _REFUSED
        if body.response is not None
    )
    return ResponseOut(run.status_code, {}, bodies.output, (), refusals)
