"""Linking an account: check what was typed, verify it at the provider, keep the account.

In three steps, so that no transaction is open during verification. What could have changed meanwhile
(the session was used in another window, another window linked the same account) is checked again in
the transaction that stores the account.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from jackfield.accounts.access import AccountAccess, load, open_fields
from jackfield.accounts.models import Account, AccountNotFound
from jackfield.accounts.verification import Candidate, VerifiedCredentials, verify
from jackfield.connect.attempts import ConnectionAttempt
from jackfield.connect.models import (
    InvalidFields,
    SecretsToRetype,
    SessionTerms,
    SignInRequired,
    SignInUnsupported,
)
from jackfield.connect.pending import service as pending
from jackfield.connect.pending.models import PendingLink
from jackfield.connect.pending.repo import PendingLinks
from jackfield.connect.repo import ConnectSessions, Holder
from jackfield.connect.sessions import Offer
from jackfield.connect.steps.service import noting_attempt, noting_faults
from jackfield.connect.verified_account import (
    LinkTarget,
    find_existing,
    require_same_identity,
    require_unmoved,
    save_account,
)
from jackfield.connectors.address_change import secrets_to_retype
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.db.tx import Tx
from jackfield.kit.errors import EgressBlocked, Fault, HubError
from jackfield.projects import service as projects
from jackfield.runtime import Hub

# As many characters of a key as Iterable and others show: enough to tell two keys apart.
_TAIL: Final = 4
_SHORTEST_WITH_TAIL: Final = 16

LinkResult: TypeAlias = Account | PendingLink


@dataclass(frozen=True, slots=True)
class Prepared:
    """Checked values that the provider has not seen yet, and the account that is to get them."""

    candidate: Candidate
    into: LinkTarget


@dataclass(frozen=True, slots=True)
class Prefill:
    """The initial state of an account's form; `tails` are the last characters of its secrets."""

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
    session allows `multiple`. If the project confirms links itself, a pending link is created.

    Raises:
        InvalidFields: the form is incomplete, or has invalid or unknown fields.
        SignInRequired: the provider has to be signed in at.
        CredentialRejected: the provider rejects the credentials.
        ProviderError: the provider could not be reached, or failed.
        IdentityChanged: the credentials belong to another account at the provider.
        TooManyAttempts: the session has had as many attempts as it may have.
        ConnectSessionUsed, ConnectSessionRevoked: the session ended meanwhile.
    """
    prepared = await prepare_link(hub, holder, offer=offer, submitted=submitted)
    require_no_sign_in(offer.method)
    return await verify_and_save(hub, holder, prepared, is_confirmed=confirm_identity_change)


async def prepare_link(
    hub: Hub, holder: Holder, *, offer: Offer, submitted: Mapping[str, str]
) -> Prepared:
    """
    Check what was submitted to link an account, before the provider is asked.

    Raises:
        InvalidFields, SignInUnsupported: as `require_fields`.
    """
    with noting_faults(hub, holder, offer.connector.key, offer.method):
        values = require_fields(offer.method, submitted)
    return await link_with(hub, holder, offer=offer, values=values)


async def link_with(
    hub: Hub, holder: Holder, *, offer: Offer, values: Mapping[str, str]
) -> Prepared:
    """Return what is to be verified and stored to link an account with checked values."""
    terms = holder.session.terms
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
    # Not that account's id, but the terms: another window may link one during verification.
    return Prepared(candidate, LinkTarget(terms, before=current))


async def prefill(hub: Hub, holder: Holder, account_id: str) -> Prefill:
    """
    Return the initial state of the form that links an account again.

    Raises:
        AccountNotFound: the session may not edit it.
    """
    async with hub.db.read(holder.project_id) as tx:
        access = await _editable(tx, hub, holder, account_id)
    values = open_fields(hub, access)
    tails = {name: _tail(values[name]) for name in access.secrets.fields if name in values}
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
        AccountNotFound: the session may not edit it.
        InvalidFields, SignInRequired, CredentialRejected, ProviderError: as `link`.
        IdentityChanged, TooManyAttempts: as `link`.
        ConnectSessionUsed, ConnectSessionRevoked: as `link`.
    """
    prepared = await prepare_relink(hub, holder, account_id=account_id, submitted=submitted)
    require_no_sign_in(prepared.candidate.method)
    return await verify_and_save(hub, holder, prepared, is_confirmed=confirm_identity_change)


