"""Repository of what became of recent deliveries, by endpoint."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from jackfield.db.tx import Tx
from jackfield.kit.ids import EventId
from jackfield.kit.json import convert
from jackfield.webhooks.models import EndpointId

# Of one endpoint the newest so many are counted: more of them say no more of its receiver.
MOST_COUNTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many recent deliveries to one endpoint its receiver took, and how many failed for good."""

    endpoint_id: EndpointId
    delivered: int
    failed: int

    @property
    def success_rate(self) -> float | None:
        """The share that was taken, from 0 to 1; `None` if nothing ended."""
        ended = self.delivered + self.failed
        return self.delivered / ended if ended else None


class Outcomes:
    """The outcomes of deliveries to the endpoints of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def since(self, moment: datetime) -> dict[EndpointId, Outcome]:
        """Return what became of the events since a moment, of each endpoint."""
        return {each.endpoint_id: each for each in await self._read(moment, None)}

    async def get(self, endpoint_id: EndpointId, *, since: datetime) -> Outcome:
        """Return what became of the events since a moment, of one endpoint, which exists."""
        return (await self._read(since, endpoint_id))[0]

    async def _read(self, moment: datetime, endpoint_id: EndpointId | None) -> list[Outcome]:
        chosen: LiteralString = "" if endpoint_id is None else " and endpoint.id = :id"
        rows = await self._tx.all(
            f"""
            select endpoint.id as endpoint_id,
                   (select count(*)
                      from (select delivery.status
                              from webhook_deliveries delivery
                             where delivery.endpoint_id = endpoint.id
                               and delivery.event_id >= :first
                             order by delivery.event_id desc
                             limit :most) as recent
                     where recent.status = 'delivered') as delivered,
                   (select count(*)
                      from (select delivery.status
                              from webhook_deliveries delivery
                             where delivery.endpoint_id = endpoint.id
                               and delivery.event_id >= :first
                             order by delivery.event_id desc
                             limit :most) as recent
                     where recent.status = 'failed') as failed
              from webhook_endpoints endpoint
             where endpoint.project_id = :project_id {chosen}
            """,  # noqa: S608 - one of two literals
            first=EventId.floor(moment),
            most=MOST_COUNTED,
            **({} if endpoint_id is None else {"id": endpoint_id}),
        )
        return [convert(row, Outcome) for row in rows]
