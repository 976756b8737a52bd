"""Linking an account: check what was typed, ask the provider, keep the account.

In three steps, so that no transaction is open while the provider thinks. What could have changed
meanwhile (the session was used in another window, another window linked the same account) is
looked at again in the transaction that keeps the account.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from jackfield.accounts import credentials as sealing
from jackfield.accounts import service as accounts
from jackfield.accounts.check import check_credential
from jackfield.accounts.credentials import Credentials
from jackfield.accounts.models import Account, AccountNotFound, AccountStatus
from jackfield.accounts.repo import Accounts
from jackfield.accounts.service import method_of
from jackfield.connect import service as connect
from jackfield.connect.models import InvalidFields, SessionTerms
from jackfield.connect.repo import ConnectSessions, Holder
from jackfield.connect.service import Offer
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.credentials.repo import Credentials as SealedCredentials
from jackfield.db.tx import Tx
from jackfield.kit.ids import AccountId
from jackfield.profiles import service as profiles
from jackfield.profiles.models import Profile
from jackfield.profiles.repo import Profiles
from jackfield.profiles.setup import Setup
from jackfield.runtime import Hub

# What Iterable and others show of a key they no longer know: enough to tell two apart.
_TAIL: Final = 4
_SHORTEST_WITH_TAIL: Final = 16


@dataclass(frozen=True, slots=True)
class Prefill:
    """What the form of an account starts with; `tails` are the last characters of its secrets."""

    account: Account
    connector: Connector
    tails: Mapping[str, str]


async def link(
    hub: Hub, holder: Holder, *, profile_id: str, submitted: Mapping[str, str]
) -> Account:
    """
    Link an account with the credentials `submitted`, by field.

    An origin owner's existing account with the provider gets the new credentials, unless the
    session asked for a further one.

    Raises:
        ProfileNotFound: the session does not offer this connector profile.
        InvalidFields: the form is incomplete, or holds what does not belong there.
        CredentialRejected: the provider says no, and why.
        ProviderError: the provider could not be asked.
        ConnectSessionUsed: the session linked an account meanwhile.
    """
    offer = await connect.offer(hub, holder, profile_id)
    values = require_fields(offer.method, submitted)
    setup = await _setup_of(hub, holder, offer.profile)
    tried = Credentials.of(offer.method, values, setup=setup)
    await check_credential(hub, offer.connector, offer.method, tried)

    terms = holder.session.terms
    async with hub.db.write(holder.project_id) as tx:
        current = await connect.existing(tx, terms, offer.connector.key)
        if current is None:
            account = await accounts.add(
                tx, hub.vault, _new(tx, terms, offer), method=offer.method, values=values
            )
        else:
            account = await accounts.replace_credentials(
                tx,
                hub.vault,
                replace(current, profile_id=offer.profile.id),
                method=offer.method,
                values=values,
            )
        await ConnectSessions(tx).end(holder.session.id, linked=account.id)
    return account


async def prefill(hub: Hub, holder: Holder, account_id: str) -> Prefill:
    """
    Return what the form for linking an account anew starts with.

    Raises:
        AccountNotFound: it is not one this session may touch.
    """
    async with hub.db.read(holder.project_id) as tx:
        account = await _editable(tx, holder, account_id)
        sealed = await SealedCredentials(tx).of(account.id)
    opened = sealing.open_sealed(hub.vault, sealed, project_id=holder.project_id, account=account)
    tails = {name: _tail(opened.values[name]) for name in sealed}
    return Prefill(account, hub.catalog.get(account.provider), tails)


async def relink(
    hub: Hub, holder: Holder, *, account_id: str, submitted: Mapping[str, str]
) -> Account:
    """
    Change an account's credentials; a field that was not submitted stays as it is.

    Raises:
        AccountNotFound: it is not one this session may touch.
        InvalidFields, CredentialRejected, ProviderError, ConnectSessionUsed: as `link`.
    """
    async with hub.db.read(holder.project_id) as tx:
        account = await _editable(tx, holder, account_id)
        sealed = await SealedCredentials(tx).of(account.id)
        profile = await Profiles(tx).get(account.profile_id)
    connector = hub.catalog.get(account.provider)
    method = method_of(connector, account)
    opened = sealing.open_sealed(hub.vault, sealed, project_id=holder.project_id, account=account)
    values = require_fields(method, {**opened.values, **submitted})
    setup = await _setup_of(hub, holder, profile)
    await check_credential(hub, connector, method, Credentials.of(method, values, setup=setup))

    async with hub.db.write(holder.project_id) as tx:
        account = await accounts.replace_credentials(
            tx, hub.vault, await _editable(tx, holder, account_id), method=method, values=values
        )
        await ConnectSessions(tx).end(holder.session.id, linked=account.id)
    return account


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


async def _setup_of(hub: Hub, holder: Holder, profile: Profile) -> Setup:
    async with hub.db.read(holder.project_id) as tx:
        return await profiles.setup_of(tx, hub, profile)


async def _editable(tx: Tx, holder: Holder, account_id: str) -> Account:
    """A session opens the account it names, and those of its own origin owner."""
    account = await Accounts(tx).get(account_id)
    terms = holder.session.terms
    if terms.account_id not in (None, account.id):
        raise AccountNotFound
    if terms.account_id is None and account.origin_owner_id != terms.origin_owner_id:
        raise AccountNotFound
    return account


def _new(tx: Tx, terms: SessionTerms, offer: Offer) -> Account:
    return Account(
        id=AccountId.new(tx.now),
        profile_id=offer.profile.id,
        provider=offer.connector.key,
        auth_method=offer.method.key,
        environment=offer.profile.environment,
        origin_owner_id=terms.origin_owner_id,
        origin_owner_name=terms.origin_owner_name,
        origin_username=terms.origin_username,
        label=terms.label,
        type=terms.type,
        shared=terms.shared,
        metadata=terms.metadata or {},
        setup_information={},
        status=AccountStatus.ACTIVE,
        status_reasons=(),
        generation=1,
        created_at=tx.now,
        updated_at=tx.now,
    )


def _tail(secret: str) -> str:
    return secret[-_TAIL:] if len(secret) >= _SHORTEST_WITH_TAIL else ""
