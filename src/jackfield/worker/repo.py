"""What the worker removes, project by project."""

from jackfield.db.tx import Tx
from jackfield.kit.ids import EventId, RequestId, RunId


class Kept:
    """What is kept of the past of the transaction's project. Ids are in the order of time."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def drop_runs(self, before: RunId) -> None:
        await self._tx.run(
            "delete from run_bodies where project_id = :project_id and run_id < :before",
            before=before,
        )
        await self._tx.run(
            "delete from runs where project_id = :project_id and id < :before", before=before
        )

    async def drop_requests(self, before: RequestId) -> None:
        await self._tx.run(
            "delete from api_requests where project_id = :project_id and id < :before",
            before=before,
        )

    async def drop_events(self, before: EventId) -> None:
        """Forget events, but for those that somebody is still to be told of."""
        await self._tx.run(
            """
            delete from webhook_deliveries
             where project_id = :project_id and event_id < :before and status <> 'pending'
            """,
            before=before,
        )
        await self._tx.run(
            """
            delete from events
             where project_id = :project_id and id < :before
               and not exists (select 1 from webhook_deliveries delivery
                                where delivery.event_id = events.id)
            """,
            before=before,
        )
