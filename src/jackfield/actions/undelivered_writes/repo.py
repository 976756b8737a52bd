"""Writes whose outcome has not reached their clients, as processes tell each other of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jackfield.db.tx import Database, Tx
from jackfield.kit.ids import ProjectId


class WriteState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NotedWrite:
    state: WriteState
    noted_at: datetime


class UndeliveredWrites:
    """The writes of the transaction's project that one process tells of."""

    def __init__(self, tx: Tx, process: str) -> None:
        self._tx = tx
        self._process = process

    async def note(self, mark: bytes, state: WriteState, *, expires_at: datetime) -> None:
        await self._tx.run(
            """
            insert into undelivered_writes (project_id, mark, process, state, noted_at, expires_at)
            values (:project_id, :mark, :process, :state, :now, :expires_at)
            on conflict (project_id, mark, process)
            do update set state = excluded.state, noted_at = excluded.noted_at,
                          expires_at = excluded.expires_at
            """,
            mark=mark,
            process=self._process,
            state=state,
            expires_at=expires_at,
        )

    async def forget(self, marks: tuple[bytes, bytes]) -> None:
        await self._tx.run(
            """
            delete from undelivered_writes
             where project_id = :project_id and mark in (:mark, :other) and process = :process
            """,
            mark=marks[0],
            other=marks[1],
            process=self._process,
        )


async def find_noted(
    db: Database, project_id: ProjectId, marks: tuple[bytes, bytes], *, process: str
) -> NotedWrite | None:
    """Return what other processes than `process` tell of a write, without a transaction's trips."""
    rows = await db.unscoped(
        """
        select state, noted_at
          from undelivered_writes
         where project_id = :project_id and mark in (:mark, :other)
           and process <> :process and expires_at > :now
         order by noted_at desc
         limit 1
        """,
        project_id=project_id,
        mark=marks[0],
        other=marks[1],
        process=process,
    )
    return NotedWrite(WriteState(rows[0]["state"]), rows[0]["noted_at"]) if rows else None
