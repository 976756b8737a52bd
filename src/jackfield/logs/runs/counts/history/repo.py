"""Repository of the counts of runs that are older than the counts: how far back the log was read."""

from dataclasses import dataclass
from datetime import datetime

from jackfield.db.tx import Database, Tx
from jackfield.kit.ids import ProjectId, RunId
from jackfield.kit.json import convert
from jackfield.logs.runs.counts.models import HOUR, hour_of
from jackfield.logs.runs.counts.repo import Kind, recount


@dataclass(frozen=True, slots=True)
class Fill:
    """
    The state of a project: hours from `filled_from` until `begun_in` were counted from the log.

    In the hour `begun_in` some runs may be older than the counts.
    """

    project_id: ProjectId
    begun_in: datetime
    filled_from: datetime


async def claim_fill(db: Database, *, until: datetime, hour: datetime) -> Fill | None:
    """Lease a project whose log is not counted yet; one that is new to this begins in `hour`."""
    rows = await db.unscoped(
        """
        insert into run_count_fills (project_id, begun_in, filled_from, leased_until)
        select project.id, :hour, :hour, :until
          from projects project
          left join run_count_fills fill on fill.project_id = project.id
         where fill.project_id is null or (fill.ended_at is null and fill.leased_until <= :now)
         order by project.id
         limit 1
            on conflict (project_id) do update
           set leased_until = excluded.leased_until
         where run_count_fills.ended_at is null and run_count_fills.leased_until <= :now
        returning project_id, begun_in, filled_from
        """,
        until=until,
        hour=hour,
    )
    return convert(rows[0], Fill) if rows else None


class History:
    """The log of the transaction's project, as it is counted afterwards."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    @property
    def now(self) -> datetime:
        return self._tx.now

    async def hour_before(self, moment: datetime) -> datetime | None:
        """Return the last hour before a moment in which runs began; nothing if there is none."""
        rows = await self._tx.all(
            """
            select id
              from runs
             where project_id = :project_id and id < :before
             order by id desc
             limit 1
            """,
            before=RunId.floor(moment),
        )
        return hour_of(RunId(rows[0]["id"]).moment) if rows else None

    async def count(self, hour: datetime) -> None:
        """Count the runs of an hour anew, as the log has them."""
        rows = await self._tx.all(
            """
            select provider, source, user_agent, success, status_code, error_code,
                   count(*) as total
              from runs
             where project_id = :project_id and id >= :first and id < :end
             group by provider, source, user_agent, success, status_code, error_code
            """,
            first=RunId.floor(hour),
            end=RunId.floor(hour + HOUR),
        )
        await recount(
            self._tx, [(Kind.of({**row, "started_at": hour}), row["total"]) for row in rows]
        )

    async def reach(self, hour: datetime) -> None:
        """Note that the log is counted from an hour on."""
        await self._tx.run(
            "update run_count_fills set filled_from = :hour where project_id = :project_id",
            hour=hour,
        )

    async def wait(self, until: datetime) -> None:
        """Have the rest done later."""
        await self._tx.run(
            "update run_count_fills set leased_until = :until where project_id = :project_id",
            until=until,
        )

    async def end(self) -> None:
        await self._tx.run(
            "update run_count_fills set ended_at = :now where project_id = :project_id"
        )
