"""`/jackfield/account_jobs`: one thing that is done with many accounts."""

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta, Struct

from jackfield.accounts.jobs import service as jobs
from jackfield.accounts.jobs.models import (
    MOST_ACCOUNTS,
    AccountJob,
    AccountJobId,
    AccountJobNotFound,
    AccountJobRunning,
    ItemOutcome,
    JobItem,
    JobStatus,
    JobVerb,
    NoAccountsChosen,
    NotSoManyAccounts,
    TooManyAccounts,
)
from jackfield.accounts.jobs.repo import AccountJobs
from jackfield.http.context import ApiContext, api_key
from jackfield.http.lists import ShortTexts
from jackfield.http.query import parse_query
from jackfield.http.resources.account_search import AccountSearchQuery
from jackfield.http.routing import Routes
from jackfield.kit.ids import AccountId
from jackfield.projects.models import Scope

api = Routes(api_key, tag="accounts")

_PATH: Final = "/jackfield/account_jobs"
_ONE: Final = f"{_PATH}/{{job_id}}"
_LISTED: Final = 50


class AccountJobIn(Struct, frozen=True, forbid_unknown_fields=True):
    """
    What is done, and with which accounts: those with some ids, or all that a search finds.

    `expected` is the number of accounts that you know of. Nothing is deleted without it, and with
    another number nothing is done at all.
    """

    verb: JobVerb
    account_ids: ShortTexts = []
    search: Annotated[
        Annotated[str, Meta(max_length=2000)] | None,
        Meta(
            description="The query of GET /jackfield/accounts, such as "
            "`status=error&unused_days=30`; empty for all accounts.",
        ),
    ] = None
    expected: Annotated[int, Meta(ge=1, le=MOST_ACCOUNTS)] | None = None


class AccountJobOut(Struct, frozen=True):
    """
    A job and how far it got: `failed` of the `done` accounts failed.

    `query` is what its accounts were found by, as an address; empty if they were chosen one by one.
    """

    id: AccountJobId
    verb: JobVerb
    status: JobStatus
    query: str
    total: int
    done: int
    failed: int
    ended_reason: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, job: AccountJob) -> "AccountJobOut":
        return cls(
            job.id,
            job.verb,
            job.status,
            job.query,
            job.total,
            job.done,
            job.failed,
            job.ended_reason,
            job.created_at,
            job.updated_at,
        )


class AccountJobsOut(Struct, frozen=True):
    data: list[AccountJobOut]
    next: None = None


class JobItemsQuery(Struct, frozen=True):
    outcome: ItemOutcome | None = None
    next: Annotated[str, Meta(max_length=255)] = ""
    page_size: Annotated[int, Meta(ge=1, le=1000)] = 100


class JobItemOut(Struct, frozen=True):
    """What became of one account."""

    account_id: AccountId
    origin_owner_name: str
    provider: str
    outcome: ItemOutcome
    code: str | None
    message: str | None
    ended_at: datetime | None

    @classmethod
    def of(cls, item: JobItem) -> "JobItemOut":
        return cls(
            item.account_id,
            item.name,
            item.provider,
            item.outcome,
            item.code,
            item.message,
            item.ended_at,
        )


class JobItemsOut(Struct, frozen=True):
    data: list[JobItemOut]
    next: str | None


@api.add(
    "POST",
    _PATH,
    scope=Scope.ACCOUNTS_WRITE,
    status=201,
    raises=(AccountJobRunning, NoAccountsChosen, NotSoManyAccounts, TooManyAccounts),
)
async def start_account_job(ctx: ApiContext, body: AccountJobIn) -> AccountJobOut:
    """Check, suspend, resume, ask to link again or delete many accounts, one after the other."""
    search = None if body.search is None else parse_query(body.search, AccountSearchQuery)
    chosen = jobs.ChosenAccounts(
        ids=tuple(body.account_ids),
        search=None if search is None else search.search(),
        query="" if body.search is None else f"GET /jackfield/accounts?{body.search}",
        expected=body.expected,
    )
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return AccountJobOut.of(await jobs.start(tx, body.verb, chosen))


@api.add("GET", _PATH, scope=Scope.ACCOUNTS_READ)
async def list_account_jobs(ctx: ApiContext) -> AccountJobsOut:
    """List the last jobs over accounts, newest first."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        found = await AccountJobs(tx).newest(most=_LISTED)
    return AccountJobsOut([AccountJobOut.of(each) for each in found])


@api.add("GET", _ONE, scope=Scope.ACCOUNTS_READ, raises=(AccountJobNotFound,))
async def get_account_job(ctx: ApiContext, job_id: str) -> AccountJobOut:
    """Return a job and how far it got."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        return AccountJobOut.of(await AccountJobs(tx).get(job_id))


@api.add("GET", f"{_ONE}/accounts", scope=Scope.ACCOUNTS_READ, raises=(AccountJobNotFound,))
async def list_account_job_items(ctx: ApiContext, job_id: str, query: JobItemsQuery) -> JobItemsOut:
    """List what became of each account, in the order of their ids."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        job = await AccountJobs(tx).get(job_id)
        found = await AccountJobs(tx).items(
            job.id, outcome=query.outcome, after=query.next, most=query.page_size + 1
        )
    shown = found[: query.page_size]
    return JobItemsOut(
        [JobItemOut.of(each) for each in shown],
        shown[-1].account_id if len(found) > len(shown) else None,
    )


@api.add("DELETE", _ONE, scope=Scope.ACCOUNTS_WRITE, raises=(AccountJobNotFound,))
async def stop_account_job(ctx: ApiContext, job_id: str) -> AccountJobOut:
    """Stop a job: what it has begun is finished, and nothing else."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return AccountJobOut.of(await jobs.stop(tx, job_id))
