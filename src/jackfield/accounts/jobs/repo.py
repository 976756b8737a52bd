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
    ItemResult,
    JobItem,
    JobStatus,
    JobVerb,
    WaitingItem,
)
from jackfield.db.columns import columns_of
from jackfield.db.lease import Leases
from jackfield.db.tx import Database, Row, Tx
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import convert, encode, parse

_LEASES: Final = Leases("account_jobs", "leased_until", key=("id",))
# Revocations are claimed by a job of their own: they wait for nothing.
_OTHERS: Final[LiteralString] = "verb <> 'revoke'"
REVOCATIONS: Final[LiteralString] = "verb = 'revoke'"
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
                   (id, project_id, verb, status, query, actor, total, created_at, updated_at,
                    batch_id)
            values (:id, :project_id, :verb, :status, :query, :actor, :total, :now, :now,
                    :batch_id)
                on conflict do nothing
            returning id
            """,
            id=job.id,
            verb=job.verb,
            status=job.status,
            query=job.query,
            actor=encode(job.actor).decode(),
            total=job.total,
            batch_id=job.batch_id,
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

    async def newest(self, *, most: int, verb: JobVerb | None = None) -> list[AccountJob]:
        """Return the last jobs, newest first."""
        only: LiteralString = "" if verb is None else " and verb = :verb"
        rows = await self._tx.all(
            f"""
            select {_JOB}
              from account_jobs
             where project_id = :project_id {only}
             order by id desc
             limit :most
            """,  # noqa: S608 - columns of ours, and a literal
            most=most,
            **({} if verb is None else {"verb": verb}),
        )
        return [_job(row) for row in rows]

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

    async def end(self, job_id: str, status: JobStatus, *, reason: str | None) -> bool:
        """End a job, if it is still running; return whether it was."""
        row = await self._tx.one(
            """
            update account_jobs
               set status = :status, ended_reason = :reason, updated_at = :now
             where project_id = :project_id and id = :id and status = 'running'
            returning id
            """,
            id=job_id,
            status=status,
            reason=reason,
        )
        return row is not None

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

    async def waiting_after(
        self, job_id: AccountJobId, after: str, *, most: int
    ) -> list[WaitingItem]:
        """Return the next accounts of a job whose ids come after one."""
        rows = await self._tx.all(
            """
            select account_id, begun_at is not null as is_begun
              from account_job_items
             where project_id = :project_id and job_id = :job_id and outcome = 'waiting'
               and account_id > :after
             order by account_id
             limit :most
            """,
            job_id=job_id,
            after=after,
            most=most,
        )
        return [WaitingItem(row["account_id"], bool(row["is_begun"])) for row in rows]

    async def begin(self, job_id: AccountJobId, account_ids: Sequence[str]) -> None:
        """Note that the providers of accounts are about to be asked, unless that is noted."""
        await self._tx.run(
            """
            update account_job_items
               set begun_at = :now
             where project_id = :project_id and job_id = :job_id and account_id in (:ids)
               and begun_at is null
            """,
            job_id=job_id,
            ids=account_ids,
        )

    async def is_over_all(self, job_id: AccountJobId, provider: str) -> bool:
        """Tell whether a job is over every account of a provider that the project has."""
        row = await self._tx.one(
            """
            select 1 as one
              from accounts
             where project_id = :project_id and provider = :provider
               and not exists (select 1
                                 from account_job_items item
                                where item.job_id = :job_id and item.account_id = accounts.id)
             limit 1
            """,
            job_id=job_id,
            provider=provider,
        )
        return row is None

    async def accounts(self, job_id: AccountJobId, provider: str) -> frozenset[str]:
        """Return the ids of the accounts of a provider that a job is over."""
        rows = await self._tx.all(
            """
            select account_id
              from account_job_items
             where project_id = :project_id and job_id = :job_id and provider = :provider
            """,
            job_id=job_id,
            provider=provider,
        )
        return frozenset(row["account_id"] for row in rows)

    async def codes(self, job_id: AccountJobId) -> dict[str, int]:
        """Return how often each code became of an account."""
        rows = await self._tx.all(
            """
            select code, count(*) as total
              from account_job_items
             where project_id = :project_id and job_id = :job_id and outcome <> 'waiting'
             group by code
             order by code
            """,
            job_id=job_id,
        )
        return {row["code"] or "": row["total"] for row in rows}

    async def note(self, job_id: AccountJobId, *results: ItemResult) -> frozenset[str]:
        """Note what became of accounts, and count them, once; return the ids of those not noted yet."""
        rows = await self._tx.all(
            """
            select account_id, name, provider
              from account_job_items
             where project_id = :project_id and job_id = :job_id and account_id in (:ids)
               and outcome = 'waiting'
            """,
            job_id=job_id,
            ids=[each.account_id for each in results],
        )
        waiting = {row["account_id"]: row for row in rows}
        noted = [each for each in results if each.account_id in waiting]
        if not noted:
            return frozenset()
        # Each is there: the insert is the one statement that takes other values for each.
        await self._tx.executemany(
            """
            insert into account_job_items
                   (job_id, account_id, project_id, name, provider, outcome, code, message,
                    ended_at, details)
            values (:job_id, :account_id, :project_id, :name, :provider, :outcome, :code, :message,
                    :now, :details)
                on conflict (job_id, account_id) do update
               set outcome = excluded.outcome, code = excluded.code, message = excluded.message,
                   ended_at = excluded.ended_at, details = excluded.details
            """,
            [
                {
                    **waiting[each.account_id],
                    "job_id": job_id,
                    "outcome": each.outcome,
                    "code": each.code,
                    "message": each.message,
                    "details": None if each.details is None else encode(each.details).decode(),
                }
                for each in noted
            ],
        )
        await self._tx.run(
            """
            update account_jobs
               set done = done + :done, failed = failed + :failed, updated_at = :now
             where project_id = :project_id and id = :id
            """,
            id=job_id,
            done=len(noted),
            failed=sum(each.outcome is ItemOutcome.FAILED for each in noted),
        )
        return frozenset(waiting)

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
        return [
            convert({**row, "details": parse(row["details"] or "null")}, JobItem) for row in rows
        ]


def _job(row: Row) -> AccountJob:
    return convert({**row, "actor": parse(row["actor"])}, AccountJob)


async def revocations_of(db: Database, job_id: str) -> list[tuple[ProjectId, AccountJob]]:
    """Return the revocations that were begun with one, itself among them, each with its project."""
    rows = await db.unscoped(
        f"""
        select project_id, {_JOB}
          from account_jobs
         where verb = 'revoke'
           and batch_id in (select batch_id from account_jobs where id = :id)
         order by id
        """,  # noqa: S608 - columns of ours
        id=job_id,
    )
    return [
        (
            ProjectId(row["project_id"]),
            _job({name: value for name, value in row.items() if name != "project_id"}),
        )
        for row in rows
    ]


async def claim(
    db: Database, *, until: datetime, most: int, only: LiteralString = _OTHERS
) -> list[ClaimedJob]:
    """Claim up to `most` running jobs of any project that no other process has."""
    if not await db.unscoped(
        f"select 1 as one from account_jobs where status = 'running' and {only} limit 1"  # noqa: S608 - literals
    ):
        # Without a write, as nearly always.
        return []
    rows = await _LEASES.claim(
        db,
        f"""
        due as (
            select id
              from account_jobs
             where status = 'running' and {only} and {_LEASES.free("account_jobs")}
             order by id
             limit :most
               for update of account_jobs skip locked)
        """,  # noqa: S608 - literals
        until=until,
        returning="id, project_id, leased_until",
        most=most,
    )
    return [convert(row, ClaimedJob) for row in rows]
