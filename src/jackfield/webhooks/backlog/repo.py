"""Repository of what waits to be delivered, by endpoint: claims of it, and its amount."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from jackfield.db.lease import Leases
from jackfield.db.tx import Database, Tx
from jackfield.kit.json import convert
from jackfield.webhooks.models import ClaimedDelivery, EndpointId

# Counting more of one endpoint takes longer than knowing it is worth.
MOST_COUNTED: Final = 10_000
_LEASES: Final = Leases("webhook_deliveries", "leased_until", key=("endpoint_id", "event_id"))


@dataclass(frozen=True, slots=True)
class PendingEndpoint:
    """An endpoint with pending deliveries, and whether one of them is due."""

    endpoint_id: EndpointId
    is_due: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """
    The pending deliveries of one endpoint.

    `pending` is their number, `MOST_COUNTED` at most; `oldest_at` is when the first event among
    those counted happened, and `next_attempt_at` is the time of the next attempt.
    """

    endpoint_id: EndpointId
    pending: int
    oldest_at: datetime | None
    next_attempt_at: datetime | None

    @property
    def is_capped(self) -> bool:
        """Whether there may be more than were counted."""
        return self.pending >= MOST_COUNTED


class Backlogs:
    """The backlogs of the endpoints of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def all(self) -> dict[EndpointId, Backlog]:
        """Return the backlog of each endpoint."""
        return {each.endpoint_id: each for each in await self._read(None)}

    async def get(self, endpoint_id: EndpointId) -> Backlog:
        """Return the backlog of one endpoint, which exists."""
        return (await self._read(endpoint_id))[0]

    async def _read(self, endpoint_id: EndpointId | None) -> list[Backlog]:
        chosen: LiteralString = "" if endpoint_id is None else " and endpoint.id = :id"
        # What is counted is read from the index alone.
        rows = await self._tx.all(
            f"""
            select counted.endpoint_id, counted.pending, counted.next_attempt_at,
                   first.created_at as oldest_at
              from (select endpoint.id as endpoint_id,
                           (select count(*)
                              from (select 1 as one
                                      from webhook_deliveries delivery
                                     where delivery.endpoint_id = endpoint.id
                                       and delivery.status = 'pending'
                                     limit :most) as waiting) as pending,
                           (select min(event_id)
                              from (select delivery.event_id
                                      from webhook_deliveries delivery
                                     where delivery.endpoint_id = endpoint.id
                                       and delivery.status = 'pending'
                                     order by delivery.due_at, delivery.event_id
                                     limit :most) as waiting) as oldest,
                           (select min(delivery.due_at)
                              from webhook_deliveries delivery
                             where delivery.endpoint_id = endpoint.id
                               and delivery.status = 'pending') as next_attempt_at
                      from webhook_endpoints endpoint
                     where endpoint.project_id = :project_id {chosen}) as counted
              left join webhook_deliveries first
                on first.project_id = :project_id
               and first.endpoint_id = counted.endpoint_id and first.event_id = counted.oldest
            """,  # noqa: S608 - one of two literals
            most=MOST_COUNTED,
            **({} if endpoint_id is None else {"id": endpoint_id}),
        )
        return [convert(row, Backlog) for row in rows]


async def pending_endpoints(db: Database, *, after: str, most: int) -> list[PendingEndpoint]:
    """
    Return the next `most` endpoints of any project with pending deliveries, in the order of ids.

    It goes from one endpoint to the next in the index, so that its cost does not grow with what is
    pending.
    """
    rows = await db.unscoped(
        """
        select endpoint_id, is_due
          from (with recursive pending (endpoint_id, place) as (
                    select (select min(endpoint_id)
                              from webhook_deliveries
                             where status = 'pending' and endpoint_id > :after), 1
                    union all
                    select (select min(delivery.endpoint_id)
                              from webhook_deliveries delivery
                             where delivery.status = 'pending'
                               and delivery.endpoint_id > pending.endpoint_id), place + 1
                      from pending
                     where endpoint_id is not null and place < :most)
                select pending.endpoint_id,
                       exists (select 1
                                 from webhook_deliveries delivery
                                where delivery.endpoint_id = pending.endpoint_id
                                  and delivery.status = 'pending'
                                  and delivery.due_at <= :now) as is_due
                  from pending
                 where pending.endpoint_id is not null) as found
         order by endpoint_id
        """,
        after=after,
        most=most,
    )
    return [PendingEndpoint(EndpointId(row["endpoint_id"]), bool(row["is_due"])) for row in rows]


