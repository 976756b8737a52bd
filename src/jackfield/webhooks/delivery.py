"""One delivery attempt of an event, and its consequences."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Final, TypeAlias, TypeVar, cast

import structlog

from jackfield.db.tx import Tx
from jackfield.egress.client import OutboundRequest
from jackfield.egress.errors import HostNotFound
from jackfield.engine.wire.retry_after import retry_after
from jackfield.kit.actor import Actor
from jackfield.kit.errors import EgressBlocked, HubError, ProviderError, ProviderTimeout
from jackfield.kit.ids import EventId, ProjectId
from jackfield.kit.json import Json, encode, parse
from jackfield.kit.redaction import Redactor
from jackfield.runtime import Hub
from jackfield.webhooks import retry_schedule, secrets, signature
from jackfield.webhooks import service as webhooks
from jackfield.webhooks.attempts.repo import Attempts
from jackfield.webhooks.models import (
    ClaimedDelivery,
    DeliveryResult,
    DeliveryStatus,
    Endpoint,
    EndpointNotFound,
    SigningSecretUnreadable,
)
from jackfield.webhooks.repo import Deliveries, Endpoints
from jackfield.webhooks.signature import Secrets

ACTOR: Final = Actor.worker("deliveries")
SECONDS: Final = 15
# On SQLite they share a commit; on PostgreSQL each has a connection.
_PROJECTS_AT_ONCE: Final = 4
_MOST_BYTES: Final = 64 * 1024
# Characters of a refusal that are kept.
_MOST_KEPT: Final = 1000
_ACCEPTED: Final = range(200, 300)
_GONE: Final = "the receiver answered 410 Gone"
_UNREACHABLE: Final = (
    f"{EgressBlocked.code}: the receiver's host cannot be found, or its address is one that this "
    "hub may not send requests to (JACKFIELD_ALLOW_PRIVATE_NETWORKS)"
)
_FORGOTTEN: Final = "the event is no longer kept"

T = TypeVar("T")

Result: TypeAlias = tuple[ClaimedDelivery, DeliveryResult]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Receiver:
    """An endpoint with its signing secrets; `None` if they cannot be read any more."""

    endpoint: Endpoint
    signing: Secrets | None


async def find_receiver(hub: Hub, claimed: ClaimedDelivery) -> Receiver | None:
    """Return the receiver of a delivery; `None` if the endpoint is deleted or switched off."""
    async with hub.db.read(claimed.project_id) as tx:
        try:
            endpoint = await Endpoints(tx).get(claimed.endpoint_id)
        except EndpointNotFound:
            return None
        if not endpoint.active:
            return None
        try:
            signing = await secrets.signing_secrets(tx, hub.vault, endpoint)
        except SigningSecretUnreadable:
            signing = None
        return Receiver(endpoint, signing)


async def attempt(
    hub: Hub, claimed: ClaimedDelivery, receiver: Receiver, *, seconds: float
) -> DeliveryResult:
    """Make one attempt of at most `seconds`."""
    if claimed.body is None:
        return DeliveryResult(None, _FORGOTTEN)
    if receiver.signing is None:
        return DeliveryResult(None, SigningSecretUnreadable().detail)
    body: dict[str, Json] = parse(claimed.body)
    return await send(
        hub,
        receiver.endpoint,
        receiver.signing,
        event_id=claimed.event_id,
        body=body,
        seconds=seconds,
    )


async def release(hub: Hub, claimed: Iterable[ClaimedDelivery]) -> None:
    """Release the leases of deliveries that were not begun."""
    for project_id, some in _by_project((each.project_id, each) for each in claimed).items():
        async with hub.db.write(project_id, ACTOR) as tx:
            for each in some:
                await Deliveries(tx).release(each)


async def settle(hub: Hub, results: Iterable[Result]) -> None:
    """Store the results of attempts: those of a project in one transaction, several at a time."""
    some_at_a_time = asyncio.Semaphore(_PROJECTS_AT_ONCE)

    async def settle_one(project_id: ProjectId, some: list[Result]) -> None:
        async with some_at_a_time:
            await _settle_project(hub, project_id, some)

    groups = _by_project((each[0].project_id, each) for each in results)
    ended = await asyncio.gather(
        *(settle_one(project_id, some) for project_id, some in groups.items()),
        return_exceptions=True,
    )
    for each in ended:
        if isinstance(each, BaseException):
            raise each


async def _settle_project(hub: Hub, project_id: ProjectId, some: list[Result]) -> None:
    accepted = [each for each in some if each[1].is_accepted]
    refused = [each for each in some if not each[1].is_accepted]
    async with hub.db.write(project_id, ACTOR) as tx:
        await Attempts(tx).add(some)
        await _settle_accepted(tx, accepted)
        statuses = [await _settle_refused(hub, tx, *each) for each in refused]
    # After the commit: what the log says of a delivery is on disk.
    for claimed, result in accepted:
        _log_result(hub, claimed, result, DeliveryStatus.DELIVERED)
    for (claimed, result), status in zip(refused, statuses, strict=True):
        _log_result(hub, claimed, result, status)


async def send(
    hub: Hub,
    endpoint: Endpoint,
    signing: Secrets,
    *,
    event_id: EventId,
    body: dict[str, Json],
    seconds: float = SECONDS,
) -> DeliveryResult:
    """Send an event to an endpoint once. A redirect is an error: it is not followed."""
    started = time.perf_counter()
    result = await _send(hub, endpoint, signing, event_id=event_id, body=body, seconds=seconds)
    return replace(result, duration_ms=round((time.perf_counter() - started) * 1000))


async def _send(
    hub: Hub,
    endpoint: Endpoint,
    signing: Secrets,
    *,
    event_id: EventId,
    body: dict[str, Json],
    seconds: float,
) -> DeliveryResult:
    now = hub.clock()
    content = encode({**body, "sent_at": now})
    request = OutboundRequest(
        "POST",
        endpoint.url,
        headers={
            "content-type": "application/json",
            **signature.headers(signing, content, message_id=event_id, at=now),
        },
        body=content,
        seconds=seconds,
        max_bytes=_MOST_BYTES,
        is_to_provider=False,
    )
    try:
        response = await hub.egress.fetch(request)
    except ProviderTimeout:
        return DeliveryResult(None, f"the receiver did not answer within {seconds:g} seconds")
    except (EgressBlocked, HostNotFound):
        # In the same words: a caller that sets up endpoints does not learn which names this network has.
        return DeliveryResult(None, _UNREACHABLE)
    except ProviderError as error:
        # Without its code, which speaks of a provider.
        return DeliveryResult(None, error.detail[:500])
    except HubError as error:
        return DeliveryResult(None, f"{error.code}: {error.detail}"[:500])
    if response.status in _ACCEPTED:
        return DeliveryResult(response.status, None)
    return DeliveryResult(
        response.status,
        f"the receiver answered {response.status}",
        retry_after=retry_after(response.headers, hub.clock),
        answer=_excerpt(response.body, signing),
    )


def _excerpt(content: bytes, signing: Secrets) -> str | None:
    """Return the beginning of an answer, without the secrets of its endpoint."""
    known = [each.reveal() for each in (signing.current, signing.previous) if each is not None]
    text = Redactor(known).body(content, _MOST_KEPT) if content else ""
    # PostgreSQL stores no U+0000.
    return text.replace("\0", "\ufffd") or None


def _by_project(items: Iterable[tuple[ProjectId, T]]) -> Mapping[ProjectId, list[T]]:
    groups: defaultdict[ProjectId, list[T]] = defaultdict(list)
    for project_id, item in items:
        groups[project_id].append(item)
    return groups


async def _settle_accepted(tx: Tx, results: Iterable[Result]) -> None:
    groups: defaultdict[tuple[object, ...], list[ClaimedDelivery]] = defaultdict(list)
    for claimed, result in results:
        groups[claimed.leased_until, result.status].append(claimed)
    for (_, status), some in groups.items():
        await Deliveries(tx).accept(some, last_status=cast("int | None", status))


async def _settle_refused(
    hub: Hub, tx: Tx, claimed: ClaimedDelivery, result: DeliveryResult
) -> DeliveryStatus:
    """Record a failed attempt, and return the status that the delivery has now."""
    is_gone = result.status == HTTPStatus.GONE
    due_at: datetime | None = None
    if claimed.body is not None and not is_gone:
        due_at = retry_schedule.next_attempt(
            claimed.attempts + 1, hub.clock(), retry_after=result.retry_after
        )
    status = DeliveryStatus.FAILED if due_at is None else DeliveryStatus.PENDING
    await Deliveries(tx).settle(
        claimed,
        status,
        due_at=due_at or tx.now,
        last_status=result.status,
        last_error=result.error,
    )
    if is_gone:
        await webhooks.switch_off(tx, claimed.endpoint_id, reason=_GONE)
    return status


def _log_result(
    hub: Hub, claimed: ClaimedDelivery, result: DeliveryResult, outcome: DeliveryStatus
) -> None:
    if hub.counters is not None:
        hub.counters.deliveries.add(outcome)
    _log.info(
        "webhook_told",
        endpoint_id=claimed.endpoint_id,
        event_id=claimed.event_id,
        attempt=claimed.attempts + 1,
        status=result.status,
        outcome=outcome,
    )
