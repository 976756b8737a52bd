"""Repository of attempts, written with their results."""

from collections.abc import Iterable
from typing import Final

from jackfield.db.columns import columns_of
from jackfield.db.tx import Tx
from jackfield.kit.json import convert
from jackfield.webhooks.attempts.models import Attempt, AttemptId
from jackfield.webhooks.models import ClaimedDelivery, DeliveryResult, EndpointId

_ATTEMPT: Final = columns_of(Attempt)
# A delivery that was replayed over and over has more; the last ones say what is wrong now.
MOST_LISTED: Final = 50


class Attempts:
    """The attempts to deliver events of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, results: Iterable[tuple[ClaimedDelivery, DeliveryResult]]) -> None:
        """Store attempts that ended, in one trip."""
        await self._tx.executemany(
            """
            insert into webhook_attempts
                   (project_id, event_id, endpoint_id, id, status, error, answer, duration_ms,
                    attempted_at)
            values (:project_id, :event_id, :endpoint_id, :id, :status, :error, :answer,
                    :duration_ms, :now)
            """,
            [
                {
                    "event_id": claimed.event_id,
                    "endpoint_id": claimed.endpoint_id,
                    "id": AttemptId.new(self._tx.now, place=self._tx.next_place()),
                    "status": result.status,
                    "error": result.error,
                    "answer": result.answer,
                    "duration_ms": result.duration_ms,
                }
                for claimed, result in results
            ],
        )

    async def payload(self, event_id: str) -> str | None:
        """Return what is sent of an event, without the time of sending; `None` if it is forgotten."""
        row = await self._tx.one(
            "select body from events where project_id = :project_id and id = :id", id=event_id
        )
        return row["body"] if row else None

    async def of(self, endpoint_id: EndpointId, event_id: str) -> list[Attempt]:
        """Return the last attempts to deliver an event to an endpoint, newest first."""
        rows = await self._tx.all(
            f"""
            select {_ATTEMPT}
              from webhook_attempts
             where project_id = :project_id and endpoint_id = :endpoint_id
               and event_id = :event_id
             order by id desc
             limit :most
            """,  # noqa: S608 - columns of ours
            endpoint_id=endpoint_id,
            event_id=event_id,
            most=MOST_LISTED,
        )
        return [convert(row, Attempt) for row in rows]