async def claim(
    db: Database, *, endpoints: Sequence[str], until: datetime, most: int, each: int, looked_at: int
) -> list[ClaimedDelivery]:
    """
    Claim up to `most` deliveries that are due, at most `each` of one endpoint; leases end at `until`.

    They are returned in the order they are due. Of one subject to one endpoint no delivery is
    claimed while an earlier one is leased, or about to be: another process may have begun to claim
    it before the later one was there. Those that another process claims at the same time are
    skipped. Of each endpoint only the oldest `looked_at` are considered, one after the other along
    an index, so that neither its own backlog nor that of another makes it slower.
    """
    rows = await _LEASES.claim(
        db,
        f"""
        recursive oldest (endpoint_id, event_id, due_at, leased_until, looked_at) as (
            select first.endpoint_id, first.event_id, first.due_at, first.leased_until, 1
              from webhook_endpoints endpoint
              join webhook_deliveries first
                on first.endpoint_id = endpoint.id
               and first.event_id = (select event_id
                                       from webhook_deliveries
                                      where endpoint_id = endpoint.id
                                        and status = 'pending' and due_at <= :now
                                      order by due_at, event_id
                                      limit 1)
             where endpoint.active and endpoint.id in (:endpoints)
            union all
            select next.endpoint_id, next.event_id, next.due_at, next.leased_until,
                   oldest.looked_at + 1
              from oldest
              join webhook_deliveries next
                on next.endpoint_id = oldest.endpoint_id
               and next.event_id = (select event_id
                                      from webhook_deliveries
                                     where endpoint_id = oldest.endpoint_id
                                       and status = 'pending' and due_at <= :now
                                       and (due_at, event_id) > (oldest.due_at, oldest.event_id)
                                     order by due_at, event_id
                                     limit 1)
             where oldest.looked_at < :looked_at),
        placed as (
            select oldest.endpoint_id, oldest.event_id, oldest.due_at,
                   coalesce(event.subject, oldest.event_id) as lane,
                   case when {_LEASES.free("oldest")} then 0 else 1 end as taken
              from oldest
              left join events event on event.id = oldest.event_id),
        in_lanes as (
            select endpoint_id, event_id, due_at, lane,
                   max(taken) over (partition by endpoint_id, lane) as lane_taken,
                   row_number() over (partition by endpoint_id, lane order by due_at, event_id)
                   as lane_place
              from placed),
        ranked as (
            select endpoint_id, event_id, lane, lane_place,
                   row_number() over (partition by endpoint_id order by due_at, event_id) as place
              from in_lanes
             where lane_taken = 0),
        locked as materialized (
            select delivery.endpoint_id, delivery.event_id, ranked.lane, ranked.lane_place
              from webhook_deliveries delivery
              join ranked on ranked.endpoint_id = delivery.endpoint_id
                         and ranked.event_id = delivery.event_id
             where ranked.place <= :each
               and delivery.status = 'pending'
               and {_LEASES.free("delivery")}
             order by ranked.place, delivery.due_at, delivery.event_id
             limit :most
               for update of delivery skip locked),
        found as (
            select endpoint_id, event_id, lane_place,
                   row_number() over (partition by endpoint_id, lane order by lane_place) as place
              from locked),
        due as (
            select endpoint_id, event_id
              from found
             where place = lane_place)
        """,  # noqa: S608 - literals
        until=until,
        returning="""
            project_id, endpoint_id, event_id, attempts, leased_until, due_at,
            (select subject from events where id = webhook_deliveries.event_id) as subject,
            (select body from events where id = webhook_deliveries.event_id) as body
            """,
        endpoints=list(endpoints),
        most=most,
        each=each,
        looked_at=looked_at,
    )
    # The rows of `returning` have no order.
    rows.sort(key=lambda row: (str(row["due_at"]), row["event_id"]))
    return [convert(row, ClaimedDelivery) for row in rows]
