"""Repository of what became of recent deliveries, and how fast receivers answered, by endpoint."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, LiteralString, cast

from jackfield.db.tx import Tx
from jackfield.kit.ids import EventId
from jackfield.kit.json import convert
from jackfield.webhooks.attempts.models import AttemptId
from jackfield.webhooks.models import EndpointId

# Of one endpoint the newest so many are counted: more of them say no more of its receiver.
MOST_COUNTED: Final = 10_000
# Of one endpoint the newest so many attempts say how fast it answers.
MOST_TIMED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many recent deliveries to an endpoint were taken, how many failed for good, and how fast."""

    endpoint_id: EndpointId
    delivered: int
    failed: int
    # The time that 95 of 100 of its recent answers took at most; `None` if it gave none.
    p95_ms: int | None = None

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
        found = await self._read(moment, None)
        return {each.endpoint_id: each for each in await self._timed(found, moment)}

    async def get(self, endpoint_id: EndpointId, *, since: datetime) -> Outcome:
        """Return what became of the events since a moment, of one endpoint, which exists."""
        return (await self._timed(await self._read(since, endpoint_id), since))[0]

    async def _timed(self, outcomes: Sequence[Outcome], moment: datetime) -> list[Outcome]:
        """Return outcomes with how fast the receivers answered."""
        times: dict[EndpointId, int] = {}
        ids = [each.endpoint_id for each in outcomes]
        for start in range(0, len(ids), len(_NAMES)):
            times |= await self._answer_times(moment, ids[start : start + len(_NAMES)])
        return [replace(each, p95_ms=times.get(each.endpoint_id)) for each in outcomes]

    async def _answer_times(
        self, moment: datetime, endpoint_ids: Sequence[EndpointId]
    ) -> dict[EndpointId, int]:
        # Each by itself, along the index: of one endpoint no more than so many are read.
        parts: list[LiteralString] = [
            f"""
            select project_id, endpoint_id, duration_ms
              from (select project_id, endpoint_id, status, duration_ms
                      from webhook_attempts
                     where project_id = :project_id and endpoint_id = :{name} and id >= :first
                     order by id desc
                     limit :most) as part
             where status is not null and duration_ms is not null
            """  # noqa: S608 - names of ours
            for name in _NAMES[: len(endpoint_ids)]
        ]
        rows = await self._tx.all(
            f"""
            select endpoint_id, min(duration_ms) as p95_ms
              from (select endpoint_id, duration_ms,
                           row_number() over (partition by endpoint_id order by duration_ms)
                           as place,
                           count(*) over (partition by endpoint_id) as total
                      from ({" union all ".join(parts)}) as answered
                     where project_id = :project_id) as placed
             where place * 100 >= total * 95
             group by endpoint_id
            """,  # noqa: S608 - names of ours
            first=AttemptId.floor(moment),
            most=MOST_TIMED,
            **dict(zip(_NAMES, endpoint_ids, strict=False)),
        )
        return {EndpointId(row["endpoint_id"]): row["p95_ms"] for row in rows}

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


_NAMES: Final = cast("tuple[LiteralString, ...]", tuple(f"endpoint_{each}" for each in range(100)))
