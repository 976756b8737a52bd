"""Response rows of `/logs`: runs, steps and provider requests."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from msgspec import UNSET, Struct, UnsetType

from jackfield.http.context import ApiContext
from jackfield.http.resources.request_logs.rows import path_of
from jackfield.logs.runs.models import Body, Exchange, ExchangeBodies, Run, StepRecord

_REFUSED: Final = 400


class LoggedConnectorOut(Struct, frozen=True):
    name: str
    logo: str
    categories: tuple[str, ...]


class ActionLogOut(Struct, frozen=True):
    """One run of an action, or one proxy call."""

    action_run_id: str
    log_id: str
    account_id: str
    action_id: str
    action_type: str | None
    auth_type: str | None
    connector_key: str | None
    connector_profile_id: str | None
    connector_version: str | None
    duration_ms: int
    start_time: datetime
    end_time: datetime
    event_time: datetime
    http_method: str
    url: str
    user_agent: str | None
    mode: str | None
    origin_owner_id: str | None
    origin_owner_name: str | None
    project_id: str
    request_id: str | None
    source_id: str | None
    source_type: str
    status_code: int
    success: bool
    error_code: str | None
    message: str | None
    log_type: str = "action"
    transport_type: str = "HTTP"
    is_background: bool = False
    risk_level: None = None
    tier2_score: None = None
    connector: LoggedConnectorOut | UnsetType | None = UNSET


class StepLogOut(Struct, frozen=True):
    """One step of a run."""

    action_run_id: str
    step_index: int
    step_id: str
    step_function_name: str
    skipped: bool
    success: bool
    status_code: int | None
    message: str | None
    event_time: datetime
    start_time: datetime
    end_time: datetime
    duration_ms: int
    project_id: str
    account_id: str
    log_type: str = "step"
    step_function_version: None = None
    step_iterations: int = 1


class ProviderLogOut(Struct, frozen=True):
    """One request to the provider; without a response there is no status."""

    log_id: str
    action_run_id: str
    request_id: str | None
    step_id: str
    action_id: str
    account_id: str
    project_id: str
    provider: str
    http_method: str
    url: str
    path: str
    status_code: int | None
    success: bool
    event_time: datetime
    duration_ms: int
    log_type: str = "provider"


class BodyOut(Struct, frozen=True):
    headers: Mapping[str, str]
    body: str
    is_truncated: bool


class ExchangeBodiesOut(Struct, frozen=True):
    """Both sides of one request to the provider, redacted."""

    step_id: str
    request: BodyOut
    response: BodyOut | None


def action_row(ctx: ApiContext, run: Run, *, with_connector: bool = False) -> ActionLogOut:
    return ActionLogOut(
        action_run_id=run.id,
        log_id=run.id,
        account_id=run.account_id,
        action_id=run.action_id,
        action_type=run.action_type,
        auth_type=None if run.auth_method is None else run.auth_method.upper(),
        connector_key=run.provider or None,
        connector_profile_id=run.profile_id,
        connector_version=run.connector_version,
        duration_ms=run.duration_ms,
        start_time=run.started_at,
        end_time=run.started_at + timedelta(milliseconds=run.duration_ms),
        event_time=run.started_at,
        http_method="POST",
        url=ctx.hub.public_url + path_of(run),
        user_agent=run.user_agent,
        mode=run.mode,
        origin_owner_id=run.origin_owner_id,
        origin_owner_name=run.origin_owner_name,
        project_id=ctx.caller.project_id,
        request_id=run.request_id,
        source_id=run.key_id,
        source_type=run.source.upper(),
        status_code=run.status_code,
        success=run.success,
        error_code=run.error_code,
        message=run.message,
        connector=_connector(ctx, run.provider) if with_connector else UNSET,
    )


def step_rows(ctx: ApiContext, run: Run) -> list[StepLogOut]:
    return [_step_row(ctx, run, index, step) for index, step in enumerate(run.steps)]


def provider_rows(ctx: ApiContext, run: Run) -> Iterator[ProviderLogOut]:
    """Return each request to the provider, in order; its id is the run's and a number from 0."""
    pairs = ((step, exchange) for step in run.steps for exchange in step.exchanges)
    for number, (step, exchange) in enumerate(pairs):
        yield _provider_row(ctx, run, step, exchange, number)


def bodies_row(bodies: ExchangeBodies) -> ExchangeBodiesOut:
    response = None if bodies.response is None else _body(bodies.response)
    return ExchangeBodiesOut(bodies.step_id, _body(bodies.request), response)


def _step_row(ctx: ApiContext, run: Run, index: int, step: StepRecord) -> StepLogOut:
    started = run.started_at + timedelta(milliseconds=step.offset_ms)
    return StepLogOut(
        action_run_id=run.id,
        step_index=index,
        step_id=step.id,
        step_function_name=step.function,
        skipped=step.state == "skipped",
        success=step.state != "failed",
        status_code=step.status_code,
        message=step.message,
        event_time=started,
        start_time=started,
        end_time=started + timedelta(milliseconds=step.duration_ms),
        duration_ms=step.duration_ms,
        project_id=ctx.caller.project_id,
        account_id=run.account_id,
    )


def _provider_row(
    ctx: ApiContext, run: Run, step: StepRecord, exchange: Exchange, number: int
) -> ProviderLogOut:
    return ProviderLogOut(
        log_id=f"{run.id}.{number}",
        action_run_id=run.id,
        request_id=run.request_id,
        step_id=step.id,
        action_id=run.action_id,
        account_id=run.account_id,
        project_id=ctx.caller.project_id,
        provider=run.provider,
        http_method=exchange.method,
        url=exchange.url,
        path=urlsplit(exchange.url).path or "/",
        status_code=exchange.status,
        success=exchange.status is not None and exchange.status < _REFUSED,
        event_time=run.started_at + timedelta(milliseconds=step.offset_ms),
        duration_ms=exchange.duration_ms,
    )


def _connector(ctx: ApiContext, provider: str) -> LoggedConnectorOut | None:
    connector = ctx.hub.catalog.find(provider)
    if connector is None:
        return None
    logo = ctx.hub.public_url + connector.icon_path
    return LoggedConnectorOut(connector.title, logo, connector.categories)


def _body(body: Body) -> BodyOut:
    return BodyOut(body.headers, body.text, body.is_cut)
