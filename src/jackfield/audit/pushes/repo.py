"""Repository of the checkpoints of pushes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from jackfield.audit.models import NO_HASH
from jackfield.audit.pushes.models import ClaimedPush, PushState
from jackfield.db.lease import Leases
from jackfield.db.tx import Database, Tx
from jackfield.kit.ids import ProjectId

_LEASES: Final = Leases("audit_pushes", "leased_until", ("project_id", "sink"))


class Pushes:
    """The pushes of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def advance(self, claimed: ClaimedPush, *, seq: int, hash_: str) -> bool:
        """Note what a sink has taken; return false if the lease was lost."""
        row = await self._tx.one(
            """
            update audit_pushes
               set seq = :seq, hash = :hash, failures = 0, error = null, due_at = :now,
                   leased_until = null, pushed_at = :now
             where project_id = :project_id and sink = :sink and leased_until = :held
            returning sink
            """,
            sink=claimed.sink,
            held=claimed.until,
            seq=seq,
            hash=hash_,
        )
        return row is not None

    async def fail(self, claimed: ClaimedPush, *, error: str, due_at: datetime) -> None:
        """Note that a push failed, and when it is tried again."""
        await self._tx.run(
            """
            update audit_pushes
               set failures = failures + 1, error = :error, due_at = :due_at, leased_until = null
             where project_id = :project_id and sink = :sink and leased_until = :held
            """,
            sink=claimed.sink,
            held=claimed.until,
            error=error,
            due_at=due_at,
        )


async def claim_pushes(
    db: Database, sink: str, *, until: datetime, most: int, is_hurried: bool = False
) -> list[ClaimedPush]:
    """Lease chains whose newest signed records a sink does not have; `is_hurried` waits for none."""
    await db.unscoped(
        """
        insert into audit_pushes (project_id, sink, seq, hash, failures, due_at)
        select project_id, :sink, 0, :hash, 0, :now
          from audit_chains
         where seq > 0
            on conflict (project_id, sink) do nothing
        """,
        sink=sink,
        hash=NO_HASH,
    )
    rows = await _LEASES.claim(
        db,
        f"""
        due as (
            select push.project_id, push.sink
              from audit_pushes push
              join audit_chains chain on chain.project_id = push.project_id
             where push.sink = :sink and push.seq < chain.signed_seq
               and (push.due_at <= :now or :is_hurried) and {_LEASES.free("push")}
             order by push.project_id
             limit :most
               for update of push skip locked
        )
        """,  # noqa: S608 - a literal
        until=until,
        returning="project_id, sink, seq, hash, failures",
        sink=sink,
        most=most,
        is_hurried=is_hurried,
    )
    return [
        ClaimedPush(
            ProjectId(row["project_id"]),
            row["sink"],
            row["seq"],
            row["hash"],
            row["failures"],
            until,
        )
        for row in rows
    ]


async def push_states(db: Database, sinks: Sequence[str]) -> list[PushState]:
    """Return how far the pushes to these sinks have come."""
    rows = await db.unscoped(
        """
        select push.project_id, push.sink, push.seq, push.hash, push.failures, push.error,
               push.pushed_at, chain.seq as last_seq
          from audit_pushes push
          join audit_chains chain on chain.project_id = push.project_id
         where push.sink in (:sinks)
         order by push.sink, push.project_id
        """,
        sinks=sinks,
    )
    return [
        PushState(
            ProjectId(row["project_id"]),
            row["sink"],
            row["seq"],
            row["hash"],
            row["last_seq"],
            row["failures"],
            row["error"],
            row["pushed_at"],
        )
        for row in rows
    ]