async def prepare_relink(
    hub: Hub, holder: Holder, *, account_id: str, submitted: Mapping[str, str]
) -> Prepared:
    """
    Check what was submitted to link an account again, before the provider is asked.

    Raises:
        AccountNotFound: the session may not edit it.
        InvalidFields, SignInUnsupported: as `require_fields`.
    """
    async with hub.db.read(holder.project_id) as tx:
        access = await _editable(tx, hub, holder, account_id)
    begun = hub.clock()
    try:
        with noting_faults(hub, holder, access.connector.key, access.method):
            values = require_changes(access, open_fields(hub, access), submitted)
    except SecretsToRetype as refused:
        # The project sees that another address was tried.
        await record_failure(hub, holder, begun, refused)
        raise
    return _relink_with(holder, access, values)


async def relink_with(
    hub: Hub, holder: Holder, *, account_id: str, values: Mapping[str, str]
) -> Prepared:
    """
    Return what is to be verified and stored to link an account again with checked values.

    Raises:
        AccountNotFound: the session may not edit it.
    """
    async with hub.db.read(holder.project_id) as tx:
        access = await _editable(tx, hub, holder, account_id)
    return _relink_with(holder, access, values)


def _relink_with(holder: Holder, access: AccountAccess, values: Mapping[str, str]) -> Prepared:
    into = LinkTarget(holder.session.terms, access.account.id, access.account)
    return Prepared(Candidate.replacing(access, values), into)


async def find_pending(hub: Hub, holder: Holder) -> PendingLink | None:
    """Return the pending link of a session, in any status."""
    if holder.session.pending_link_id is None:
        return None
    async with hub.db.read(holder.project_id) as tx:
        return await PendingLinks(tx).get(holder.session.pending_link_id)


def require_fields(method: AuthMethod, submitted: Mapping[str, str]) -> dict[str, str]:
    """
    Return the fields of `method` in the form they are stored in.

    Raises:
        InvalidFields: fields are missing, malformed or unknown; all are named.
        SignInUnsupported: the fields are not enough, and this hub cannot get the rest.
    """
    checked = method.check(submitted)
    if checked.faults:
        msg = "; ".join(fault.message for fault in checked.faults)
        raise InvalidFields(msg, faults=checked.faults)
    if method.needs_tokens and not method.gives_tokens:
        raise SignInUnsupported
    return dict(checked.values)


def require_no_sign_in(method: AuthMethod) -> None:
    """
    Raise unless the fields of an auth method are enough to link an account.

    Raises:
        SignInRequired: the provider has to be signed in at.
    """
    if method.signs_in:
        raise SignInRequired


def require_changes(
    access: AccountAccess, before: Mapping[str, str], submitted: Mapping[str, str]
) -> dict[str, str]:
    """
    Return an account's fields with what was `submitted` in place of what it had `before`.

    A secret that is not submitted stays, as long as it goes where it went before.

    Raises:
        InvalidFields: as `require_fields`.
        SecretsToRetype: the address changes, and not every secret was submitted.
    """
    values = require_fields(access.method, {**before, **submitted})
    faults = secrets_to_retype(
        access.method.config_fields,
        access.connector.compiled.address_credentials,
        before=before,
        after=values,
        typed={name for name, value in submitted.items() if value.strip()},
    )
    if faults:
        raise SecretsToRetype(faults=faults)
    return values


async def verify_fields(hub: Hub, candidate: Candidate) -> VerifiedCredentials:
    """
    Verify what was filled in.

    Raises:
        InvalidFields: a value cannot be part of the provider's address, so nothing was asked.
        CredentialRejected, ProviderError: as `verify`.
    """
    try:
        return await verify(hub, candidate)
    except EgressBlocked as blocked:
        faults = [
            Fault(f"credentials.{name}", each.message)
            for each in blocked.faults
            for name in candidate.method.typed_for(each.path)
        ]
        if not faults:
            raise
        raise InvalidFields.of(faults) from blocked


