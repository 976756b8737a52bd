"""`/jackfield/revocations`: credentials of many accounts that end at their providers, with proof."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Self
from urllib.parse import urlencode

from msgspec import Meta, Struct
from starlette.responses import Response

from jackfield.accounts.jobs import service as jobs
from jackfield.accounts.jobs.models import (
    MOST_ACCOUNTS,
    AccountJob,
    AccountJobId,
    AccountJobNotFound,
    JobItem,
    JobStatus,
    JobVerb,
    NoAccountsChosen,
    NotSoManyAccounts,
    TooManyAccounts,
)
from jackfield.accounts.jobs.repo import AccountJobs
from jackfield.accounts.jobs.revocation_report import write_report
from jackfield.accounts.revocation.models import Verdict
from jackfield.accounts.search.models import AccountSearch
from jackfield.db.tx import Tx
from jackfield.http.context import ApiContext, api_key
from jackfield.http.download import SAVED
from jackfield.http.lists import ShortTexts
from jackfield.http.routing import Routes
from jackfield.kit.errors import InvalidRequest
from jackfield.kit.ids import AccountId
from jackfield.projects.models import Scope

api = Routes(api_key, tag="accounts")

_PATH: Final = "/jackfield/revocations"
_ONE: Final = f"{_PATH}/{{revocation_id}}"
_LISTED: Final = 50


class RevocationIn(Struct, frozen=True, forbid_unknown_fields=True):
    """
    Whose credentials are revoked: some accounts, those of one provider, or `all` of the project.

    `expected` is the number of accounts that you know of: with another number nothing is done.
    """

    account_ids: ShortTexts = []
    provider: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    all: bool = False
    expected: Annotated[int, Meta(ge=1, le=MOST_ACCOUNTS)] | None = None

    def chosen(self) -> jobs.ChosenAccounts:
        """
        Return the accounts.

        Raises:
            InvalidRequest: none of the three ways is chosen, or several are.
        """
        if [bool(self.account_ids), self.provider is not None, self.all].count(True) != 1:
            msg = "name the accounts by exactly one of `account_ids`, `provider` and `all`"
            raise InvalidRequest(msg)
        if self.account_ids:
            return jobs.ChosenAccounts(ids=tuple(self.account_ids), expected=self.expected)
        if self.provider is None:
            return jobs.ChosenAccounts(
                search=AccountSearch(), query="all=1", expected=self.expected
            )
        search = AccountSearch(providers=(self.provider,))
        query = urlencode({"provider": self.provider})
        return jobs.ChosenAccounts(search=search, query=query, expected=self.expected)


class RevocationJobOut(Struct, frozen=True):
    """
    A revocation and how far it got.

    `counts` has how many accounts are `dead`, `survived`, are `unknown`, or had `nothing` to revoke.
    """

    id: AccountJobId
    status: JobStatus
    query: str
    total: int
    done: int
    counts: Mapping[str, int]
    ended_reason: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    async def of(cls, tx: Tx, job: AccountJob) -> Self:
        return cls(
            job.id,
            job.status,
            job.query,
            job.total,
            job.done,
            await AccountJobs(tx).codes(job.id),
            job.ended_reason,
            job.created_at,
            job.updated_at,
        )


class RevocationsOut(Struct, frozen=True):
    data: list[RevocationJobOut]
    next: None = None


class RevokedAccountsQuery(Struct, frozen=True):
    next: Annotated[str, Meta(max_length=255)] = ""
    page_size: Annotated[int, Meta(ge=1, le=1000)] = 100


class RevokedAccountOut(Struct, frozen=True):
    """
    What became of one account's credentials; without a `verdict` it waits.

    `revocation` is what came of asking the provider, `proved_by` the call that tells, and `by_hand`
    where a person ends what survived.
    """

    account_id: AccountId
    origin_owner_name: str
    provider: str
    verdict: Verdict | None
    revocation: str | None
    proved_by: str | None
    detail: str | None
    by_hand: Mapping[str, Any] | None
    ended_at: datetime | None

    @classmethod
    def of(cls, item: JobItem) -> Self:
        details: Mapping[str, Any] = item.details or {}
        return cls(
            item.account_id,
            item.name,
            item.provider,
            None if item.code is None else Verdict(item.code),
            details.get("revocation"),
            details.get("proved_by"),
            item.message,
            details.get("by_hand"),
            item.ended_at,
        )


class RevokedAccountsOut(Struct, frozen=True):
    data: list[RevokedAccountOut]
    next: str | None


@api.add(
    "POST",
    _PATH,
    scope=Scope.ACCOUNTS_WRITE,
    status=201,
    raises=(NoAccountsChosen, NotSoManyAccounts, TooManyAccounts),
)
async def start_revocation(ctx: ApiContext, body: RevocationIn) -> RevocationJobOut:
    """
    Revoke the credentials of accounts at their providers, and prove that they are dead.

    All are suspended before the first provider is asked. What survives stays suspended.
    """
    chosen = body.chosen()
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return await RevocationJobOut.of(tx, await jobs.start(tx, JobVerb.REVOKE, chosen))


@api.add("GET", _PATH, scope=Scope.ACCOUNTS_READ)
async def list_revocations(ctx: ApiContext) -> RevocationsOut:
    """List the last revocations, newest first."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        found = await AccountJobs(tx).newest(most=_LISTED, verb=JobVerb.REVOKE)
        return RevocationsOut([await RevocationJobOut.of(tx, each) for each in found])


