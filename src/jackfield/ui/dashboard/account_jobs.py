"""`/dashboard/account-jobs`: one thing that is done with many accounts, and what became of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.accounts.jobs import service as jobs
from jackfield.accounts.jobs.models import (
    MOST_ACCOUNTS,
    AccountJob,
    AccountJobNotFound,
    ItemOutcome,
    JobItem,
    JobVerb,
    NoAccountsChosen,
)
from jackfield.accounts.jobs.repo import AccountJobs
from jackfield.accounts.jobs.revocation_report import write_report
from jackfield.connect import sessions as connect
from jackfield.kit.errors import HubError
from jackfield.kit.whole_numbers import whole_number
from jackfield.projects.models import Project
from jackfield.runtime import Hub
from jackfield.ui.dashboard.account_filters import AccountFilters
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.link import LINK_SECONDS
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.posted_form import Form, read_form
from jackfield.ui.rendering import base_path, hub_of, page

_PAGE_SIZE: Final = 25
_LISTED: Final = 50
# The query of a job over all accounts: no filter is called so.
_ALL: Final = "all=1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccountJobPage:
    template: ClassVar[str] = "dashboard/new_account_job.html"

    layout: Layout
    verb: JobVerb
    # How many accounts it would be over, and whether they are more than one job takes.
    total: int
    is_too_many: bool
    ids: tuple[str, ...]
    query: str
    is_all: bool
    filters: AccountFilters
    problem: str | None
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountJobsPage:
    template: ClassVar[str] = "dashboard/account_jobs.html"

    layout: Layout
    jobs: list[AccountJob]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountJobPage:
    template: ClassVar[str] = "dashboard/account_job.html"

    layout: Layout
    job: AccountJob
    filters: AccountFilters
    # Of a revocation: how many accounts are dead, survived and so on.
    counts: Mapping[str, int]
    items: list[JobItem]
    outcome: ItemOutcome | None
    outcomes: tuple[ItemOutcome, ...]
    later: str | None
    # The id of the account before the first one that is shown; empty on the first page.
    after: str
    # New links to link accounts again, by the account's id; only just made ones can be read.
    links: Mapping[str, str]


async def confirm_job(request: Request, project: Project) -> Response:
    """Ask before something is done with the chosen accounts."""
    return await _confirm(request, project, await read_form(request))


async def start_job(request: Request, project: Project) -> Response:
    """Begin a job that was confirmed, by its number of accounts where it cannot be undone."""
    hub, form, actor = hub_of(request), await read_form(request), actor_of(request)
    verb = _verb(form)
    if verb is None:
        return refused(request, project, NoAccountsChosen())
    typed = form.fields().get("expected", "").replace(",", "").replace(".", "")
    expected = whole_number(typed, most=MOST_ACCOUNTS)
    if verb.is_final and expected is None:
        return await _confirm(
            request, project, form, problem="Type the number of accounts to confirm."
        )
    try:
        async with hub.db.write(project.id, actor) as tx:
            job = await jobs.start(tx, verb, _chosen(hub, form, expected))
    except HubError as error:
        return await _confirm(request, project, form, problem=error.detail)
    return RedirectResponse(f"{base_path(hub)}/dashboard/account-jobs/{quote(job.id)}", 303)


async def list_jobs(request: Request, project: Project) -> Response:
    async with hub_of(request).db.read(project.id) as tx:
        found = await AccountJobs(tx).newest(most=_LISTED)
    return page(request, AccountJobsPage(layout=Layout.of(request, project), jobs=found))


async def show_job(request: Request, project: Project) -> Response:
    return await _job_page(request, project)


async def show_report(request: Request, project: Project) -> Response:
    """Give the signed report of a revocation as a file."""
    hub = hub_of(request)
    try:
        async with hub.db.read(project.id) as tx:
            job = await AccountJobs(tx).get(request.path_params["job_id"])
        if job.verb is not JobVerb.REVOKE:
            raise AccountJobNotFound
    except HubError as missing:
        return refused(request, project, missing)
    lines = write_report(hub.db, hub.vault.audit_keys, hub.clock(), [(project.id, job)])
    content = b"".join([line async for line in lines])
    named = {"content-disposition": f'attachment; filename="{job.id}.ndjson"'}
    return Response(content, 200, named, media_type="application/x-ndjson")


async def change_job(request: Request, project: Project) -> Response:
    """Run the action of the posted button on a job."""
    hub, job_id, actor = hub_of(request), request.path_params["job_id"], actor_of(request)
    if request.path_params["verb"] == "links":
        return await _job_page(request, project, makes_links=True)
    try:
        async with hub.db.write(project.id, actor) as tx:
            await jobs.stop(tx, job_id)
    except HubError as error:
        return refused(request, project, error)
    return RedirectResponse(f"{base_path(hub)}/dashboard/account-jobs/{quote(job_id)}", 303)


async def _confirm(
    request: Request, project: Project, form: Form, *, problem: str | None = None
) -> Response:
    hub, verb = hub_of(request), _verb(form)
    if verb is None:
        return refused(request, project, NoAccountsChosen())
    chosen = _chosen(hub, form, None)
    async with hub.db.read(project.id) as tx:
        total = await jobs.count(tx, chosen)
    if not total:
        return refused(request, project, NoAccountsChosen())
    return page(
        request,
        NewAccountJobPage(
            layout=Layout.of(request, project),
            verb=verb,
            total=total,
            is_too_many=total > MOST_ACCOUNTS,
            ids=chosen.ids,
            query=chosen.query,
            is_all=chosen.search is not None,
            filters=_filters(hub, chosen.query),
            problem=problem,
            most=MOST_ACCOUNTS,
        ),
        status=422 if problem else 200,
    )


async def _job_page(request: Request, project: Project, *, makes_links: bool = False) -> Response:
    hub, query = hub_of(request), request.query_params
    outcome = next((each for each in ItemOutcome if each == query.get("outcome")), None)
    after = query.get("after", "")
    try:
        async with hub.db.read(project.id) as tx:
            job = await AccountJobs(tx).get(request.path_params["job_id"])
            counts = await AccountJobs(tx).codes(job.id) if job.verb is JobVerb.REVOKE else {}
            items = await AccountJobs(tx).items(
                job.id, outcome=outcome, after=after, most=_PAGE_SIZE + 1
            )
    except HubError as missing:
        return refused(request, project, missing)
    shown = items[:_PAGE_SIZE]
    chosen = {"outcome": outcome.value} if outcome else {}
    return page(
        request,
        AccountJobPage(
            layout=Layout.of(request, project),
            job=job,
            filters=_filters(hub, job.query),
            counts=counts,
            items=shown,
            outcome=outcome,
            outcomes=tuple(ItemOutcome),
            later=urlencode({**chosen, "after": shown[-1].account_id})
            if len(items) > _PAGE_SIZE
            else None,
            after=after,
            links=await _links(request, project, shown) if makes_links else {},
        ),
    )


async def _links(request: Request, project: Project, items: list[JobItem]) -> Mapping[str, str]:
    """Make a link to link each account again; one that is gone, or cannot be linked, has none."""
    hub, links = hub_of(request), dict[str, str]()
    for each in items:
        try:
            issued = await connect.open_reconnect(
                hub, project.id, actor_of(request), each.account_id, seconds=LINK_SECONDS
            )
        except HubError:
            continue
        links[each.account_id] = connect.auth_link(hub.public_url, issued.token)
    return links


def _verb(form: Form) -> JobVerb | None:
    verb = form.fields().get("verb")
    return next((each for each in JobVerb if each == verb), None)


def _chosen(hub: Hub, form: Form, expected: int | None) -> jobs.ChosenAccounts:
    if not form.has("all"):
        return jobs.ChosenAccounts(ids=tuple(form.all("account")), expected=expected)
    query = form.fields().get("query", "")
    search = _filters(hub, query).search
    return jobs.ChosenAccounts(search=search, query=query or _ALL, expected=expected)


def _filters(hub: Hub, query: str) -> AccountFilters:
    return AccountFilters.of(QueryParams(parse_qsl(query)), hub.clock())
