"""Repository of what was read, project by project, and of what there is to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec import Struct

from jackfield.db.columns import columns_of
from jackfield.db.tx import Database, Row, Tx
from jackfield.issues.models import Issue, Resolution
from jackfield.issues.repo import issue_of
from jackfield.kit.ids import ProjectId, RunId
from jackfield.kit.json import convert, parse
from jackfield.logs.runs.models import StepRecord

_ISSUE: Final = columns_of(Issue, alias="issue")


class Reading(Struct, frozen=True):
    """
    How far a project was read, by the process that has the lease.

    `resume_after` is the last run that was read of more than is read at once, or empty.
    """

    project_id: ProjectId
    runs_until: datetime
    changes_until: datetime
    leased_until: datetime
    resume_after: str = ""


@dataclass(frozen=True, slots=True)
class FailedRun:
    """What issues take from a failed run; `provider_status` is of the last response."""

    id: str
    account_id: str
    action_id: str
    error_code: str | None
    message: str
    started_at: datetime
    request_id: str | None
    provider_status: int | None


class FailingAccount(Struct, frozen=True):
    """An account that must be linked again, and when it changed last."""

    id: str
    updated_at: datetime


class FailedRenewal(Struct, frozen=True):
    """Tokens of an account that were not renewed."""

    account_id: str
    failure_code: str
    failed_at: datetime


class Success(Struct, frozen=True):
    """The latest success of an action with an account."""

    account_id: str
    action_id: str
    run_id: str


async def claim_reading(
    db: Database, *, until: datetime, begin: datetime, since: datetime
) -> Reading | None:
    """
    Lease a project's reading until a moment; none if none is free.

    Of a project that was never read, runs are read from `begin`, and changes from `since`.
    """
    rows = await db.unscoped(
        """
        insert into issue_readings (project_id, runs_until, changes_until, leased_until)
        select project.id, :begin, :since, :until
          from projects project
          left join issue_readings reading on reading.project_id = project.id
         where reading.leased_until is null or reading.leased_until <= :now
         order by project.id
         limit 1
            on conflict (project_id) do update
           set leased_until = excluded.leased_until
         where issue_readings.leased_until <= :now
        returning project_id, runs_until, changes_until, leased_until, resume_after
        """,
        until=until,
        begin=begin,
        since=since,
    )
    return convert(rows[0], Reading) if rows else None


class Log:
    """What the transaction's project has to read."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def hold(self, held: datetime) -> bool:
        """Lock the reading; return false if its lease is another than the one that ends at `held`."""
        row = await self._tx.one(
            """
            update issue_readings
               set leased_until = :held
             where project_id = :project_id and leased_until = :held
            returning project_id
            """,
            held=held,
        )
        return row is not None

    async def advance(self, reading: Reading) -> None:
        """Note how far was read, and until when the lease is, of a reading that is held."""
        await self._tx.run(
            """
            update issue_readings
               set runs_until = :runs_until,
                   changes_until = :changes_until,
                   resume_after = :resume_after,
                   leased_until = :leased_until
             where project_id = :project_id
            """,
            runs_until=reading.runs_until,
            changes_until=reading.changes_until,
            resume_after=reading.resume_after,
            leased_until=reading.leased_until,
        )

    async def failed_ids(self, *, after: str, most: int) -> list[str]:
        """Return the ids of the first failed runs after one."""
        rows = await self._tx.all(
            """
            select id
              from runs
             where project_id = :project_id and not success and id > :after
             order by id
             limit :most
            """,
            after=after,
            most=most,
        )
        return [row["id"] for row in rows]

    async def unread(self, ids: Sequence[str]) -> list[FailedRun]:
        """Return those of the failed runs that were not read yet, in the order of their ids."""
        # Not as one statement with the ids: without statistics its plan took a minute.
        known = await self._tx.all(
            "select run_id from issue_runs where project_id = :project_id and run_id in (:ids)",
            ids=ids,
        )
        unread = set(ids).difference(row["run_id"] for row in known)
        if not unread:
            return []
        rows = await self._tx.all(
            """
            select id, account_id, action_id, error_code, message, started_at, request_id,
                   case when error_code = 'provider_rejected' then steps end as steps
              from runs
             where project_id = :project_id and id in (:ids)
             order by id
            """,
            ids=sorted(unread),
        )
        return [_failed_run(row) for row in rows]

    async def note_read(self, runs: Sequence[FailedRun]) -> None:
        if runs:
            await self._tx.executemany(
                "insert into issue_runs (run_id, project_id) values (:run_id, :project_id)",
                [{"run_id": run.id} for run in runs],
            )

    async def forget_read(self, *, before: str, most: int) -> bool:
        """Forget runs that are not looked at again; return whether there may be more of them."""
        rows = await self._tx.all(
            """
            delete from issue_runs
             where project_id = :project_id
               and run_id in (select run_id
                                from issue_runs
                               where project_id = :project_id and run_id < :before
                               order by run_id
                               limit :most)
            returning run_id
            """,
            before=before,
            most=most,
        )
        return len(rows) == most

    async def failing_accounts(self, *, since: datetime, most: int) -> list[FailingAccount]:
        """
        Return accounts that must be linked again and changed since a moment, oldest first.

        Not those whose issue says so already: there may be more of them than are read at once.
        """
        rows = await self._tx.all(
            """
            select account.id, account.updated_at
              from accounts account
             where account.project_id = :project_id and account.status in ('error', 'expired')
               and account.updated_at > :since
               and not exists (select 1
                                 from issues issue
                                where issue.project_id = :project_id
                                  and issue.account_id = account.id
                                  and issue.cause = 'credential' and issue.status = 'open'
                                  and issue.account_failing
                                  and issue.generation = account.generation)
             order by account.updated_at, account.id
             limit :most
            """,
            since=since,
            most=most,
        )
        return [convert(row, FailingAccount) for row in rows]

    async def failed_renewals(
        self, *, since: datetime, certain: Sequence[str], most: int
    ) -> list[FailedRenewal]:
        """
        Return renewals that failed since a moment, twice or with a `certain` code, oldest first.

        Not those that an issue counts already, and not of accounts that must be linked again.
        """
        rows = await self._tx.all(
            """
            select token.account_id, token.failure_code, token.failed_at
              from account_tokens token
              join accounts account
                on account.project_id = :project_id and account.id = token.account_id
               and account.status not in ('error', 'expired')
             where token.project_id = :project_id and token.failures > 0
               and token.failed_at > :since
               and (token.failures > 1 or token.failure_code in (:certain))
               and token.failure_code is not null
               and not exists (select 1
                                 from issues issue
                                where issue.project_id = :project_id
                                  and issue.account_id = token.account_id
                                  and issue.cause in ('renewal', 'setup')
                                  and issue.last_seen_at >= token.failed_at)
             order by token.failed_at, token.account_id
             limit :most
            """,
            since=since,
            certain=certain,
            most=most,
        )
        return [convert(row, FailedRenewal) for row in rows]

    async def successes(self, *, after: str, most: int) -> list[Success]:
        """Return the successes after an id with accounts that have an open issue."""
        rows = await self._tx.all(
            """
            select run.account_id, run.action_id, max(run.id) as run_id
              from runs run
             where run.project_id = :project_id and run.success and run.id > :after
               and run.account_id in (select issue.account_id
                                        from issues issue
                                       where issue.project_id = :project_id
                                         and issue.status = 'open')
             group by run.account_id, run.action_id
             order by run.account_id, run.action_id
             limit :most
            """,
            after=after,
            most=most,
        )
        return [convert(row, Success) for row in rows]

    async def mended(self, *, most: int) -> list[tuple[Issue, Resolution]]:
        """Return open issues whose account shows that they are over."""
        rows = await self._tx.all(
            f"""
            select {_ISSUE},
                   case when account.id is null then 'account_deleted'
                        when account.generation > issue.generation then 'relinked'
                        when issue.account_failing and account.status = 'active'
                        then 'account_active'
                        else 'token_renewed' end as outcome
              from issues issue
              left join accounts account
                on account.project_id = :project_id and account.id = issue.account_id
              left join account_tokens token
                on token.project_id = :project_id and token.account_id = issue.account_id
             where issue.project_id = :project_id and issue.status = 'open'
               and (account.id is null
                    or (issue.cause not in ('outcome_unknown', 'honeytoken')
                        and (account.generation > issue.generation
                             or (issue.account_failing and account.status = 'active')))
                    or (issue.cause in ('renewal', 'setup') and token.failures = 0
                        and token.renewed_at > issue.last_seen_at))
             order by issue.id
             limit :most
            """,  # noqa: S608 - columns of ours
            most=most,
        )
        return [(issue_of(row), Resolution(row["outcome"])) for row in rows]


def low_id(moment: datetime) -> str:
    return RunId.floor(moment)


def _failed_run(row: Row) -> FailedRun:
    steps = convert(parse(row["steps"] or "[]"), list[StepRecord])
    return FailedRun(
        id=row["id"],
        account_id=row["account_id"],
        action_id=row["action_id"],
        error_code=row["error_code"],
        message=row["message"] or "",
        started_at=convert(row["started_at"], datetime),
        request_id=row["request_id"],
        provider_status=steps[-1].status_code if steps else None,
    )
