"""Linking an account: check what was typed, ask the provider, keep the account.

In three steps, so that no transaction is open while the provider thinks. What could have changed
meanwhile (the session was used in another window, another window linked the same account) is
looked at again in the transaction that keeps the account.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from jackfield.accounts.access import AccountAccess, load, open_fields
from jackfield.accounts.check import check_credential
from jackfield.accounts.credentials import Credentials, secrets_of
from jackfield.accounts.identity import find_identity
from jackfield.accounts.models import Account, AccountNotFound
from jackfield.accounts.provider import ProviderAccount
from jackfield.connect import sessions as connect
from jackfield.connect.attempts import ConnectionAttempt
from jackfield.connect.models import InvalidFields
from jackfield.connect.pending import service as pending
from jackfield.connect.pending.models import PendingLink
from jackfield.connect.pending.repo import PendingLinks
from jackfield.connect.repo import ConnectSessions, Holder
from jackfield.connect.verified_account import (
    VerifiedCredentials,
    require_same_identity,
    save_account,
)
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.db.tx import Tx
from jackfield.kit.errors import HubError
from jackfield.kit.ids import AccountId
from jackfield.profiles import service as profiles
from jackfield.profiles.models import Profile
from jackfield.profiles.setup import Setup
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
    profile_id: str,
    submitted: Mapping[str, str],
    confirm_identity_change: bool = False,
) -> LinkResult:
    """
    Link an account with the credentials `submitted`, by field.

    An origin owner's existing account with the provider gets the new credentials, unless the
    session asked for a further one. Where the project confirms links itself, nothing is linked
    before it does.

    Raises:
        ProfileNotFound: the session does not offer this connector profile.
        InvalidFields: the form is incomplete, or holds what does not belong there.
        CredentialRejected: the provider says no, and why.
        ProviderError: the provider could not be asked.
        IdentityChanged: the credentials are good, but not of the account linked until now.
        ConnectSessionUsed, ConnectSessionRevoked: the session ended meanwhile.
    """
    offer = await connect.offer(hub, holder, profile_id)
    values = require_fields(offer.method, submitted)
    attempt = LinkAttempt(holder, offer.profile, offer.connector, offer.method, values)
    return await _link_and_record(hub, attempt, confirm_identity_change=confirm_identity_change)


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
    method, account = access.method, access.account
    values = require_fields(method, {**open_fields(hub, access), **submitted})
    attempt = LinkAttempt(holder, access.profile, access.connector, method, values, account.id)
    return await _link_and_record(hub, attempt, confirm_identity_change=confirm_identity_change)


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


@dataclass(frozen=True, slots=True)
class LinkAttempt:
    """Credentials on their way to the provider."""

    holder: Holder
    profile: Profile
    connector: Connector
    method: AuthMethod
    values: Mapping[str, str] = field(repr=False)
    account_id: AccountId | None = None


async def _link_and_record(
    hub: Hub, attempt: LinkAttempt, *, confirm_identity_change: bool
) -> LinkResult:
    """Ask the provider, keep what it accepts, and in the session what came of it."""
    begun = hub.clock()
    try:
        return await _verify_and_save(
            hub, attempt, begun, confirm_identity_change=confirm_identity_change
        )
    except HubError as error:
        async with hub.db.write(attempt.holder.project_id) as tx:
            failed = ConnectionAttempt.failed(begun, error, now=tx.now)
            await ConnectSessions(tx).note(attempt.holder.session.id, failed)
        raise


async def _verify_and_save(
    hub: Hub, attempt: LinkAttempt, begun: datetime, *, confirm_identity_change: bool
) -> LinkResult:
    """Ask the provider, and keep what it accepts: as an account, or until it is confirmed."""
    holder, vault = attempt.holder, hub.vault
    async with hub.db.read(holder.project_id) as tx:
        setup = await profiles.setup_of(tx, hub, attempt.profile)
    settings = await projects.project_settings(hub, holder.project_id)
    tried = _credentials(attempt, setup)
    account = _at_provider(attempt, tried)
    await check_credential(hub, account, attempt.method)
    proven = VerifiedCredentials(
        terms=holder.session.terms,
        profile=attempt.profile,
        method=attempt.method,
        values=attempt.values,
        identity=await find_identity(hub, account, attempt.method),
        account_id=attempt.account_id,
    )
    async with hub.db.write(holder.project_id) as tx:
        if not confirm_identity_change:
            await require_same_identity(tx, vault, proven)
        if settings.confirm_links:
            waiting = await pending.hold_back(tx, vault, proven)
            pends = ConnectionAttempt.waiting(begun, until=waiting.expires_at, now=tx.now)
            await ConnectSessions(tx).end(holder.session.id, pends, pending=waiting.id)
            return waiting
        kept = await save_account(tx, vault, proven)
        linked = ConnectionAttempt.linked(begun, kept.id, now=tx.now)
        await ConnectSessions(tx).end(holder.session.id, linked, linked=kept.id)
        return kept


def _credentials(attempt: LinkAttempt, setup: Setup) -> Credentials:
    secrets = secrets_of(attempt.method, attempt.values)
    return Credentials.of(attempt.values, secrets=secrets.values(), setup=setup)


def _at_provider(attempt: LinkAttempt, credentials: Credentials) -> ProviderAccount:
    terms = attempt.holder.session.terms
    return ProviderAccount(
        attempt.holder.project_id,
        attempt.connector,
        attempt.method.key,
        attempt.profile.environment,
        terms.origin_owner_id,
        terms.origin_owner_name,
        credentials,
        attempt.account_id,
    )


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
