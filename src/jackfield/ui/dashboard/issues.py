"""`/dashboard/issues`: what is wrong with accounts, and what mends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.accounts.models import Account, AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.connect import sessions as connect
from jackfield.issues import service as issues
from jackfield.issues.models import Issue, IssueFilter, IssueId, IssueView
from jackfield.issues.repo import Issues
from jackfield.issues.words import Words, words_of
from jackfield.kit.errors import HubError
from jackfield.kit.pages import read_cursor
from jackfield.projects.models import Project
from jackfield.runtime import Hub
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.link import LINK_SECONDS
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.rendering import base_path, hub_of, page

_PAGE_SIZE: Final = 10
_MUTED_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class ShownIssue:
    """An issue as a card: `account` is null once it was deleted, `console` where there is none."""

    issue: Issue
    view: IssueView
    words: Words
    account: Account | None
    console: str | None
    # The text to send to the customer, with a reconnect link once one is made.
    text: str
    link: str | None


@dataclass(frozen=True, slots=True)
class _Listing:
    """The place of a page in a list; `view` is null on the page of one issue."""

    view: IssueView | None
    counts: Mapping[IssueView, int]
    account_id: str = ""
    # The queries of the first page and of the next one.
    earlier: str | None = None
    later: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuesPage:
    template: ClassVar[str] = "dashboard/issues.html"

    layout: Layout
    # Null on the page of one issue.
    view: IssueView | None
    counts: Mapping[IssueView, int]
    shown: tuple[ShownIssue, ...]
    account_id: str
    # The queries of the tabs.
    tabs: Mapping[IssueView, str]
    earlier: str | None
    later: str | None


async def list_issues(request: Request, project: Project) -> Response:
    query = request.query_params
    view = next((each for each in IssueView if each == query.get("view")), IssueView.OPEN)
    account_id = query.get("account", "").strip()
    only = IssueFilter((view,), (account_id,) if account_id else ())
    try:
        after = read_cursor(query.get("after") or None, IssueId)
    except HubError as wrong:
        return refused(request, project, wrong)
    async with hub_of(request).db.read(project.id) as tx:
        found = await Issues(tx).page(only, after=after, size=_PAGE_SIZE)
        counts = await Issues(tx).counts(only.account_ids)
    chosen = {"account": account_id} if account_id else {}
    listing = _Listing(
        view=view,
        counts=counts,
        account_id=account_id,
        earlier=urlencode({**chosen, "view": view.value}) if after else None,
        later=urlencode({**chosen, "view": view.value, "after": found.next})
        if found.next
        else None,
    )
    return await _page(request, project, found.items, listing)


async def show_issue(request: Request, project: Project) -> Response:
    return await _issue_page(request, project)


async def change_issue(request: Request, project: Project) -> Response:
    """Run the action of the posted button on an issue."""
    hub, issue_id = hub_of(request), request.path_params["issue_id"]
    verb, actor = request.path_params["verb"], actor_of(request)
    if verb == "reconnect":
        return await _issue_page(request, project, makes_link=True)
    try:
        async with hub.db.write(project.id, actor) as tx:
            match verb:
                case "resolve":
                    await issues.resolve(tx, issue_id)
                case "mute":
                    await issues.mute(tx, issue_id)
                case "mute-week":
                    await issues.mute(tx, issue_id, days=_MUTED_DAYS)
                case "unmute":
                    await issues.unmute(tx, issue_id)
                case _:
                    raise HTTPException(404)
    except HubError as error:
        return refused(request, project, error)
    await issues.forget_count(hub, project.id)
    return RedirectResponse(f"{base_path(hub)}/dashboard/issues/{quote(issue_id)}", 303)


async def _issue_page(request: Request, project: Project, *, makes_link: bool = False) -> Response:
    """Show one issue; with `makes_link` with a new link to link its account again."""
    hub, link = hub_of(request), None
    try:
        async with hub.db.read(project.id) as tx:
            issue = await Issues(tx).get(request.path_params["issue_id"])
            counts = await Issues(tx).counts()
        if makes_link:
            actor, account_id = actor_of(request), issue.account_id
            issued = await connect.open_reconnect(
                hub, project.id, actor, account_id, seconds=LINK_SECONDS
            )
            link = connect.auth_link(hub.public_url, issued.token)
    except HubError as error:
        return refused(request, project, error)
    return await _page(request, project, (issue,), _Listing(None, counts), link=link)


async def _page(
    request: Request,
    project: Project,
    found: tuple[Issue, ...],
    listing: _Listing,
    *,
    link: str | None = None,
) -> Response:
    hub, layout = hub_of(request), Layout.of(request, project)
    accounts = await _accounts(hub, project, found)
    chosen = {"account": listing.account_id} if listing.account_id else {}
    return page(
        request,
        IssuesPage(
            layout=layout,
            view=listing.view,
            counts=listing.counts,
            shown=tuple(
                _shown(hub, layout, issue, accounts.get(issue.account_id), link) for issue in found
            ),
            account_id=listing.account_id,
            tabs={each: urlencode({**chosen, "view": each.value}) for each in IssueView},
            earlier=listing.earlier,
            later=listing.later,
        ),
    )


def _shown(
    hub: Hub, layout: Layout, issue: Issue, account: Account | None, link: str | None
) -> ShownIssue:
    words = words_of(issue, provider=layout.titles.get(issue.provider, issue.provider))
    return ShownIssue(
        issue=issue,
        view=issue.view(hub.clock()),
        words=words,
        account=account,
        console=_console(hub, account),
        text=f"{words.customer}\n\n{link}" if link and words.customer else words.customer,
        link=link,
    )


def _console(hub: Hub, account: Account | None) -> str | None:
    """Return the provider's own pages for an account, where its connector names them."""
    connector = None if account is None else hub.catalog.find(account.provider)
    if account is None or connector is None:
        return None
    method = connector.find_auth_method(account.auth_method)
    for field in () if method is None else method.config_fields:
        for option in field.options:
            if option.console and option.value == account.public_values.get(field.key):
                return option.console
    return None


async def _accounts(hub: Hub, project: Project, found: tuple[Issue, ...]) -> Mapping[str, Account]:
    ids = tuple({issue.account_id for issue in found})
    if not ids:
        return {}
    async with hub.db.read(project.id) as tx:
        rows = await Accounts(tx).page(AccountPage(1, len(ids), AccountFilter(ids=ids)))
    return {each.id: each for each in rows}
