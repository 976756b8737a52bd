"""Final pages of the Hub: linked, pending, or an explanation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.accounts.models import Account
from jackfield.connect.models import (
    ConnectSessionExpired,
    ConnectSessionRevoked,
    ConnectSessionUsed,
)
from jackfield.connect.pending.models import PendingLink, PendingLinkStatus
from jackfield.connectors.connector import Connector
from jackfield.kit.errors import HubError
from jackfield.ui.hub.hub_request import EndedPage, HubRequest, unknown_session_page
from jackfield.ui.page_theme import PageTheme, guest_theme
from jackfield.ui.rendering import page

_GONE: Final = 410
_ENDS: Final[Mapping[type[HubError], str]] = {
    ConnectSessionUsed: "used",
    ConnectSessionExpired: "expired",
    ConnectSessionRevoked: "revoked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DonePage:
    template: ClassVar[str] = "hub/done.html"

    look: PageTheme
    connector: Connector
    owner: str
    account_id: str
    # The labels of the fields that are no secrets, and what was chosen or typed there.
    details: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingPage:
    template: ClassVar[str] = "hub/pending.html"

    look: PageTheme
    link: PendingLink
    provider: str
    project: str
    here: str


def done(visit: HubRequest, account: Account) -> Response:
    """Say that an account is linked."""
    return _linked(
        visit,
        account.provider,
        account.auth_method,
        dict(account.public_values),
        account_id=account.id,
    )


def pending_result(visit: HubRequest, link: PendingLink) -> Response:
    """Say whether a link was confirmed, or that it waits for that."""
    look, words = visit.theme, visit.theme.words
    if link.status is PendingLinkStatus.CONFIRMED and link.account_id is not None:
        return _linked(
            visit,
            link.provider,
            link.auth_method,
            dict(link.public_values),
            account_id=link.account_id,
        )
    project = (look.brand.name if look.brand else None) or words("pending.somebody")
    if link.status is not PendingLinkStatus.PENDING:
        return visit.page(
            EndedPage(
                look=look,
                title=words(f"pending.{link.status.value}", project=project),
                explanation=words(f"pending.{link.status.value}_text"),
                what_to_do=words("pending.what"),
            ),
            status=_GONE,
        )
    connector = visit.hub.catalog.find(link.provider)
    return visit.page(
        PendingPage(
            look=look,
            link=link,
            provider=connector.title if connector else link.provider,
            project=project,
            here=visit.url(),
        )
    )


def ended(visit: HubRequest, error: HubError) -> Response:
    """Explain why there is nothing to fill in, and what helps."""
    words = visit.theme.words
    key = _ENDS.get(type(error), "unavailable")
    return visit.page(
        EndedPage(
            look=visit.theme,
            title=words(f"ended.{key}"),
            explanation=words(f"ended.{key}_text"),
            what_to_do=words(f"ended.{key}_what"),
        ),
        status=error.status if key == "unavailable" else _GONE,
    )


async def returned(request: Request) -> Response:
    """Be the page a window lands on that a provider sent back: it closes itself."""
    look = guest_theme(request)
    return page(
        request,
        EndedPage(
            look=look,
            title=look.words("ended.returned"),
            explanation=look.words("ended.returned_text"),
            is_returned=True,
        ),
    )


def crashed(request: Request) -> Response:
    return unknown_session_page(request, status=500, key="crashed", what=False)


def missing(request: Request, status: int) -> Response:
    return unknown_session_page(request, status=status, key="missing", what=False)


def _linked(
    visit: HubRequest, provider: str, auth_method: str, setup: dict[str, str], *, account_id: str
) -> Response:
    connector = visit.hub.catalog.get(provider)
    method = connector.find_auth_method(auth_method)
    fields = {} if method is None else {field.key: field for field in method.config_fields}
    details = tuple(
        (field.label, next((o.label for o in field.options if o.value == value), value))
        for name, value in setup.items()
        if (field := fields.get(name)) is not None
    )
    return visit.page(
        DonePage(
            look=visit.theme,
            connector=connector,
            owner=visit.holder.session.terms.origin_owner_name,
            account_id=account_id,
            details=details,
        )
    )
