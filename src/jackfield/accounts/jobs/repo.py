"""Repository of jobs over accounts, and of what became of each account."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString

from jackfield.accounts.jobs.models import (
    AccountJob,
    AccountJobId,
    AccountJobNotFound,
    ClaimedJob,
    ItemOutcome,
    JobItem,
    JobStatus,
)
from jackfield.db.columns import columns_of
from jackfield.db.lease import Leases
from jackfield.db.tx import Database, Row, Tx
from jackfield.kit.json import convert, encode, parse

_LEASES: Final = Leases("account_jobs", "leased_until", key=("id",))
_JOB: Final = columns_of(AccountJob)
_ITEM: Final = columns_of(JobItem)


class AccountJobs:
    """The jobs over accounts of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, job: AccountJob) -> bool:
        """Add a job, unless another one is running; return whether it was added."""
        row = await self._tx.one(
            """
            insert into account_jobs
                   (id, project_id, verb, status, query, actor, total, created_at, updated_at)
            values (:id, :project_id, :verb, :status, :query, :actor, :total, :now, :now)
                on conflict do nothing
            returning id
            """,
            id=job.id,
            verb=job.verb,
            status=job.status,
            query=job.query,
            actor=encode(job.actor).decode(),
            total=job.total,
        )
        return row is not None

    async def add_items(self, job_id: AccountJobId, account_ids: Sequence[str]) -> None:
        """Add accounts that a job waits to do something with; those that are gone are left out."""
        await self._tx.run(
            """
            insert into account_job_items (job_id, account_id, project_id, outcome, name, provider)
            select cast(:job_id as text), id, project_id, 'waiting', origin_owner_name, provider
              from accounts
             where project_id = :project_id and id in (:ids)
            """,
            job_id=job_id,
            ids=account_ids,
        )

    async def get(self, job_id: str) -> AccountJob:
        """
        Return one job; `job_id` is unchecked input.

        Raises:
            AccountJobNotFound: the project has none with this id.
        """
        row = await self._tx.one(
            f"select {_JOB} from account_jobs where project_id = :project_id and id = :id",  # noqa: S608 - columns of ours
            id=job_id,
        )
        if row is None:
            raise AccountJobNotFound
        return _job(row)

    async def newest(self, *, most: int) -> list[AccountJob]:
        """Return the last jobs, newest first."""
        rows = await self._tx.all(
            f"""
            select {_JOB}
              from account_jobs
             where project_id = :project_id
             order by id desc
             limit :most
            """,  # noqa: S608 - columns of ours
            most=most,
        )
        return [_job(row) for row in rows]

    async def running(self) -> AccountJob | None:
        row = await self._tx.one(
            f"select {_JOB} from account_jobs where project_id = :project_id and status = 'running'"  # noqa: S608 - columns of ours
        )
        return None if row is None else _job(row)

    async def hold(self, claimed: ClaimedJob, *, until: datetime) -> AccountJob | None:
        """
        Renew the lease of a job.

        Returns:
            the job as it is now; `None` if it ended, or if another process has its lease.
        """
        row = await self._tx.one(
            f"""
            update account_jobs
               set leased_until = :until_then
             where project_id = :project_id and id = :id and leased_until = :held
               and status = 'running'
            returning {_JOB}
            """,  # noqa: S608 - columns of ours
            id=claimed.id,
            held=claimed.leased_until,
            until_then=until,
        )
        return None if row is None else _job(row)

    async def end(self, job_id: str, status: JobStatus, *, reason: str | None) -> None:
        """End a job, if it is still running."""
        await self._tx.run(
            """
            update account_jobs
               set status = :status, ended_reason = :reason, updated_at = :now
             where project_id = :project_id and id = :id and status = 'running'
            """,
            id=job_id,
            status=status,
            reason=reason,
        )

    async def waiting(self, job_id: AccountJobId, *, most: int) -> list[str]:
        """Return the next accounts of a job."""
        rows = await self._tx.all(
            """
            select account_id
              from account_job_items
             where project_id = :project_id and job_id = :job_id and outcome = 'waiting'
             order by account_id
             limit :most
            """,
            job_id=job_id,
            most=most,
        )
        return [row["account_id"] for row in rows]

    async def note(
        self,
        job_id: AccountJobId,
        account_id: str,
        outcome: ItemOutcome,
        *,
        code: str | None = None,
        message: str | None = None,
    ) -> bool:
        """Note what became of an account, and count it, once; return whether it was not yet."""
        row = await self._tx.one(
            """
            update account_job_items
               set outcome = :outcome, code = :code, message = :message, ended_at = :now
             where project_id = :project_id and job_id = :job_id and account_id = :account_id
               and outcome = 'waiting'
            returning account_id
            """,
            job_id=job_id,
            account_id=account_id,
            outcome=outcome,
            code=code,
            message=message,
        )
        if row is None:
            return False
        await self._tx.run(
            """
            update account_jobs
               set done = done + 1, failed = failed + :failed, updated_at = :now
             where project_id = :project_id and id = :id
            """,
            id=job_id,
            failed=1 if outcome is ItemOutcome.FAILED else 0,
        )
        return True

    async def items(
        self, job_id: AccountJobId, *, outcome: ItemOutcome | None, after: str, most: int
    ) -> list[JobItem]:
        """Return accounts of a job whose ids come after one, in their order."""
        only: LiteralString = "" if outcome is None else " and outcome = :outcome"
        rows = await self._tx.all(
            f"""
            select {_ITEM}
              from account_job_items
             where project_id = :project_id and job_id = :job_id and account_id > :after {only}
             order by account_id
             limit :most
            """,  # noqa: S608 - columns of ours, and a literal
            job_id=job_id,
            after=after,
            most=most,
            **({} if outcome is None else {"outcome": outcome}),
        )
        return [convert(row, JobItem) for row in rows]


def _job(row: Row) -> AccountJob:
    return convert({**row, "actor": parse(row["actor"])}, AccountJob)


async def claim(db: Database, *, until: datetime, most: int) -> list[ClaimedJob]:
    """Claim up to `most` running jobs of any project that no other process has."""
    if not await db.unscoped("select 1 as one from account_jobs where status = 'running' limit 1"):
        # Without a write, as nearly always.
        return []
    rows = await _LEASES.claim(
        db,
        f"""
        due as (
            select id
              from account_jobs
             where status = 'running' and {_LEASES.free("account_jobs")}
             order by id
             limit :most
               for update of account_jobs skip locked)
        """,  # noqa: S608 - literals
        until=until,
        returning="id, project_id, leased_until",
        most=most,
    )
    return [convert(row, ClaimedJob) for row in rows]
