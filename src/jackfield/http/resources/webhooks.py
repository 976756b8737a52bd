"""`/jackfield/webhooks`: webhook endpoints and their deliveries."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Raw, Struct

from jackfield.events.models import EventType
from jackfield.http.context import ApiContext, api_key
from jackfield.http.query import aware
from jackfield.http.routing import Routes
from jackfield.kit.errors import InvalidRequest
from jackfield.kit.ids import EventId
from jackfield.kit.pages import read_cursor
from jackfield.projects.models import Scope
from jackfield.webhooks import secrets
from jackfield.webhooks import service as webhooks
from jackfield.webhooks.attempts.repo import Attempts
from jackfield.webhooks.audit import record_replay
from jackfield.webhooks.backlog.repo import Backlog, Backlogs
from jackfield.webhooks.catalogue import examples
from jackfield.webhooks.catalogue.events import TEST
from jackfield.webhooks.models import (
    Delivery,
    DeliveryNotFound,
    DeliveryStatus,
    Endpoint,
    EndpointChange,
    EndpointId,
    EndpointNotFound,
    SigningSecretUnreadable,
)
from jackfield.webhooks.outcomes.repo import Outcome, Outcomes
from jackfield.webhooks.replays import service as replays
from jackfield.webhooks.repo import Deliveries, Endpoints

api = Routes(api_key, tag="webhooks")

_PATH: Final = "/jackfield/webhooks"
_REPLAYED_AT_ONCE: Final = 1000
_ONE: Final = f"{_PATH}/{{webhook_id}}"
_DAY: Final = 86_400
_LONGEST_OVERLAP: Final = 7 * _DAY
_RECENT: Final = timedelta(seconds=_DAY)
_Url = Annotated[str, Meta(min_length=1, max_length=2048)]
_Events = Annotated[
    list[Annotated[str, Meta(max_length=100)]],
    Meta(max_length=50, description=f"Some of {', '.join(EventType)}; `*` for all."),
]
_Description = Annotated[str, Meta(max_length=500)]


class WebhookIn(Struct, frozen=True, forbid_unknown_fields=True):
    url: _Url
    events: _Events
    description: _Description | None = None


class WebhookChangeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A change of a webhook endpoint; a field that is left out stays as it is."""

    url: _Url | None = None
    events: _Events | None = None
    description: _Description | None = None
    active: bool | None = None


class WebhookOut(Struct, frozen=True, kw_only=True):
    id: EndpointId
    url: str
    description: str | None
    events: tuple[str, ...]
    active: bool
    disabled_reason: str | None
    previous_secret_until: datetime | None
    created_at: datetime
    updated_at: datetime


class BacklogOut(Struct, frozen=True):
    """
    Deliveries that are not made yet, those that are tried again among them.

    `pending` counts up to 10,000; `oldest_at` is when the oldest of those events happened.
    """

    pending: int
    oldest_at: datetime | None
    next_attempt_at: datetime | None


class OutcomeOut(Struct, frozen=True):
    """
    How many of the last 24 hours' events the receiver took, and how many failed for good.

    Of its newest 2,000 answers in that time, 95 of 100 took `p95_ms` at most; null if it gave none.
    """

    delivered: int
    failed: int
    p95_ms: int | None


class ListedWebhookOut(WebhookOut, frozen=True, kw_only=True):
    """A webhook endpoint, what is still to be delivered to it, and what became of a day's events."""

    backlog: BacklogOut
    last_day: OutcomeOut


class NewWebhookOut(WebhookOut, frozen=True, kw_only=True):
    """A webhook endpoint with its signing secret, which is shown only once."""

    secret: str


class RotateQuery(Struct, frozen=True):
    overlap_seconds: Annotated[
        int, Meta(ge=0, le=_LONGEST_OVERLAP, description="How long the old secret signs as well.")
    ] = _DAY


class WebhooksOut(Struct, frozen=True):
    data: tuple[ListedWebhookOut, ...]
    next: None = None


class DeliveryOut(Struct, frozen=True):
    """One event for one endpoint; `next_attempt_at` is null if there will be none."""

    event_id: EventId
    event: str
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None
    created_at: datetime
    updated_at: datetime


class AttemptOut(Struct, frozen=True):
    """One attempt: `error` is null if the receiver took the event, `status` if it did not answer."""

    status: int | None
    error: str | None
    duration_ms: int | None
    attempted_at: datetime


class DeliveryDetailOut(Struct, frozen=True):
    """A delivery with what is sent, but for `sent_at`, and its last 50 attempts, newest first."""

    delivery: DeliveryOut
    payload: Raw | None
    attempts: tuple[AttemptOut, ...]


