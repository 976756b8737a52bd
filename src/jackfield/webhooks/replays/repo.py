"""Repository of replays, and of the deliveries that they make again."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final, LiteralString

from jackfield.db.columns import columns_of
from jackfield.db.lease import Leases
from jackfield.db.tx import Database, Tx
from jackfield.events.models import DELIVERIES
from jackfield.kit.json import convert
from jackfield.webhooks.models import EndpointId
from jackfield.webhooks.replays.models import (
    ClaimedReplay,
    Replay,
    ReplayNotFound,
    ReplayOutcome,
    ReplayStatus,
)

# Counting more takes longer than knowing it is worth.
MOST_COUNTED: Final = 100_000
_LEASES: Final = Leases("webhook_replays", "leased_until", key=("id",))
_REPLAY: Final = columns_of(Replay)


class Replays:
    """The replays of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, replay: Replay) -> bool:
        """Add a replay, unless another of its endpoint is running; return whether it was added."""
        row = await self._tx.one(
            """
            insert into webhook_replays
                   (id, project_id, endpoint_id, status, outcome, events, since, until, total,
                    begun, reached, last_event, ended_reason, created_at, updated_at)
            values (:id, :project_id, :endpoint_id, :status, :outcome, :events, :since, :until,
                    :total, :begun, :reached, :last_event, :ended_reason, :created_at, :updated_at)
                on conflict do nothing
            returning id
            """,
            **asdict(replay),
        )
        return row is not None

    async def get(self, endpoint_id: EndpointId, replay_id: str) -> Replay:
        """
        Return one replay of an endpoint; `replay_id` is unchecked input.

        Raises:
            ReplayNotFound: the endpoint has none with this id.
        """
        row = await self._tx.one(
            f"""
            select {_REPLAY}
              from webhook_replays
             where project_id = :project_id and endpoint_id = :endpoint_id and id = :id
            """,  # noqa: S608 - columns of ours
            endpoint_id=endpoint_id,
            id=replay_id,
        )
        if row is None:
            raise ReplayNotFound
        return convert(row, Replay)

    async def newest(self, endpoint_id: EndpointId, *, most: int) -> list[Replay]:
        """Return the last replays of an endpoint, newest first."""
        rows = await self._tx.all(
            f"""
            select {_REPLAY}
              from webhook_replays
             where project_id = :project_id and endpoint_id = :endpoint_id
             order by id desc
             limit :most
            """,  # noqa: S608 - columns of ours
            endpoint_id=endpoint_id,
            most=most,
        )
        return [convert(row, Replay) for row in rows]

    async def running(self, endpoint_id: EndpointId) -> Replay | None:
        """Return the replay of an endpoint that is running, if one is."""
        row = await self._tx.one(
            f"""
            select {_REPLAY}
              from webhook_replays
             where project_id = :project_id and endpoint_id = :endpoint_id and status = 'running'
            """,  # noqa: S608 - columns of ours
            endpoint_id=endpoint_id,
        )
        return None if row is None else convert(row, Replay)

    async def hold(self, claimed: ClaimedReplay, *, until: datetime) -> Replay | None:
        """
        Renew the lease of a replay, and lock it until the transaction ends.

        Returns:
            the replay as it is now; `None` if it ended, or if another process has its lease.
        """
        row = await self._tx.one(
            f"""
            update webhook_replays
               set leased_until = :until_then
             where project_id = :project_id and id = :id and leased_until = :held
               and status = 'running'
            returning {_REPLAY}
            """,  # noqa: S608 - columns of ours
            id=claimed.id,
            held=claimed.leased_until,
            until_then=until,
        )
        return None if row is None else convert(row, Replay)

    async def advance(self, replay: Replay) -> None:
        """Store how far a replay got that this transaction holds."""
        await self._tx.run(
            """
            update webhook_replays
               set status = :status, begun = :begun, reached = :reached,
                   ended_reason = :ended_reason, updated_at = :now
             where project_id = :project_id and id = :id
            """,
            id=replay.id,
            status=replay.status,
            begun=replay.begun,
            reached=replay.reached,
            ended_reason=replay.ended_reason,
        )

    async def end(self, replay_id: str, status: ReplayStatus, *, reason: str) -> None:
        """End a replay, if it is still running."""
        await self._tx.run(
            """
            update webhook_replays
               set status = :status, ended_reason = :reason, updated_at = :now
             where project_id = :project_id and id = :id and status = 'running'
            """,
            id=replay_id,
            status=status,
            reason=reason,
        )

    async def release(self, claimed: ClaimedReplay, *, held: datetime) -> None:
        """Release the lease of a replay."""
        await _LEASES.release(self._tx, held=held, id=claimed.id)


