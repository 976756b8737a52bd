"""Final pages of the Hub: linked, pending, or an explanation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.accounts.models import Account, AccountStatus
from jackfield.accounts.pauses import is_paused_only
from jackfield.connect.linking import LinkResult
from jackfield.connect.models import (
    ConnectSessionExpired,
    ConnectSessionRevoked,
    ConnectSessionUsed,
    TooManyAttempts,
)
from jackfield.connect.pending.models import PendingLink, PendingLinkStatus
from jackfield.connect.sign_in.models import SignIn
from jackfield.connectors.connector import Connector
from jackfield.kit.errors import HubError
from jackfield.ui.hub.hub_request import EndedPage, HubRequest, unknown_session_page
from jackfield.ui.page_theme import PageTheme, guest_theme
from jackfield.ui.rendering import page

_GONE: Final = 410
# The words for how a session ended, by error code.
SESSION_ENDS: Final[Mapping[str, str]] = {
    ConnectSessionUsed.code: "used",
    ConnectSessionExpired.code: "expired",
    ConnectSessionRevoked.code: "revoked",
    TooManyAttempts.code: "attempts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DonePage:
    template: ClassVar[str] = "hub/done.html"

    look: PageTheme
    connector: Connector
    owner: str
    account_id: str
    # The labels and values of the fields that are not secret.
    details: tuple[tuple[str, str], ...]
    has_signed_in: bool
    # The project that suspended the account; empty if none did.
    suspended_by: str
    # Whether the customer paused it on their own page.
    is_paused: bool
    # What was asked for at the provider's sign-in page, and not allowed.
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingPage:
    template: ClassVar[str] = "hub/pending.html"

    look: PageTheme
    link: PendingLink
    provider: str
    project: str
    here: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingPage:
    template: ClassVar[str] = "hub/leaving.html"

    look: PageTheme
    connector: Connector
    sign_in_id: str
    # Leads to the provider, once.
    start_url: str
    back: str


def leaving(
    hub_request: HubRequest, connector: Connector, sign_in: SignIn, start_url: str
) -> Response:
    """Return the page that leads to the provider's sign-in page."""
    return hub_request.page(
        LeavingPage(
            look=hub_request.theme,
            connector=connector,
            sign_in_id=sign_in.id,
            start_url=start_url,
            back=hub_request.url(connector=sign_in.profile_id or ""),
        )
    )


def done(
    hub_request: HubRequest, account: Account, *, missing_scopes: tuple[str, ...] = ()
) -> Response:
    """Return the page of a linked account."""
    return _linked(hub_request, account, account_id=account.id, missing_scopes=missing_scopes)


def pending_result(
    hub_request: HubRequest,
    link: PendingLink,
    *,
    here: str | None = None,
    missing_scopes: tuple[str, ...] = (),
) -> Response:
    """
    Return the page of a link that waits for confirmation, was confirmed or refused.

    `here` is the address to look at again, where it is not the session's.
    """
    look, words = hub_request.theme, hub_request.theme.words
    if link.status is PendingLinkStatus.CONFIRMED and link.account_id is not None:
        return _linked(hub_request, link, account_id=link.account_id, missing_scopes=missing_scopes)
    project = _project(look)
    if link.status is not PendingLinkStatus.PENDING:
        title = words(f"pending.{link.status.value}", project=project)
        return hub_request.page(
            EndedPage(
                look=look,
                # It may begin with the words for a product without a name.
                title=title if look.brand and look.brand.name else title[:1].upper() + title[1:],
                explanation=words(f"pending.{link.status.value}_text"),
                what_to_do=words("pending.what"),
            ),
            status=_GONE,
        )
    connector = hub_request.hub.catalog.find(link.provider)
    return hub_request.page(
        PendingPage(
            look=look,
            link=link,
            provider=connector.title if connector else link.provider,
            project=project,
            here=here or hub_request.url(),
        )
    )


def ended(hub_request: HubRequest, error: HubError) -> Response:
    """Return a page that explains why the form is not available, and what to do."""
    words = hub_request.theme.words
    key = SESSION_ENDS.get(error.code, "unavailable")
    return hub_request.page(
        EndedPage(
            look=hub_request.theme,
            title=words(f"ended.{key}"),
            explanation=words(f"ended.{key}_text"),
            what_to_do=words(f"ended.{key}_what"),
        ),
        status=error.status if key == "unavailable" else _GONE,
    )


async def returned(request: Request) -> Response:
    """Return the page that the provider redirects to, which closes its window."""
    look = guest_theme(request)
    return page(
        request,
        EndedPage(
            look=look,
            title=look.words("ended.returned"),
            explanation=look.words("ended.returned_text"),
            closes=True,
        ),
    )


def crashed(request: Request) -> Response:
    return unknown_session_page(request, status=500, key="crashed", what=False)


def unavailable(request: Request, status: int) -> Response:
    return unknown_session_page(request, status=status, key="unavailable")


def missing(request: Request, status: int) -> Response:
    return unknown_session_page(request, status=status, key="missing", what=False)


def _linked(
    hub_request: HubRequest,
    linked: LinkResult,
    *,
    account_id: str,
    missing_scopes: tuple[str, ...],
) -> Response:
    connector = hub_request.hub.catalog.get(linked.provider)
    is_suspended = isinstance(linked, Account) and linked.status is AccountStatus.SUSPENDED
    is_paused = isinstance(linked, Account) and is_paused_only(linked)
    method = connector.find_auth_method(linked.auth_method)
    described = {each.name: each.description for each in connector.scope_definitions}
    return hub_request.page(
        DonePage(
            look=hub_request.theme,
            connector=connector,
            owner=hub_request.owner,
            account_id=account_id,
            details=() if method is None else method.labeled(linked.public_values),
            has_signed_in=method is not None and method.signs_in,
            suspended_by=_project(hub_request.theme) if is_suspended and not is_paused else "",
            is_paused=is_paused,
            missing=tuple(described.get(scope) or scope for scope in missing_scopes),
        )
    )


def _project(look: PageTheme) -> str:
    return (look.brand.name if look.brand else None) or look.words("pending.somebody")