class DeliveriesOut(Struct, frozen=True):
    data: tuple[DeliveryOut, ...]
    next: str | None


class DeliveriesQuery(Struct, frozen=True):
    status: Literal["pending", "delivered", "failed"] | None = None
    next: str | None = None
    page_size: Annotated[int, Meta(ge=1, le=1000)] = 25


class ReplayQuery(Struct, frozen=True):
    status: Literal["failed", "delivered"] = "failed"
    since: datetime | None = None
    until: datetime | None = None


class ReplayOut(Struct, frozen=True):
    replayed: int


class TestQuery(Struct, frozen=True):
    event: Annotated[
        str, Meta(max_length=100, description=f"{TEST}, or one of {', '.join(EventType)}.")
    ] = TEST


class TestOut(Struct, frozen=True):
    """The receiver's response to a test event."""

    success: bool
    status: int | None
    error: str | None
    duration_ms: int


@api.add("POST", _PATH, scope=Scope.WEBHOOKS_WRITE, status=201, raises=(InvalidRequest,))
async def create_webhook(ctx: ApiContext, body: WebhookIn) -> NewWebhookOut:
    """Send events to a URL from now on. The response has the signing secret, only this once."""
    change = EndpointChange(body.url, tuple(body.events), body.description)
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        endpoint, secret = await webhooks.create(
            tx, ctx.hub.vault, change, private=ctx.hub.egress.private_networks
        )
    return NewWebhookOut(**_fields(endpoint), secret=secret.reveal())


@api.add("GET", _PATH, scope=Scope.WEBHOOKS_WRITE)
async def list_webhooks(ctx: ApiContext) -> WebhooksOut:
    """List webhook endpoints, newest first."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        endpoints = await Endpoints(tx).all()
        backlogs = await Backlogs(tx).all()
        outcomes = await Outcomes(tx).since(tx.now - _RECENT)
    # One may have been added in between.
    return WebhooksOut(
        tuple(
            _listed(each, backlogs[each.id], outcomes[each.id])
            for each in endpoints
            if each.id in backlogs and each.id in outcomes
        )
    )


@api.add("GET", _ONE, scope=Scope.WEBHOOKS_WRITE, raises=(EndpointNotFound,))
async def get_webhook(ctx: ApiContext, webhook_id: str) -> ListedWebhookOut:
    """Return a webhook endpoint, without its secret."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        endpoint = await Endpoints(tx).get(webhook_id)
        backlog = await Backlogs(tx).get(endpoint.id)
        outcome = await Outcomes(tx).get(endpoint.id, since=tx.now - _RECENT)
    return _listed(endpoint, backlog, outcome)


@api.add("PATCH", _ONE, scope=Scope.WEBHOOKS_WRITE, raises=(EndpointNotFound, InvalidRequest))
async def update_webhook(ctx: ApiContext, webhook_id: str, body: WebhookChangeIn) -> WebhookOut:
    """Change a webhook endpoint. While it is inactive it misses events for good."""
    events = None if body.events is None else tuple(body.events)
    change = EndpointChange(body.url, events, body.description, body.active)
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        endpoint = await webhooks.change(
            tx, webhook_id, change, private=ctx.hub.egress.private_networks
        )
    return WebhookOut(**_fields(endpoint))


@api.add("DELETE", _ONE, scope=Scope.WEBHOOKS_WRITE, raises=(EndpointNotFound,))
async def delete_webhook(ctx: ApiContext, webhook_id: str) -> WebhookOut:
    """Delete a webhook endpoint, its secret and its pending deliveries."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return WebhookOut(**_fields(await webhooks.remove(tx, webhook_id)))


@api.add("POST", f"{_ONE}/rotate", scope=Scope.WEBHOOKS_WRITE, raises=(EndpointNotFound,))
async def rotate_webhook_secret(
    ctx: ApiContext, webhook_id: str, query: RotateQuery
) -> NewWebhookOut:
    """Return a new signing secret, only this once. The old one signs as well during the overlap."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        endpoint, secret = await secrets.rotate(
            tx, ctx.hub.vault, webhook_id, overlap=timedelta(seconds=query.overlap_seconds)
        )
    return NewWebhookOut(**_fields(endpoint), secret=secret.reveal())