class PastDeliveries:
    """The ended deliveries to one endpoint of the transaction's project."""

    def __init__(self, tx: Tx, endpoint_id: EndpointId) -> None:
        self._tx = tx
        self._endpoint_id = endpoint_id

    async def last(self, *, before: str | None) -> str | None:
        """Return the id of the last event that there is a delivery of, before an id."""
        bound: LiteralString = " and event_id < :before" if before else ""
        row = await self._tx.one(
            f"""
            select max(event_id) as last
              from webhook_deliveries
             where project_id = :project_id and endpoint_id = :endpoint_id {bound}
            """,  # noqa: S608 - a literal
            endpoint_id=self._endpoint_id,
            **({"before": before} if before else {}),
        )
        return row["last"] if row else None

    async def count(self, replay: Replay) -> int:
        """Return how many deliveries a replay is of, up to a bound."""
        rows = await self._tx.all(
            f"""
            select count(*) as found
              from (select delivery.event_id
                      from webhook_deliveries delivery
                     where delivery.project_id = :project_id {_CHOSEN} {_of_types(replay)}
                     limit :most) as counted
            """,  # noqa: S608 - literals
            **self._choice(replay),
            most=MOST_COUNTED,
        )
        return rows[0]["found"]

    async def waiting(self, *, most: int) -> int:
        """Return how many deliveries are due and not made, up to `most`."""
        rows = await self._tx.all(
            """
            select count(*) as found
              from (select event_id
                      from webhook_deliveries
                     where project_id = :project_id and endpoint_id = :endpoint_id
                       and status = 'pending' and due_at <= :now
                     limit :most) as counted
            """,
            endpoint_id=self._endpoint_id,
            most=most,
        )
        return rows[0]["found"]

    async def begin_again(self, replay: Replay, *, most: int) -> Sequence[str]:
        """
        Deliver the next `most` events of a replay again; return their ids, in order.

        All of a replay are due at the time it was asked for, whichever process begins them and when:
        what is due at the same time is delivered in the order of its events.
        """
        rows = await self._tx.all(
            f"""
            update webhook_deliveries
               set status = 'pending', attempts = 0, due_at = :due_at, leased_until = null,
                   updated_at = :now
             where project_id = :project_id and endpoint_id = :endpoint_id and event_id in (
                   select delivery.event_id
                      from webhook_deliveries delivery
                     where delivery.project_id = :project_id {_CHOSEN} {_of_types(replay)}
                    order by delivery.event_id
                    limit :most)
               and status <> 'pending'
            returning event_id
            """,  # noqa: S608 - literals
            **self._choice(replay),
            due_at=replay.created_at,
            most=most,
        )
        if rows:
            self._tx.signal(DELIVERIES)
        return sorted(row["event_id"] for row in rows)

    def _choice(self, replay: Replay) -> dict[str, object]:
        outcomes = ("failed", "delivered") if replay.outcome == ReplayOutcome.ALL else ()
        types = {"types": replay.event_types} if replay.event_types else {}
        return {
            "endpoint_id": self._endpoint_id,
            "outcomes": outcomes or (replay.outcome.value,),
            "reached": replay.reached,
            "last_event": replay.last_event,
            **types,
        }


_CHOSEN: Final = """
   and delivery.endpoint_id = :endpoint_id and delivery.status in (:outcomes)
   and delivery.event_id > :reached and delivery.event_id <= :last_event
"""


def _of_types(replay: Replay) -> LiteralString:
    """Return the condition on the types of events, if there is one."""
    if not replay.event_types:
        return ""
    return """
   and exists (select 1
                 from events event
                where event.id = delivery.event_id and event.type in (:types))
"""


async def claim(db: Database, *, until: datetime, most: int) -> list[ClaimedReplay]:
    """Claim up to `most` running replays of any project that no other process has."""
    if not await db.unscoped(
        "select 1 as one from webhook_replays where status = 'running' limit 1"
    ):
        # Without a write, as nearly always.
        return []
    rows = await _LEASES.claim(
        db,
        f"""
        due as (
            select id
              from webhook_replays
             where status = 'running' and {_LEASES.free("webhook_replays")}
             order by id
             limit :most
               for update of webhook_replays skip locked)
        """,  # noqa: S608 - literals
        until=until,
        returning="id, project_id, leased_until",
        most=most,
    )
    return [convert(row, ClaimedReplay) for row in rows]
