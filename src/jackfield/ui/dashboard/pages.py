"""The dashboard's pages, as their templates are given them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from starlette.requests import Request

from jackfield.accounts.models import Account, AccountStatus
from jackfield.accounts.permissions.models import ActionPermission, Permissions, Verdict
from jackfield.projects.models import Project
from jackfield.ui.rendering import hub_of


@dataclass(frozen=True, slots=True)
class Layout:
    """The frame around every page; without a project the browser is not signed in."""

    project: Project | None = None
    titles: Mapping[str, str] = field(default_factory=dict[str, str])
    # Of the connectors that projects offer.
    offered: Mapping[str, str] = field(default_factory=dict[str, str])
    rewrites: Mapping[str, str] = field(default_factory=dict[str, str])
    has_docs: bool = False

    @classmethod
    def of(cls, request: Request, project: Project) -> "Layout":
        hub = hub_of(request)
        connectors = hub.catalog.connectors()
        titles = {each.key: each.title for each in connectors}
        offered = {each.key: each.title for each in connectors if each.is_offered}
        return cls(project, titles, offered, hub.rewrites.targets, hub.public_docs)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsPage:
    template: ClassVar[str] = "dashboard/accounts.html"

    layout: Layout
    accounts: list[Account]
    only: Mapping[str, str]
    statuses: tuple[AccountStatus, ...]
    earlier: str | None
    later: str | None
    # What became of the credentials of an account that was just deleted, or empty.
    revocation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAccountPage:
    template: ClassVar[str] = "dashboard/account.html"

    layout: Layout
    account: Account
    # The labels and values of the fields that are not secret.
    details: tuple[tuple[str, str], ...]
    checked: bool
    link: str | None
    # Null if the connector declares no probes.
    permissions: Permissions | None
    groups: Mapping[str, list[ActionPermission]]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPage:
    template: ClassVar[str] = "dashboard/link.html"

    layout: Layout
    typed: Mapping[str, str]
    problem: str | None
    link: str | None
    # What to register with providers that people sign in at, by connector.
    redirect_uris: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage:
    template: ClassVar[str] = "dashboard/problem.html"

    layout: Layout
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    template: ClassVar[str] = "dashboard/sign_in.html"

    token: str
    layout: Layout = field(default_factory=Layout)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutPage:
    template: ClassVar[str] = "dashboard/signed_out.html"

    layout: Layout = field(default_factory=Layout)
    # Whether the browser opened a sign-in link that was used already.
    used: bool = False
