"""Repository of events, written in the transaction that caused them so that none is lost."""

from collections.abc import Sequence
from typing import Final

import structlog

from jackfield.db.tx import Tx
from jackfield.events.models import DELIVERIES
from jackfield.events.payloads import EventPayload
from jackfield.kit.ids import EventId
from jackfield.kit.json import encode

_MOST_AT_ONCE: Final = 1000

_log = structlog.get_logger()


class Events:
    """The events of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, payloads: Sequence[EventPayload]) -> None:
        """Store events of one type, and the deliveries they cause, in the same transaction."""
        if not payloads:
            return
        # What happens to an account in one transaction is told in that order.
        place = self._tx.next_place()
        ids = [EventId.new(self._tx.now, place=place) for _ in payloads]
        await self._tx.executemany(
            """
            insert into events (id, project_id, type, subject, body, created_at)
            values (:id, :project_id, :type, :subject, :body, :now)
            """,
            [
                {
                    "id": event_id,
                    "type": payload.event,
                    "subject": payload.record_id,
                    "body": encode(payload).decode(),
                }
                for event_id, payload in zip(ids, payloads, strict=True)
            ],
        )
        for start in range(0, len(ids), _MOST_AT_ONCE):
            await self._add_deliveries(ids[start : start + _MOST_AT_ONCE])
        _log.info(
            "event_added",
            type=payloads[0].event,
            count=len(ids),
            subject=payloads[0].record_id if len(ids) == 1 else None,
            actor=str(self._tx.actor),
        )

    async def _add_deliveries(self, ids: Sequence[EventId]) -> None:
        added = await self._tx.all(
            """
            insert into webhook_deliveries
                   (endpoint_id, event_id, project_id, status, attempts, due_at, created_at,
                    updated_at)
            select distinct subscription.endpoint_id, event.id, event.project_id, 'pending', 0,
                   event.created_at, event.created_at, event.created_at
              from events event
              join webhook_subscriptions subscription
                on subscription.project_id = event.project_id
               and subscription.event_type in (event.type, '*')
              join webhook_endpoints endpoint
                on endpoint.id = subscription.endpoint_id and endpoint.active
             where event.project_id = :project_id and event.id in (:ids)
            returning event_id
            """,
            ids=ids,
        )
        if added:
            self._tx.signal(DELIVERIES)
