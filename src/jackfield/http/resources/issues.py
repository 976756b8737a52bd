"""`/jackfield/issues`: what is wrong with accounts, and until when."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from jackfield.accounts.models import MendingStep
from jackfield.http.context import ApiContext, api_key
from jackfield.http.lists import MOST_VALUES, Texts
from jackfield.http.routing import Routes
from jackfield.issues import service as issues
from jackfield.issues.models import (
    Cause,
    Issue,
    IssueFilter,
    IssueId,
    IssueNotFound,
    IssueResolved,
    IssueView,
    Resolution,
)
from jackfield.issues.repo import Issues
from jackfield.issues.words import words_of
from jackfield.kit.pages import read_cursor
from jackfield.projects.models import Scope

api = Routes(api_key, tag="issues")


class IssueOut(Struct, frozen=True):
    id: IssueId
    # Muted issues are open ones that are not told.
    status: IssueView
    account_id: str
    provider: str
    origin_owner_id: str
    origin_owner_name: str
    cause: Cause
    # Of the latest failure.
    code: str
    message: str
    title: str
    advice: str
    # The step of the guide that mends it, where there is one.
    step: MendingStep | None
    first_seen_at: datetime
    last_seen_at: datetime
    occurrences: int
    # How often it came back within a day.
    reopened: int
    # The last few, the latest first.
    actions: tuple[str, ...]
    request_ids: tuple[str, ...]
    resolved_at: datetime | None
    resolution: Resolution | None
    resolved_by: str | None
    muted_until: datetime | None


class IssuesQuery(Struct, frozen=True):
    status: Annotated[
        list[IssueView],
        Meta(max_length=MOST_VALUES, description="Each issue is in one of these lists."),
    ] = []
    account_ids: Texts = []
    cause: Annotated[list[Cause], Meta(max_length=MOST_VALUES)] = []
    next: Annotated[str | None, Meta(description="Where the page before ended.")] = None
    page_size: Annotated[int, Meta(ge=1, le=100)] = 25


class IssuesOut(Struct, frozen=True):
    data: tuple[IssueOut, ...]
    next: str | None


class MuteQuery(Struct, frozen=True):
    # Until it is resolved, if left out.
    days: Annotated[int, Meta(ge=1, le=30)] | None = None


@api.add("GET", "/jackfield/issues", scope=Scope.ACCOUNTS_READ)
async def list_issues(ctx: ApiContext, query: IssuesQuery) -> IssuesOut:
    """List issues, newest first."""
    after = read_cursor(query.next, IssueId)
    only = IssueFilter(tuple(query.status), tuple(query.account_ids), tuple(query.cause))
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        page = await Issues(tx).page(only, after=after, size=query.page_size)
    return IssuesOut(tuple(_out(ctx, issue) for issue in page.items), page.next)


@api.add("GET", "/jackfield/issues/{issue_id}", scope=Scope.ACCOUNTS_READ, raises=(IssueNotFound,))
async def get_issue(ctx: ApiContext, issue_id: str) -> IssueOut:
    """Return one issue."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        return _out(ctx, await Issues(tx).get(issue_id))


@api.add(
    "POST",
    "/jackfield/issues/{issue_id}/resolve",
    scope=Scope.ACCOUNTS_WRITE,
    raises=(IssueNotFound,),
)
async def resolve_issue(ctx: ApiContext, issue_id: str) -> IssueOut:
    """Resolve an issue by hand; a later failure opens it again."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return _out(ctx, await issues.resolve(tx, issue_id))


@api.add(
    "POST",
    "/jackfield/issues/{issue_id}/mute",
    scope=Scope.ACCOUNTS_WRITE,
    raises=(IssueNotFound, IssueResolved),
)
async def mute_issue(ctx: ApiContext, issue_id: str, query: MuteQuery) -> IssueOut:
    """Mute an issue: it causes no event and no badge."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return _out(ctx, await issues.mute(tx, issue_id, days=query.days))


@api.add(
    "POST",
    "/jackfield/issues/{issue_id}/unmute",
    scope=Scope.ACCOUNTS_WRITE,
    raises=(IssueNotFound,),
)
async def unmute_issue(ctx: ApiContext, issue_id: str) -> IssueOut:
    """End the muting of an issue."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return _out(ctx, await issues.unmute(tx, issue_id))


def _out(ctx: ApiContext, issue: Issue) -> IssueOut:
    connector = ctx.hub.catalog.find(issue.provider)
    name = issue.provider if connector is None else connector.title
    words = words_of(issue, provider=name)
    return IssueOut(
        id=issue.id,
        status=issue.view(ctx.hub.clock()),
        account_id=issue.account_id,
        provider=issue.provider,
        origin_owner_id=issue.origin_owner_id,
        origin_owner_name=issue.origin_owner_name,
        cause=issue.cause,
        code=issue.code,
        message=issue.message,
        title=words.title,
        advice=words.advice,
        step=issue.step,
        first_seen_at=issue.first_seen_at,
        last_seen_at=issue.last_seen_at,
        occurrences=issue.occurrences,
        reopened=issue.reopened,
        actions=issue.actions,
        request_ids=issue.request_ids,
        resolved_at=issue.resolved_at,
        resolution=issue.resolution,
        resolved_by=issue.resolved_by,
        muted_until=issue.muted_until,
    )
