"""Telling one receiver of one event, and what follows from its answer."""

from datetime import datetime
from http import HTTPStatus
from typing import Final

import structlog

from jackfield.egress.client import OutboundRequest
from jackfield.engine.exchange.retry_after import retry_after
from jackfield.kit.errors import HubError, ProviderTimeout
from jackfield.kit.ids import EventId, ProjectId
from jackfield.kit.json import Json, encode
from jackfield.runtime import Hub
from jackfield.webhooks import retry_schedule, secrets, signature
from jackfield.webhooks import service as webhooks
from jackfield.webhooks.models import (
    ClaimedDelivery,
    DeliveryResult,
    DeliveryStatus,
    Endpoint,
    EndpointNotFound,
)
from jackfield.webhooks.repo import Deliveries, Endpoints
from jackfield.webhooks.signature import Secrets

SECONDS: Final = 15
_MOST_BYTES: Final = 64 * 1024
_ACCEPTED: Final = range(200, 300)
_GONE: Final = "the receiver answered 410 Gone"
_FORGOTTEN: Final = "the event is no longer kept"

_log = structlog.get_logger()


async def deliver(hub: Hub, claimed: ClaimedDelivery, *, seconds: float = SECONDS) -> None:
    """Make one attempt of at most `seconds`, and write down what came of it."""
    project_id = claimed.project_id
    async with hub.db.read(project_id) as tx:
        try:
            endpoint = await Endpoints(tx).get(claimed.endpoint_id)
        except EndpointNotFound:
            return
        signing = await secrets.signing_secrets(tx, hub.vault, endpoint)
        body = await Deliveries(tx).event(claimed.event_id)
    if body is None:
        told = DeliveryResult(None, _FORGOTTEN)
    else:
        told = await send(
            hub, endpoint, signing, event_id=claimed.event_id, body=body, seconds=seconds
        )
    await _settle(hub, project_id, claimed, told, is_kept=body is not None)


async def send(
    hub: Hub,
    endpoint: Endpoint,
    signing: Secrets,
    *,
    event_id: EventId,
    body: dict[str, Json],
    seconds: float = SECONDS,
) -> DeliveryResult:
    """Send an event to an endpoint once. Redirects are not followed: the receiver moved, say so."""
    now = hub.clock()
    content = encode({**body, "sent_at": now})
    outgoing = OutboundRequest(
        "POST",
        endpoint.url,
        headers={
            "content-type": "application/json",
            **signature.headers(signing, content, message_id=event_id, at=now),
        },
        body=content,
        seconds=seconds,
        max_bytes=_MOST_BYTES,
    )
    try:
        answer = await hub.egress.fetch(outgoing)
    except ProviderTimeout:
        return DeliveryResult(None, f"the receiver did not answer within {seconds:g} seconds")
    except HubError as error:
        return DeliveryResult(None, f"{error.code}: {error.detail}"[:500])
    if answer.status in _ACCEPTED:
        return DeliveryResult(answer.status, None)
    return DeliveryResult(
        answer.status,
        f"the receiver answered {answer.status}",
        retry_after=retry_after(answer.headers, hub.clock),
    )


async def _settle(
    hub: Hub,
    project_id: ProjectId,
    claimed: ClaimedDelivery,
    told: DeliveryResult,
    *,
    is_kept: bool,
) -> None:
    made = claimed.attempts + 1
    due_at: datetime | None = None
    status = DeliveryStatus.DELIVERED
    if not told.is_accepted:
        status = DeliveryStatus.FAILED
        if is_kept and told.status != HTTPStatus.GONE:
            due_at = retry_schedule.next_attempt(made, hub.clock(), retry_after=told.retry_after)
            status = DeliveryStatus.FAILED if due_at is None else DeliveryStatus.PENDING
    async with hub.db.write(project_id) as tx:
        await Deliveries(tx).settle(
            claimed,
            status,
            due_at=due_at or tx.now,
            last_status=told.status,
            last_error=told.error,
        )
        if told.status == HTTPStatus.GONE:
            await webhooks.switch_off(tx, claimed.endpoint_id, reason=_GONE)
    _log.info(
        "webhook_told",
        endpoint_id=claimed.endpoint_id,
        event_id=claimed.event_id,
        attempt=made,
        status=told.status,
        outcome=status,
    )