@api.add("GET", _ONE, scope=Scope.ACCOUNTS_READ, raises=(AccountJobNotFound,))
async def get_revocation(ctx: ApiContext, revocation_id: str) -> RevocationJobOut:
    """Return a revocation and how far it got."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        return await RevocationJobOut.of(tx, await _revocation(tx, revocation_id))


@api.add("GET", f"{_ONE}/accounts", scope=Scope.ACCOUNTS_READ, raises=(AccountJobNotFound,))
async def list_revoked_accounts(
    ctx: ApiContext, revocation_id: str, query: RevokedAccountsQuery
) -> RevokedAccountsOut:
    """List what became of each account's credentials, in the order of their ids."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        job = await _revocation(tx, revocation_id)
        found = await AccountJobs(tx).items(
            job.id, outcome=None, after=query.next, most=query.page_size + 1
        )
    shown = found[: query.page_size]
    return RevokedAccountsOut(
        [RevokedAccountOut.of(each) for each in shown],
        shown[-1].account_id if len(found) > len(shown) else None,
    )


@api.add("GET", f"{_ONE}/report", scope=Scope.ACCOUNTS_READ, raises=(AccountJobNotFound,))
async def get_revocation_report(ctx: ApiContext, revocation_id: str) -> Response:
    """Return the signed report, which `jackfield revoke --verify` verifies, as lines of JSON."""
    hub, project_id = ctx.hub, ctx.caller.project_id
    async with hub.db.read(project_id) as tx:
        job = await _revocation(tx, revocation_id)
    lines = write_report(hub.db, hub.vault.audit_keys, hub.clock(), [(project_id, job)])
    content = b"".join([line async for line in lines])
    named = f'attachment; filename="{job.id}.ndjson"'
    headers = {**SAVED, "content-disposition": named}
    return Response(content, 200, headers, media_type="application/x-ndjson")


@api.add("DELETE", _ONE, scope=Scope.ACCOUNTS_WRITE, raises=(AccountJobNotFound,))
async def stop_revocation(ctx: ApiContext, revocation_id: str) -> RevocationJobOut:
    """Stop a revocation: what it has begun is finished; accounts stay suspended."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        await _revocation(tx, revocation_id)
        return await RevocationJobOut.of(tx, await jobs.stop(tx, revocation_id))


async def _revocation(tx: Tx, job_id: str) -> AccountJob:
    job = await AccountJobs(tx).get(job_id)
    if job.verb is not JobVerb.REVOKE:
        raise AccountJobNotFound
    return job
