"""`/dashboard/find`: what the palette finds by a few letters."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from jackfield.accounts.search.models import LONGEST_TEXT, AccountSearch
from jackfield.accounts.search.repo import FindableAccounts
from jackfield.issues.models import IssueId
from jackfield.issues.repo import Issues
from jackfield.kit.errors import HubError
from jackfield.kit.ids import RequestId, RunId
from jackfield.logs.runs.repo import Runs
from jackfield.projects.models import Project
from jackfield.projects.saved_views.models import ViewPage
from jackfield.projects.saved_views.repo import SavedViews
from jackfield.runtime import Hub
from jackfield.search import service as search
from jackfield.ui.rendering import hub_of, page

_MOST: Final = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found: an entry of the palette; `link` is what follows `/dashboard`."""

    kind: str
    drawing: str
    title: str
    detail: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    template: ClassVar[str] = "dashboard/find.html"

    hits: list[Hit]


async def find(request: Request, project: Project) -> Response:
    hub = hub_of(request)
    text = request.query_params.get("q", "").strip()[:LONGEST_TEXT]
    hits: list[Hit] = []
    if text:
        hits += await _by_id(hub, project, text)
        hits += await _accounts(hub, project, text)
        hits += await _views(hub, project, text)
        hits += _connectors(hub, text)
        hits += await _actions(hub, text)
    return page(request, FoundPage(hits=hits))


async def _by_id(hub: Hub, project: Project, text: str) -> list[Hit]:
    kind = text.partition("_")[0]
    try:
        async with hub.db.read(project.id) as tx:
            if kind in {RunId.prefix, RequestId.prefix}:
                run = await Runs(tx).get(text)
                return [Hit("Run", "log", run.action_id, run.id, f"/logs/{quote(run.id)}")]
            if kind == IssueId.prefix:
                issue = await Issues(tx).get(text)
                owner = issue.origin_owner_name
                return [Hit("Issue", "issue", owner, issue.code, f"/issues/{quote(issue.id)}")]
    except HubError:
        return []
    return []


async def _accounts(hub: Hub, project: Project, text: str) -> Iterable[Hit]:
    async with hub.db.read(project.id) as tx:
        found = await FindableAccounts(tx).page(AccountSearch(text=text), number=1, size=_MOST)
    titles = {each.key: each.title for each in hub.catalog.connectors()}
    hits = [
        Hit(
            "Account",
            "account",
            account.origin_owner_name,
            titles.get(account.provider, account.provider),
            f"/accounts/{quote(account.id)}",
        )
        for account in found.accounts
    ]
    if found.has_more:
        hits.append(
            Hit(
                "Accounts",
                "search",
                f"All accounts with “{text}”",
                "",
                f"?{urlencode({'q': text})}",
            )
        )
    return hits


async def _views(hub: Hub, project: Project, text: str) -> Iterable[Hit]:
    paths = {ViewPage.ACCOUNTS: "", ViewPage.LOGS: "/logs"}
    async with hub.db.read(project.id) as tx:
        views = [view for each in ViewPage for view in await SavedViews(tx).of(each)]
    return [
        Hit(
            "View",
            "filter",
            view.name,
            view.page.value.capitalize(),
            f"{paths[view.page]}?{view.query}",
        )
        for view in views
        if text.casefold() in view.name.casefold()
    ][:_MOST]


def _connectors(hub: Hub, text: str) -> Iterable[Hit]:
    words = text.casefold().split()
    return [
        Hit("Connector", "connector", each.title, each.key, f"/connectors/{quote(each.key)}")
        for each in hub.catalog.connectors()
        if each.is_offered and all(word in f"{each.title} {each.key}".casefold() for word in words)
    ][:_MOST]


async def _actions(hub: Hub, text: str) -> Iterable[Hit]:
    exact = hub.catalog.find_action(text)
    found = [] if exact else await search.search(hub, search.Search(text, most=_MOST))
    pairs = [exact] if exact else [(each.connector, each.action) for each in found]
    return [
        Hit(
            "Action",
            "explorer",
            f"{connector.title}: {action.label}",
            action.id,
            f"/logs?{urlencode({'q': f'action:{action.id}'})}",
        )
        for connector, action in pairs
    ]
