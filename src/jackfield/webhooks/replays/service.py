"""Replays of deliveries: begun by a client, worked off by whichever process has the lease."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from jackfield.audit.models import AuditKind
from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Fault, HubError, InvalidRequest
from jackfield.kit.ids import EventId
from jackfield.kit.json import Json
from jackfield.runtime import Hub
from jackfield.webhooks.audit import record_replay
from jackfield.webhooks.models import Delivery, EndpointId
from jackfield.webhooks.replays.models import (
    ClaimedReplay,
    EndpointInactive,
    Replay,
    ReplayFilter,
    ReplayId,
    ReplayRunning,
    ReplayStatus,
)
from jackfield.webhooks.replays.repo import PastDeliveries, Replays, claim
from jackfield.webhooks.repo import Deliveries, Endpoints

ACTOR: Final = Actor.worker("webhook_replays")
# Begun in one transaction, and waiting at most: what is begun is no longer stopped.
AT_ONCE: Final = 1000
_LEASE: Final = timedelta(seconds=30)
_CLAIMED: Final = 20
_STOPPED: Final = "it was stopped"
_SWITCHED_OFF: Final = "the endpoint is disabled"

_log = structlog.get_logger()


async def start(tx: Tx, endpoint_id: str, chosen: ReplayFilter) -> Replay:
    """
    Begin a replay of an endpoint's deliveries; what happens from now on is not part of it.

    Raises:
        EndpointNotFound: the project has none with this id.
        EndpointInactive: it receives nothing.
        ReplayRunning: another one is not done.
        InvalidRequest: an event is unknown, or no time lies between `since` and `until`.
    """
    endpoint = await Endpoints(tx).get(endpoint_id)
    _require(chosen)
    if not endpoint.active:
        raise EndpointInactive
    past = PastDeliveries(tx, endpoint.id)
    last = await past.last(before=_first_id(chosen.until))
    found = Replay(
        id=ReplayId.new(tx.now),
        endpoint_id=endpoint.id,
        status=ReplayStatus.RUNNING,
        outcome=chosen.outcome,
        events=",".join(sorted(set(chosen.events))),
        since=chosen.since,
        until=chosen.until,
        total=0,
        begun=0,
        reached=_first_id(chosen.since) or "",
        last_event=last or "",
        ended_reason=None,
        created_at=tx.now,
        updated_at=tx.now,
    )
    total = await past.count(found)
    status = found.status if total else ReplayStatus.DONE
    replay = replace(found, total=total, status=status)
    if await Replays(tx).running(endpoint.id) is not None:
        raise ReplayRunning
    if not await Replays(tx).add(replay):
        raise ReplayRunning
    chosen_by: dict[str, Json] = {
        "outcome": chosen.outcome,
        "events": sorted(set(chosen.events)),
        "since": chosen.since and chosen.since.isoformat(),
        "until": chosen.until and chosen.until.isoformat(),
    }
    await record_replay(tx, endpoint.id, {"replay_id": replay.id, "count": total, **chosen_by})
    return replay


async def replay_one(tx: Tx, endpoint_id: str, event_id: str) -> Delivery:
    """
    Deliver an event to an endpoint again, whatever the result before.

    Raises:
        EndpointNotFound: the project has none with this id.
        DeliveryNotFound: the endpoint has none of this event.
    """
    endpoint, deliveries = await Endpoints(tx).get(endpoint_id), Deliveries(tx)
    await deliveries.get(endpoint.id, event_id)
    await deliveries.begin_again(endpoint.id, event_id)
    await record_replay(tx, endpoint.id, {"event_id": event_id, "count": 1})
    return await deliveries.get(endpoint.id, event_id)


async def stop(tx: Tx, endpoint_id: str, replay_id: str) -> Replay:
    """
    Stop a replay: what it has begun is still delivered, and nothing else.

    Raises:
        EndpointNotFound: the project has none with this id.
        ReplayNotFound: the endpoint has none with this id.
    """
    endpoint = await Endpoints(tx).get(endpoint_id)
    found = await Replays(tx).get(endpoint.id, replay_id)
    await Replays(tx).end(replay_id, ReplayStatus.STOPPED, reason=_STOPPED)
    if found.status is ReplayStatus.RUNNING:
        kind = AuditKind.WEBHOOK_REPLAY_STOPPED
        await record_replay(tx, endpoint.id, {"replay_id": replay_id}, kind=kind)
    return await Replays(tx).get(endpoint.id, replay_id)


async def work_off(hub: Hub, *, at_once: int = AT_ONCE) -> None:
    """Take every replay that no other process has as far as its endpoint has room."""

    async def advance(claimed: ClaimedReplay) -> None:
        try:
            await _advance(hub, claimed, at_once)
        except HubError as error:
            # Its lease ends, and it goes on.
            _log.error("replay_not_advanced", replay_id=claimed.id, code=error.code)

    claimed = await claim(hub.db, until=hub.clock() + _LEASE, most=_CLAIMED)
    await asyncio.gather(*map(advance, claimed))


async def _advance(hub: Hub, claimed: ClaimedReplay, at_once: int) -> None:
    held: ClaimedReplay | None = claimed
    while held is not None:
        held = await _step(hub, held, at_once)


async def _step(hub: Hub, claimed: ClaimedReplay, at_once: int) -> ClaimedReplay | None:
    """
    Begin the next deliveries of a replay, and store how far it got, in one transaction.

    Returns:
        the renewed lease; `None` if there is nothing more to do now.
    """
    until = hub.clock() + _LEASE
    async with hub.db.write(claimed.project_id, ACTOR) as tx:
        replay = await Replays(tx).hold(claimed, until=until)
        if replay is None:
            return None
        if not await _is_active(tx, replay.endpoint_id):
            await Replays(tx).end(replay.id, ReplayStatus.STOPPED, reason=_SWITCHED_OFF)
            return None
        past = PastDeliveries(tx, replay.endpoint_id)
        room = at_once - await past.waiting(most=at_once)
        if room <= 0:
            await Replays(tx).release(claimed, held=until)
            return None
        begun = await past.begin_again(replay, most=room)
        is_done = not begun or begun[-1] == replay.last_event
        await Replays(tx).advance(
            replace(
                replay,
                status=ReplayStatus.DONE if is_done else replay.status,
                begun=replay.begun + len(begun),
                reached=begun[-1] if begun else replay.reached,
            )
        )
    return None if is_done else replace(claimed, leased_until=until)


async def _is_active(tx: Tx, endpoint_id: EndpointId) -> bool:
    return (await Endpoints(tx).get(endpoint_id)).active


def _first_id(moment: datetime | None) -> str | None:
    """Return the id that no event from a moment on is before."""
    return None if moment is None else EventId.floor(moment)


def _require(chosen: ReplayFilter) -> None:
    known = ", ".join(EventType)
    faults = [
        Fault("events", f"unknown event {each[:80]!r}: expected some of {known}")
        for each in chosen.events
        if each not in list(EventType)
    ]
    if chosen.since and chosen.until and chosen.since >= chosen.until:
        faults.append(Fault("until", "must be later than `since`"))
    if faults:
        raise InvalidRequest.of(faults)