async def verify_and_save(
    hub: Hub,
    holder: Holder,
    prepared: Prepared,
    *,
    is_confirmed: bool,
    require_wanted: Callable[[Tx], Awaitable[None]] | None = None,
) -> LinkResult:
    """
    Verify and store credentials, and record the result in the session.

    With `require_wanted` they are of an attempt that is counted already, and are stored only if it
    does not raise.

    Raises:
        HubError: as `link`.
    """
    begun = hub.clock()
    if require_wanted is None:
        async with hub.db.write(holder.project_id, holder.actor) as tx:
            await ConnectSessions(tx).begin_attempt(holder.session.id)
    try:
        with noting_attempt(hub, holder, prepared.candidate.connector.key):
            verified = await verify_fields(hub, prepared.candidate)
            return await _save(
                hub,
                holder,
                verified,
                prepared.into,
                begun=begun,
                is_confirmed=is_confirmed,
                require_wanted=require_wanted,
            )
    except HubError as error:
        await record_failure(hub, holder, begun, error)
        raise


async def record_failure(hub: Hub, holder: Holder, begun: datetime, error: HubError) -> None:
    """Record in the session that an attempt failed."""
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        failed = ConnectionAttempt.failed(begun, error, now=tx.now)
        await ConnectSessions(tx).note(holder.session.id, failed)


async def _save(  # noqa: PLR0913 - what was verified, and all that decides over it
    hub: Hub,
    holder: Holder,
    verified: VerifiedCredentials,
    into: LinkTarget,
    *,
    begun: datetime,
    is_confirmed: bool,
    require_wanted: Callable[[Tx], Awaitable[None]] | None,
) -> LinkResult:
    """Store verified credentials: in an account, or until the project confirms them."""
    vault, session_id = hub.vault, holder.session.id
    settings = await projects.project_settings(hub, holder.project_id)
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        if require_wanted is not None:
            await require_wanted(tx)
        await require_unmoved(tx, into)
        if not is_confirmed:
            await require_same_identity(tx, vault, verified, into)
        if settings.confirm_links:
            pending_link = await pending.add(tx, vault, verified, into, session_id)
            attempt = ConnectionAttempt.waiting(begun, until=pending_link.expires_at, now=tx.now)
            await ConnectSessions(tx).end(session_id, attempt, pending=pending_link.id)
            return pending_link
        account = await save_account(tx, vault, verified, into)
        attempt = ConnectionAttempt.linked(begun, account.id, now=tx.now)
        await ConnectSessions(tx).end(session_id, attempt, linked=account.id)
        return account


async def _editable(tx: Tx, hub: Hub, holder: Holder, account_id: str) -> AccountAccess:
    """Load an account that the session names, or that it could link for its origin owner."""
    # `method_required=False`: an account out of reach looks as if it did not exist, whatever else
    # is wrong with it.
    access = await load(tx, hub, account_id, method_required=False)
    account = access.account
    terms = holder.session.terms
    if terms.account_id not in (None, account.id):
        raise AccountNotFound
    if terms.account_id is None and (
        account.origin_owner_id != terms.origin_owner_id
        or account.origin_owner_name != terms.origin_owner_name
        or (terms.multiple and not terms.relink)
        or not _is_of_categories(hub, account, terms)
        or terms.provider not in (None, account.provider)
        or terms.profile_id not in (None, account.profile_id)
    ):
        raise AccountNotFound
    return access


def _is_of_categories(hub: Hub, account: Account, terms: SessionTerms) -> bool:
    connector = hub.catalog.find(account.provider)
    known = () if connector is None else connector.categories
    return not terms.categories or not set(terms.categories).isdisjoint(known)


def _tail(secret: str) -> str:
    return secret[-_TAIL:] if len(secret) >= _SHORTEST_WITH_TAIL else ""
