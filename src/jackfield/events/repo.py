"""Where events are kept: written in the transaction that caused them, so that none is lost."""

from collections.abc import Sequence

from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.kit.ids import EventId
from jackfield.kit.json import Json, encode


class Events:
    """The events of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, type_: EventType, happened: Sequence[tuple[str, Json]]) -> None:
        """Record that `type_` happened: to what (an id), and what a receiver is told."""
        await self._tx.many(
            """
            insert into events (id, project_id, type, subject, body, created_at)
            values (:id, :project_id, :type, :subject, :body, :now)
            """,
            [
                {
                    "id": EventId.new(self._tx.now),
                    "type": type_,
                    "subject": subject,
                    "body": encode(body).decode(),
                }
                for subject, body in happened
            ],
        )
