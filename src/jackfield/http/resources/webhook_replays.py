"""`/jackfield/webhooks/{webhook_id}/replays`: past deliveries of an endpoint, made again."""

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from jackfield.events.models import EventType
from jackfield.http.context import ApiContext, api_key
from jackfield.http.query import aware
from jackfield.http.routing import Routes
from jackfield.kit.errors import InvalidRequest
from jackfield.projects.models import Scope
from jackfield.webhooks.models import EndpointId, EndpointNotFound
from jackfield.webhooks.replays import service as replays
from jackfield.webhooks.replays.models import (
    EndpointInactive,
    Replay,
    ReplayFilter,
    ReplayId,
    ReplayNotFound,
    ReplayOutcome,
    ReplayRunning,
    ReplayStatus,
)
from jackfield.webhooks.replays.repo import Replays
from jackfield.webhooks.repo import Endpoints

api = Routes(api_key, tag="webhooks")

_PATH: Final = "/jackfield/webhooks/{webhook_id}/replays"
_ONE: Final = f"{_PATH}/{{replay_id}}"
_LISTED: Final = 20


class ReplayIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Which past deliveries are made again: by result, type of event and time of the event."""

    status: Literal["failed", "delivered", "all"] = "failed"
    events: Annotated[
        list[Annotated[str, Meta(max_length=100)]],
        Meta(max_length=50, description=f"Some of {', '.join(EventType)}; all if left out."),
    ] = []
    since: datetime | None = None
    until: datetime | None = None


class ReplayOut(Struct, frozen=True):
    """
    A replay and how far it got.

    `total` is how many deliveries it found, counted up to 100,000, and `begun` how many of them are
    to be made again by now. One that is not `running` begins no more.
    """

    id: ReplayId
    webhook_id: EndpointId
    status: ReplayStatus
    outcome: ReplayOutcome
    events: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    total: int
    begun: int
    ended_reason: str | None
    created_at: datetime
    updated_at: datetime


class ReplaysOut(Struct, frozen=True):
    data: tuple[ReplayOut, ...]
    next: None = None


@api.add(
    "POST",
    _PATH,
    scope=Scope.WEBHOOKS_WRITE,
    status=201,
    raises=(EndpointNotFound, InvalidRequest, EndpointInactive, ReplayRunning),
)
async def start_replay(ctx: ApiContext, webhook_id: str, body: ReplayIn) -> ReplayOut:
    """Make past deliveries of an endpoint again, in the order of their events, one replay at a time."""
    chosen = ReplayFilter(
        ReplayOutcome(body.status), tuple(body.events), aware(body.since), aware(body.until)
    )
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return _out(await replays.start(tx, webhook_id, chosen))


@api.add("GET", _PATH, scope=Scope.WEBHOOKS_WRITE, raises=(EndpointNotFound,))
async def list_replays(ctx: ApiContext, webhook_id: str) -> ReplaysOut:
    """List the last replays of an endpoint, newest first."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        endpoint = await Endpoints(tx).get(webhook_id)
        found = await Replays(tx).newest(endpoint.id, most=_LISTED)
    return ReplaysOut(tuple(map(_out, found)))


@api.add("GET", _ONE, scope=Scope.WEBHOOKS_WRITE, raises=(EndpointNotFound, ReplayNotFound))
async def get_replay(ctx: ApiContext, webhook_id: str, replay_id: str) -> ReplayOut:
    """Return a replay and how far it got."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        endpoint = await Endpoints(tx).get(webhook_id)
        return _out(await Replays(tx).get(endpoint.id, replay_id))


@api.add("DELETE", _ONE, scope=Scope.WEBHOOKS_WRITE, raises=(EndpointNotFound, ReplayNotFound))
async def stop_replay(ctx: ApiContext, webhook_id: str, replay_id: str) -> ReplayOut:
    """Stop a replay: what it has begun is still delivered, and nothing else."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return _out(await replays.stop(tx, webhook_id, replay_id))


def _out(replay: Replay) -> ReplayOut:
    return ReplayOut(
        replay.id,
        replay.endpoint_id,
        replay.status,
        replay.outcome,
        replay.event_types,
        replay.since,
        replay.until,
        replay.total,
        replay.begun,
        replay.ended_reason,
        replay.created_at,
        replay.updated_at,
    )
