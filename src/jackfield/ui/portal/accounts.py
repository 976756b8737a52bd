"""`/portal/{id}`: the accounts of one customer, and linking another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import RedirectResponse, Response

from jackfield.accounts.models import Account
from jackfield.accounts.revocation.models import RevocationResult
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.catalog import Catalog
from jackfield.connectors.connector import Connector
from jackfield.kit.whole_numbers import whole_number
from jackfield.portal import accounts as owned
from jackfield.portal.models import PortalRight
from jackfield.profiles.models import Profile
from jackfield.profiles.repo import Profiles
from jackfield.ui.portal.portal_request import PortalLinks, PortalLook, PortalRequest, rights_of
from jackfield.ui.portal.states import State, effects_of, state_of

_LAST_PAGE: Final = 10_000
# How a removal ended, for its notice: nothing else in an address becomes text.
_REMOVALS: Final[Mapping[str, str]] = {
    RevocationResult.REVOKED.value: "removed_revoked",
    RevocationResult.UNSUPPORTED.value: "removed_kept",
    RevocationResult.FAILED.value: "removed_kept",
    RevocationResult.NOT_APPLICABLE.value: "removed",
}


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account of the list."""

    account: Account
    title: str
    label: str
    state: State
    used_at: datetime | None
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAccountsPage:
    template: ClassVar[str] = "portal/accounts.html"

    look: PortalLook
    links: PortalLinks
    rights: frozenset[str]
    lines: tuple[AccountLine, ...]
    ends_at: datetime | None
    # The key of the words for an account that was just removed.
    notice: str | None
    # The numbers of the pages before and after this one.
    newer: int | None
    older: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalLinkingPage:
    template: ClassVar[str] = "portal/linking.html"

    look: PortalLook
    links: PortalLinks
    url: str


async def list_accounts(portal: PortalRequest) -> Response:
    number, query = page_number(portal), portal.request.query_params
    found, use, more = await owned.list_accounts(portal.hub, portal.holder, number=number)
    async with portal.hub.db.read(portal.holder.project_id) as tx:
        wanted = {each.profile_id for each in found}
        profiles = {each: await Profiles(tx).get(each) for each in sorted(wanted)}
    lines = tuple(
        AccountLine(
            account,
            title_of(portal.hub.catalog, account),
            label_of(account),
            state_of(account),
            use[account.id].used_at,
            effects_of(allowed_actions(portal.hub.catalog, account, profiles[account.profile_id])),
        )
        for account in found
    )
    return portal.page(
        PortalAccountsPage(
            look=portal.look,
            links=portal.links,
            rights=rights_of(portal),
            lines=lines,
            ends_at=portal.holder.session.ends_at,
            notice=_REMOVALS.get(query.get("removed", "")),
            newer=number - 1 if number > 1 else None,
            older=number + 1 if more else None,
        )
    )


async def link_another(portal: PortalRequest) -> Response:
    """Lead to the Hub, for an account that this customer has not linked yet."""
    portal.holder.require(PortalRight.LINK)
    return lead_to(portal, await owned.link_url(portal.hub, portal.holder))


def lead_to(portal: PortalRequest, url: str) -> Response:
    """Lead to the Hub; it cannot be shown in a product's frame, which opens a window for it."""
    if not portal.is_framed:
        response = RedirectResponse(url, 303)
        response.headers["referrer-policy"] = "no-referrer"
        return response
    return portal.page(PortalLinkingPage(look=portal.look, links=portal.links, url=url))


def page_number(portal: PortalRequest) -> int:
    return whole_number(portal.request.query_params.get("page", ""), most=_LAST_PAGE) or 1


def title_of(catalog: Catalog, account: Account) -> str:
    connector = catalog.find(account.provider)
    return account.provider if connector is None else connector.title


def label_of(account: Account) -> str:
    return account.label if isinstance(account.label, str) else ""


def allowed_actions(catalog: Catalog, account: Account, profile: Profile) -> list[ActionInfo]:
    """Return the actions that an account may run."""
    connector: Connector | None = catalog.find(account.provider)
    return [
        action
        for action in (() if connector is None else connector.actions)
        if not action.is_internal and account.allows(action.id) and profile.allows(action.id)
    ]
