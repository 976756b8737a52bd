"""Linking an account: check what was typed, verify it at the provider, keep the account.

In three steps, so that no transaction is open while the provider thinks. What could have changed
meanwhile (the session was used in another window, another window linked the same account) is
looked at again in the transaction that keeps the account.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from jackfield.accounts.access import AccountAccess, load, open_fields
from jackfield.accounts.models import Account, AccountNotFound
from jackfield.accounts.verification import Candidate, VerifiedCredentials, verify
from jackfield.connect.attempts import ConnectionAttempt
from jackfield.connect.models import InvalidFields
from jackfield.connect.pending import service as pending
from jackfield.connect.pending.models import PendingLink
from jackfield.connect.pending.repo import PendingLinks
from jackfield.connect.repo import ConnectSessions, Holder
from jackfield.connect.sessions import Offer
from jackfield.connect.verified_account import (
    LinkTarget,
    find_existing,
    require_same_identity,
    save_account,
)
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.db.tx import Tx
from jackfield.kit.errors import HubError
from jackfield.projects import service as projects
from jackfield.runtime import Hub

# What Iterable and others show of a key they no longer know: enough to tell two apart.
_TAIL: Final = 4
_SHORTEST_WITH_TAIL: Final = 16


# What came of linking: an account, or what is to become one.
LinkResult: TypeAlias = Account | PendingLink


@dataclass(frozen=True, slots=True)
class Prefill:
    """What the form of an account starts with; `tails` are the last characters of its secrets."""

    account: Account
    connector: Connector
    tails: Mapping[str, str]


async def link(
    hub: Hub,
    holder: Holder,
    *,
    offer: Offer,
    submitted: Mapping[str, str],
    confirm_identity_change: bool = False,
) -> LinkResult:
    """
    Link an account as the session offers it, with the credentials `submitted`, by field.

    An origin owner's existing account with the provider gets the new credentials, unless the
    session asked for a further one. Where the project confirms links itself, nothing is linked
    before it does.

    Raises:
        InvalidFields: the form is incomplete, or holds what does not belong there.
        CredentialRejected: the provider says no, and why.
        ProviderError: the provider could not be asked.
        IdentityChanged: the credentials are good, but not of the account linked until now.
        ConnectSessionUsed, ConnectSessionRevoked: the session ended meanwhile.
    """
    values, terms = require_fields(offer.method, submitted), holder.session.terms
    async with hub.db.read(holder.project_id) as tx:
        current = await find_existing(tx, terms, offer.connector.key)
    owner = current or terms
    candidate = Candidate(
        project_id=holder.project_id,
        origin_owner_id=owner.origin_owner_id,
        origin_owner_name=owner.origin_owner_name,
        profile=offer.profile,
        connector=offer.connector,
        method=offer.method,
        values=values,
        account=current,
    )
    # Not that account, but the terms: another window may link one while the provider is asked.
    into = LinkTarget(terms)
    return await _link_and_record(
        hub, holder, candidate, into, is_confirmed=confirm_identity_change
    )


async def prefill(hub: Hub, holder: Holder, account_id: str) -> Prefill:
    """
    Return what the form for linking an account anew starts with.

    Raises:
        AccountNotFound: it is not one this session may touch.
    """
    async with hub.db.read(holder.project_id) as tx:
        access = await _editable(tx, hub, holder, account_id)
    values = open_fields(hub, access)
    tails = {name: _tail(values[name]) for name in access.secrets.fields}
    return Prefill(access.account, access.connector, tails)


async def relink(
    hub: Hub,
    holder: Holder,
    *,
    account_id: str,
    submitted: Mapping[str, str],
    confirm_identity_change: bool = False,
) -> LinkResult:
    """
    Change an account's credentials; a field that was not submitted stays as it is.

    Raises:
        AccountNotFound: it is not one this session may touch.
        InvalidFields, CredentialRejected, ProviderError: as `link`.
        IdentityChanged, ConnectSessionUsed, ConnectSessionRevoked: as `link`.
    """
    async with hub.db.read(holder.project_id) as tx:
        access = await _editable(tx, hub, holder, account_id)
    values = require_fields(access.method, {**open_fields(hub, access), **submitted})
    into = LinkTarget(holder.session.terms, access.account.id)
    candidate = Candidate.replacing(access, values)
    return await _link_and_record(
        hub, holder, candidate, into, is_confirmed=confirm_identity_change
    )


async def find_pending(hub: Hub, holder: Holder) -> PendingLink | None:
    """Return the link that a session left to be confirmed, whatever became of it."""
    if holder.session.pending_link_id is None:
        return None
    async with hub.db.read(holder.project_id) as tx:
        return await PendingLinks(tx).get(holder.session.pending_link_id)


def require_fields(method: AuthMethod, submitted: Mapping[str, str]) -> dict[str, str]:
    """
    Return the fields of `method` in the form they are kept in.

    Raises:
        InvalidFields: any is missing, malformed, or not one of the method's; all are named.
    """
    checked = method.check(submitted)
    if checked.faults:
        words = "; ".join(fault.message for fault in checked.faults)
        raise InvalidFields(words, faults=checked.faults)
    return dict(checked.values)


async def _link_and_record(
    hub: Hub, holder: Holder, candidate: Candidate, into: LinkTarget, *, is_confirmed: bool
) -> LinkResult:
    """Verify and keep credentials, and keep in the session what came of it."""
    begun = hub.clock()
    try:
        verified = await verify(hub, candidate)
        return await _keep(hub, holder, verified, into, begun=begun, is_confirmed=is_confirmed)
    except HubError as error:
        async with hub.db.write(holder.project_id, holder.actor) as tx:
            failed = ConnectionAttempt.failed(begun, error, now=tx.now)
            await ConnectSessions(tx).note(holder.session.id, failed)
        raise


async def _keep(
    hub: Hub,
    holder: Holder,
    verified: VerifiedCredentials,
    into: LinkTarget,
    *,
    begun: datetime,
    is_confirmed: bool,
) -> LinkResult:
    """Keep verified credentials: as an account, or until the project confirms them."""
    vault, session_id = hub.vault, holder.session.id
    settings = await projects.project_settings(hub, holder.project_id)
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        if not is_confirmed:
            await require_same_identity(tx, vault, verified, into)
        if settings.confirm_links:
            waiting = await pending.hold_back(tx, vault, verified, into)
            pends = ConnectionAttempt.waiting(begun, until=waiting.expires_at, now=tx.now)
            await ConnectSessions(tx).end(session_id, pends, pending=waiting.id)
            return waiting
        account = await save_account(tx, vault, verified, into)
        linked = ConnectionAttempt.linked(begun, account.id, now=tx.now)
        await ConnectSessions(tx).end(session_id, linked, linked=account.id)
        return account


async def _editable(tx: Tx, hub: Hub, holder: Holder, account_id: str) -> AccountAccess:
    """A session opens the account it names, or those of its origin owner that it could link."""
    # What a session may not touch looks as if it were not there, whatever else is wrong with it.
    access = await load(tx, hub, account_id, method_required=False)
    account = access.account
    terms = holder.session.terms
    if terms.account_id not in (None, account.id):
        raise AccountNotFound
    if terms.account_id is None and (
        account.origin_owner_id != terms.origin_owner_id
        or terms.provider not in (None, account.provider)
        or terms.profile_id not in (None, account.profile_id)
    ):
        raise AccountNotFound
    return access


def _tail(secret: str) -> str:
    return secret[-_TAIL:] if len(secret) >= _SHORTEST_WITH_TAIL else ""
