"""From credentials a provider accepted to an account that has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from jackfield.accounts import service as accounts
from jackfield.accounts.identity import keep_identity, kept_identity
from jackfield.accounts.models import Account, AccountStatus
from jackfield.accounts.repo import Accounts
from jackfield.connect.models import IdentityChanged, SessionTerms
from jackfield.connectors.auth import AuthMethod
from jackfield.db.tx import Tx
from jackfield.kit.ids import AccountId
from jackfield.profiles.models import Profile
from jackfield.vault.cipher import Vault


@dataclass(frozen=True, slots=True)
class VerifiedCredentials:
    """
    Credentials that the provider accepts, and what they are for.

    `account_id` is the account that gets them; without one, `terms` decide. `identity` tells whose
    they are at the provider, if anything does.
    """

    terms: SessionTerms
    profile: Profile
    method: AuthMethod
    values: Mapping[str, str] = field(repr=False)
    identity: frozenset[str] = field(repr=False)
    account_id: str | None = None


async def find_existing(tx: Tx, terms: SessionTerms, provider: str) -> Account | None:
    """Return the account that linking `provider` would edit, if it is not to make a new one."""
    if terms.account_id is not None:
        return await Accounts(tx).get(terms.account_id)
    if terms.multiple and not terms.relink:
        return None
    return await Accounts(tx).find_linked(
        owner_id=terms.origin_owner_id, owner_name=terms.origin_owner_name, provider=provider
    )


async def find_target(tx: Tx, proven: VerifiedCredentials) -> Account | None:
    """Return the account that gets the credentials, if it is there already."""
    if proven.account_id is not None:
        return await Accounts(tx).get(proven.account_id)
    return await find_existing(tx, proven.terms, proven.profile.connector_key)


async def require_same_identity(tx: Tx, vault: Vault, proven: VerifiedCredentials) -> None:
    """
    Make sure the credentials are of the account at the provider that was linked until now.

    Raises:
        IdentityChanged: they are not, or do not tell.
    """
    current = await find_target(tx, proven)
    known = frozenset[str]() if current is None else await kept_identity(tx, vault, current.id)
    if known and known.isdisjoint(proven.identity):
        raise IdentityChanged(is_told=bool(proven.identity))


async def save_account(tx: Tx, vault: Vault, proven: VerifiedCredentials) -> Account:
    """Make the account, or put the credentials in place of those it had."""
    current = await find_target(tx, proven)
    if current is None:
        account = await accounts.add(
            tx, vault, _new(tx, proven), method=proven.method, values=proven.values
        )
    else:
        allowed = proven.terms.actions or current.allowed_actions
        account = await accounts.replace_credentials(
            tx,
            vault,
            replace(
                current,
                profile_id=proven.profile.id,
                environment=proven.profile.environment,
                allowed_actions=allowed,
            ),
            method=proven.method,
            values=proven.values,
        )
    await keep_identity(tx, vault, account.id, proven.identity)
    return account


def _new(tx: Tx, proven: VerifiedCredentials) -> Account:
    terms = proven.terms
    return Account(
        id=AccountId.new(tx.now),
        profile_id=proven.profile.id,
        provider=proven.profile.connector_key,
        auth_method=proven.method.key,
        environment=proven.profile.environment,
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
        allowed_actions=terms.actions or None,
    )
