"""Page of how a sign-in at the provider ended, or of what it waits for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from jackfield.accounts.models import AccountNotFound, CredentialRejected
from jackfield.accounts.repo import Accounts
from jackfield.connect.attempts import AttemptStatus
from jackfield.connect.models import IdentityChanged
from jackfield.connect.pending.repo import PendingLinks
from jackfield.connect.sign_in.models import (
    NoTenant,
    SignIn,
    SignInDenied,
    SignInExpired,
    SignInFailed,
    SignInNotApproved,
    Stage,
)
from jackfield.engine.exchange.failure import DEFAULT_MESSAGE
from jackfield.engine.oauth.errors import ClientRefused
from jackfield.engine.oauth.sign_in import CallbackRefused
from jackfield.kit.errors import (
    EgressBlocked,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
)
from jackfield.profiles.models import ProfileNotFound
from jackfield.ui.hub.hub_request import EndedPage, HubRequest
from jackfield.ui.hub.result import SESSION_ENDS, done, pending_result

# The words for each end, by error code.
_ENDS: Final[Mapping[str, str]] = {
    SignInDenied.code: "denied",
    SignInExpired.code: "expired",
    CallbackRefused.code: "mixed",
    SignInFailed.code: "failed",
    IdentityChanged.code: "identity",
    ClientRefused.code: "setup",
    NoTenant.code: "no_tenant",
    SignInNotApproved.code: "approval",
}
# What cannot be connected with this session, or not any more.
_GONE_FOR_GOOD: Final[Mapping[str, str]] = {
    **SESSION_ENDS,
    ProfileNotFound.code: "unavailable",
    AccountNotFound.code: "unavailable",
}
# Where the provider, or the way to it, is the problem: the form has words for it.
_PROBLEMS: Final[Mapping[str, str]] = {
    CredentialRejected.code: "rejected",
    ProviderTimeout.code: "slow",
    ProviderRateLimited.code: "busy",
    ProviderUnavailable.code: "unreachable",
    EgressBlocked.code: "blocked",
}
# Ends that the provider, or the connector, has words of its own for.
_TOLD: Final = frozenset({SignInFailed.code, CredentialRejected.code})
_GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Place:
    """Addresses of a result: of the page itself, and of the form if one can start over there."""

    here: str
    restart: str | None


async def sign_in_result(hub_request: HubRequest, sign_in: SignIn, place: Place) -> Response:
    """Return the page of a linked account or pending link, or of what came of the sign-in."""
    missing = sign_in.scopes_missing
    async with hub_request.hub.db.read(sign_in.project_id) as tx:
        linked, pending = sign_in.linked_account_id, sign_in.pending_link_id
        account = None if linked is None else await Accounts(tx).get(linked)
        link = None if pending is None else await PendingLinks(tx).get(pending)
    if account is not None:
        return done(hub_request, account, missing_scopes=missing)
    if link is not None:
        return pending_result(hub_request, link, here=place.here, missing_scopes=missing)
    return _ended(hub_request, sign_in, place)


def _ended(hub_request: HubRequest, sign_in: SignIn, place: Place) -> Response:
    words, code = hub_request.theme.words, sign_in.error_code or ""
    connector = hub_request.hub.catalog.find(sign_in.connector_key or "")
    provider = connector.title if connector else sign_in.connector_key or ""
    if code in _GONE_FOR_GOOD:
        title = f"ended.{_GONE_FOR_GOOD[code]}"
        keys, restart = (title, f"{title}_text", f"{title}_what"), None
    elif code == "" or code in _ENDS:
        title = f"sign_in.{_state(hub_request, sign_in) if code == '' else _ENDS[code]}"
        keys, restart = (title, f"{title}_text", f"{title}_what"), place.restart
    else:
        title = "problem.unchanged" if sign_in.account_id else "problem.title"
        keys, restart = (title, f"problem.{_PROBLEMS.get(code, 'other')}", None), place.restart
    if code == IdentityChanged.code and restart is not None:
        # The form then asks whether the other account is meant.
        restart += "&other=1"
    now = hub_request.hub.clock()
    is_waiting = any(sign_in.is_waiting_at(now, each) for each in (Stage.AWAITING, Stage.REDEEMING))
    detail = sign_in.error_description or ""
    is_told = code in _TOLD and not detail.startswith(DEFAULT_MESSAGE)
    return hub_request.page(
        EndedPage(
            look=hub_request.theme,
            title=words(keys[0], provider=provider),
            explanation=words(keys[1], provider=provider),
            what_to_do=None if keys[2] is None else words(keys[2], provider=provider),
            detail=detail if is_told else None,
            restart=restart,
            is_waiting=is_waiting,
        ),
        status=200 if is_waiting else _GONE,
    )


def _state(hub_request: HubRequest, sign_in: SignIn) -> str:
    """Return the words for a sign-in without an error."""
    status = sign_in.status_at(hub_request.hub.clock())
    if status is not AttemptStatus.PENDING:
        return status.value
    return {Stage.REDEEMING: "checking", Stage.AWAITING: "awaiting"}.get(sign_in.stage, "open")
