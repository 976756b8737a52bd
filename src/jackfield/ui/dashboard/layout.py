"""The frame around the dashboard's pages, and what leads from each to the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.kit.errors import HubError
from jackfield.kit.whole_numbers import whole_number
from jackfield.members.models import ProjectChoice, Role, SignedIn
from jackfield.projects.models import Project
from jackfield.projects.saved_views.models import SavedView
from jackfield.ui.rendering import hub_of, page

_LAST_PAGE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the dashboard that the side bar leads to; `key` after `g` is its shortcut."""

    name: str
    title: str
    path: str
    symbol: str
    key: str


# By their headings in the side bar.
SECTIONS: Final[Mapping[str, tuple[Section, ...]]] = {
    "": (
        Section("home", "Home", "/dashboard/home", "home", "h"),
        Section("accounts", "Accounts", "/dashboard", "account", "a"),
        Section("connectors", "Connectors", "/dashboard/connectors", "connector", "c"),
        Section("explorer", "Explorer", "/dashboard/explorer", "explorer", "e"),
    ),
    "Watch": (
        Section("logs", "Logs", "/dashboard/logs", "log", "l"),
        Section("issues", "Issues", "/dashboard/issues", "issue", "i"),
        Section("webhooks", "Webhooks", "/dashboard/webhooks", "webhook", "w"),
        Section("audit", "Audit", "/dashboard/audit", "audit", "u"),
    ),
    "Project": (
        Section("members", "Members", "/dashboard/members", "members", "m"),
        Section("keys", "API keys", "/dashboard/keys", "key", "k"),
        Section("settings", "Settings", "/dashboard/settings", "settings", "s"),
    ),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """The frame around every page of a signed-in browser."""

    project: Project
    titles: Mapping[str, str]
    # Of the connectors that projects offer.
    offered: Mapping[str, str]
    rewrites: Mapping[str, str]
    has_docs: bool
    public_url: str
    sections: Mapping[str, tuple[Section, ...]] = field(default_factory=lambda: SECTIONS)
    # By the name of a section: how many things wait there.
    badges: Mapping[str, int] = field(default_factory=dict[str, int])
    signed_in: SignedIn | None = None
    # The projects that the member can switch to.
    choices: Sequence[ProjectChoice] = ()
    # By the name of a section: its saved views, on its own page, and the query that this shows.
    views: Mapping[str, Sequence[SavedView]] = field(default_factory=dict[str, Sequence[SavedView]])
    view_query: str = ""

    @property
    def title(self) -> str:
        """The project's name, as people know it."""
        return next((e.title for e in self.choices if e.id == self.project.id), self.project.name)

    @property
    def is_viewer(self) -> bool:
        return self.signed_in is not None and self.signed_in.role == Role.VIEWER

    @classmethod
    def of(cls, request: Request, project: Project) -> "Layout":
        hub = hub_of(request)
        connectors = hub.catalog.connectors()
        titles = {each.key: each.title for each in connectors}
        offered = {each.key: each.title for each in connectors if each.is_offered}
        return cls(
            project,
            titles,
            offered,
            hub.rewrites.targets,
            hub.public_docs,
            hub.public_url,
            badges=getattr(request.state, "badges", {}),
            signed_in=getattr(request.state, "signed_in", None),
            choices=getattr(request.state, "choices", ()),
            views=getattr(request.state, "views", {}),
            view_query=getattr(request.state, "view_query", ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage:
    template: ClassVar[str] = "dashboard/problem.html"

    layout: Layout
    problem: str


def refused(request: Request, project: Project, error: HubError) -> Response:
    """Return a page that says why something was not possible."""
    return page(
        request,
        ProblemPage(layout=Layout.of(request, project), problem=error.detail),
        status=error.status,
    )


def page_number(request: Request) -> int:
    """Return the number of the page of a list that is asked for, from 1."""
    return whole_number(request.query_params.get("page", ""), most=_LAST_PAGE) or 1
