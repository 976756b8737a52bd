"""`/portal/{id}/accounts/{account}`: one account of a customer, what ran, and what they can do."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from jackfield.accounts.models import Account, StatusReason
from jackfield.connectors.connector import Connector
from jackfield.logs.runs.models import Run
from jackfield.portal import accounts as owned
from jackfield.portal.models import PortalHolder
from jackfield.profiles.repo import Profiles
from jackfield.profiles.service import PROXY
from jackfield.runtime import Hub
from jackfield.ui.portal.accounts import (
    allowed_actions,
    label_of,
    lead_to,
    page_number,
    title_of,
)
from jackfield.ui.portal.portal_request import PortalLinks, PortalLook, PortalRequest, rights_of
from jackfield.ui.portal.states import State, effects_of, state_of, why_failed


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run of the list: no input, no answer and no error text of it."""

    # Empty for a request that the project made by itself.
    label: str
    at: datetime
    worked: bool
    # The key of the words for why it did not work.
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAccountPage:
    template: ClassVar[str] = "portal/account.html"

    look: PortalLook
    links: PortalLinks
    rights: frozenset[str]
    account: Account
    place: str
    title: str
    label: str
    state: State
    since: datetime | None
    # What the provider said, if it accepts the credentials no more, and the step that mends it.
    reason: StatusReason | None
    mend_url: str | None
    # The labels and values of the fields that are not secret.
    details: tuple[tuple[str, str], ...]
    effects: tuple[str, ...]
    may_request: bool
    actions: tuple[str, ...]
    runs: tuple[RunLine, ...]
    newer: int | None
    older: int | None


async def show_account(portal: PortalRequest) -> Response:
    number, hub = page_number(portal), portal.hub
    account, runs, more = await owned.get_account(
        hub, portal.holder, portal.request.path_params["account_id"], number=number
    )
    async with hub.db.read(portal.holder.project_id) as tx:
        profile = await Profiles(tx).get(account.profile_id)
    connector, state = hub.catalog.find(account.provider), state_of(account)
    method = None if connector is None else connector.find_auth_method(account.auth_method)
    actions = allowed_actions(hub.catalog, account, profile)
    proxy = f"{account.provider}_{PROXY}"
    reasons = account.status_reasons
    reason = reasons[-1] if reasons and state.key == "broken" else None
    return portal.page(
        PortalAccountPage(
            look=portal.look,
            links=portal.links,
            rights=rights_of(portal),
            account=account,
            place=f"/accounts/{quote(account.id)}",
            title=title_of(hub.catalog, account),
            label=label_of(account),
            state=state,
            since=reasons[0].since if reasons else None,
            reason=reason,
            mend_url=None if reason is None else _mend_url(portal, reason),
            details=() if method is None else method.labeled(account.public_values),
            effects=effects_of(actions),
            may_request=account.allows(proxy) and profile.allows(proxy),
            actions=tuple(sorted({each.label for each in actions})),
            runs=tuple(_line(connector, run) for run in runs),
            newer=number - 1 if number > 1 else None,
            older=number + 1 if more else None,
        )
    )


async def change_account(portal: PortalRequest) -> Response:
    """Do what the posted button says with an account."""
    account_id, verb = (portal.request.path_params[each] for each in ("account_id", "verb"))
    if verb == "reconnect":
        return lead_to(portal, await owned.relink_url(portal.hub, portal.holder, account_id))
    if verb == "remove":
        outcome = await owned.remove(portal.hub, portal.holder, account_id)
        return portal.redirect(removed=outcome.result.value)
    change = _CHANGES.get(verb)
    if change is None:
        raise HTTPException(404)
    await change(portal.hub, portal.holder, account_id)
    return portal.redirect(f"/accounts/{quote(account_id)}")


_CHANGES: Final[Mapping[str, Callable[[Hub, PortalHolder, str], Awaitable[Account]]]] = {
    "pause": owned.pause,
    "resume": owned.resume,
}


def _mend_url(portal: PortalRequest, reason: StatusReason) -> str | None:
    """Return the address of the step of the guide, in the project's own look."""
    if reason.step is None:
        return None
    address, _, anchor = reason.step.url.partition("#")
    return f"{address}?project={portal.holder.project_id}#{anchor}"


def _line(connector: Connector | None, run: Run) -> RunLine:
    action = None if connector is None else connector.find_action(run.action_id)
    is_proxied = run.action_id.endswith(f"_{PROXY}")
    label = action.label if action else "" if is_proxied else run.action_id
    return RunLine(label, run.started_at, run.success, "" if run.success else why_failed(run))