@api.add(
    "POST",
    f"{_ONE}/test",
    scope=Scope.WEBHOOKS_WRITE,
    raises=(EndpointNotFound, InvalidRequest, SigningSecretUnreadable),
)
async def test_webhook(ctx: ApiContext, webhook_id: str, query: TestQuery) -> TestOut:
    """Send a signed event now, `webhook.test` or an example, and return the receiver's response."""
    hub = ctx.hub
    async with hub.db.read(ctx.caller.project_id) as tx:
        endpoint = await Endpoints(tx).get(webhook_id)
        signing = await secrets.signing_secrets(tx, hub.vault, endpoint)
    result = await examples.send(hub, ctx.caller.project_id, endpoint, signing, event=query.event)
    return TestOut(result.is_accepted, result.status, result.error, result.duration_ms or 0)


@api.add(
    "GET",
    f"{_ONE}/deliveries",
    scope=Scope.WEBHOOKS_WRITE,
    raises=(EndpointNotFound, InvalidRequest),
)
async def list_deliveries(
    ctx: ApiContext, webhook_id: str, query: DeliveriesQuery
) -> DeliveriesOut:
    """List an endpoint's deliveries, newest first."""
    after = read_cursor(query.next, EventId)
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        endpoint = await Endpoints(tx).get(webhook_id)
        page = await Deliveries(tx).page(
            endpoint.id, status=query.status, after=after, size=query.page_size
        )
    return DeliveriesOut(tuple(_delivery(each) for each in page.items), page.next)


@api.add(
    "GET",
    f"{_ONE}/deliveries/{{event_id}}/attempts",
    scope=Scope.WEBHOOKS_WRITE,
    raises=(EndpointNotFound, DeliveryNotFound),
)
async def list_attempts(ctx: ApiContext, webhook_id: str, event_id: str) -> DeliveryDetailOut:
    """Return a delivery, what is sent, and what each attempt came to."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        endpoint = await Endpoints(tx).get(webhook_id)
        delivery = await Deliveries(tx).get(endpoint.id, event_id)
        payload = await Attempts(tx).payload(event_id)
        attempts = await Attempts(tx).of(endpoint.id, event_id)
    # Without the answers: a receiver inside the operator's network is not to be read from outside.
    return DeliveryDetailOut(
        _delivery(delivery),
        None if payload is None else Raw(payload.encode()),
        tuple(
            AttemptOut(each.status, each.error, each.duration_ms, each.attempted_at)
            for each in attempts
        ),
    )


@api.add(
    "POST",
    f"{_ONE}/deliveries/{{event_id}}/replay",
    scope=Scope.WEBHOOKS_WRITE,
    raises=(EndpointNotFound, DeliveryNotFound),
)
async def replay_delivery(ctx: ApiContext, webhook_id: str, event_id: str) -> DeliveryOut:
    """Deliver an event to an endpoint again, whatever the result before."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return _delivery(await replays.replay_one(tx, webhook_id, event_id))


@api.add(
    "POST",
    f"{_ONE}/deliveries/replay",
    scope=Scope.WEBHOOKS_WRITE,
    raises=(EndpointNotFound, InvalidRequest),
)
async def replay_deliveries(ctx: ApiContext, webhook_id: str, query: ReplayQuery) -> ReplayOut:
    """Deliver again what an endpoint did not take, or all that it took, of a stretch of time."""
    count, after = 0, ""
    while True:
        # Some at a time, so that no other write waits for all of them.
        async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
            endpoint = await Endpoints(tx).get(webhook_id)
            begun = await Deliveries(tx).begin_many_again(
                endpoint.id,
                status=query.status,
                since=aware(query.since),
                until=aware(query.until),
                after=after,
                most=_REPLAYED_AT_ONCE,
            )
            if begun:
                await record_replay(tx, endpoint.id, {"count": len(begun)})
        count += len(begun)
        if len(begun) < _REPLAYED_AT_ONCE:
            return ReplayOut(count)
        after = begun[-1]


def _fields(endpoint: Endpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in WebhookOut.__struct_fields__}


def _listed(endpoint: Endpoint, backlog: Backlog, outcome: Outcome) -> ListedWebhookOut:
    waiting = BacklogOut(backlog.pending, backlog.oldest_at, backlog.next_attempt_at)
    ended = OutcomeOut(outcome.delivered, outcome.failed, outcome.p95_ms)
    return ListedWebhookOut(**_fields(endpoint), backlog=waiting, last_day=ended)


def _delivery(delivery: Delivery) -> DeliveryOut:
    is_pending = delivery.status is DeliveryStatus.PENDING
    return DeliveryOut(
        delivery.event_id,
        delivery.event_type,
        delivery.status,
        delivery.attempts,
        delivery.due_at if is_pending else None,
        delivery.last_status,
        delivery.last_error,
        delivery.created_at,
        delivery.updated_at,
    )
