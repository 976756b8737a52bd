"""Accounts made of verified credentials, or changed to have them."""

from dataclasses import dataclass, replace

from jackfield.accounts import service as accounts
from jackfield.accounts.credentials import NewCredentials
from jackfield.accounts.identity import keep_identity, kept_identity
from jackfield.accounts.models import Account, AccountNotFound, AccountStatus, LinkChange
from jackfield.accounts.repo import Accounts
from jackfield.accounts.verification import Candidate, VerifiedCredentials
from jackfield.connect.models import IdentityChanged, LinkedMeanwhile, SessionTerms
from jackfield.db.tx import Tx
from jackfield.kit.ids import AccountId
from jackfield.vault.cipher import SealBroken, Vault


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """
    The account that gets the credentials: by its id or, without one, by `terms`.

    `before` is the account as it was before verification, if there was one.
    """

    terms: SessionTerms
    account_id: str | None = None
    before: Account | None = None


async def find_existing(tx: Tx, terms: SessionTerms, provider: str) -> Account | None:
    """Return the account that linking `provider` would edit; `None` if it creates a new one."""
    if terms.account_id is not None:
        return await Accounts(tx).get(terms.account_id)
    if terms.multiple and not terms.relink:
        return None
    return await Accounts(tx).find_linked(
        owner_id=terms.origin_owner_id, owner_name=terms.origin_owner_name, provider=provider
    )


async def find_target(tx: Tx, into: LinkTarget, provider: str) -> Account | None:
    """Return the account that gets the credentials, if it exists already."""
    if into.account_id is not None:
        return await Accounts(tx).get(into.account_id)
    return await find_existing(tx, into.terms, provider)


async def require_unmoved(tx: Tx, into: LinkTarget) -> None:
    """
    Make sure an account still has the credentials it had when the provider was asked.

    Raises:
        AccountNotFound: it was deleted meanwhile.
        LinkedMeanwhile: it got others, which are newer than those that were checked.
    """
    if into.before is None:
        return
    try:
        current = await Accounts(tx).get(into.before.id)
    except AccountNotFound:
        if into.account_id is None:
            return
        raise
    if current.generation != into.before.generation:
        raise LinkedMeanwhile


async def identity_changes(
    tx: Tx, vault: Vault, verified: VerifiedCredentials, into: LinkTarget
) -> bool:
    """Tell whether another account at the provider takes the place of the one linked until now."""
    current = await find_target(tx, into, verified.candidate.profile.connector_key)
    known = frozenset[str]() if current is None else await _known_identity(tx, vault, current)
    return bool(known) and known.isdisjoint(verified.identity)


async def changes_of(
    tx: Tx, vault: Vault, verified: VerifiedCredentials, into: LinkTarget
) -> tuple[LinkChange, ...]:
    """Return what becomes of the account that gets the credentials; nothing if it is a new one."""
    candidate = verified.candidate
    current = await find_target(tx, into, candidate.profile.connector_key)
    if current is None:
        return ()
    actions = _actions(into, current)
    found = {
        LinkChange.CREDENTIALS: True,
        LinkChange.AUTH_METHOD: candidate.method.key != current.auth_method,
        LinkChange.PROFILE: candidate.profile.id != current.profile_id,
        LinkChange.ACTIONS: actions != current.allowed_actions,
        LinkChange.IDENTITY: await identity_changes(tx, vault, verified, into),
    }
    return tuple(change for change, is_so in found.items() if is_so)


async def require_same_identity(
    tx: Tx, vault: Vault, verified: VerifiedCredentials, into: LinkTarget
) -> None:
    """
    Raise unless the credentials belong to the same account at the provider as before.

    Raises:
        IdentityChanged: they do not, or the identity is unknown.
    """
    if await identity_changes(tx, vault, verified, into):
        raise IdentityChanged(is_told=bool(verified.identity))


async def save_account(
    tx: Tx, vault: Vault, verified: VerifiedCredentials, into: LinkTarget
) -> Account:
    """
    Create the account, or replace its credentials.

    Raises:
        LinkedMeanwhile: they changed during verification.
    """
    await require_unmoved(tx, into)
    candidate = verified.candidate
    current = await find_target(tx, into, candidate.profile.connector_key)
    changes = await changes_of(tx, vault, verified, into)
    given = NewCredentials(candidate.method, candidate.values, candidate.tokens)
    if current is None:
        account = await accounts.add(
            tx,
            vault,
            _new(tx, candidate, into.terms),
            given,
        )
    else:
        account = await accounts.replace_credentials(
            tx,
            vault,
            replace(
                current,
                profile_id=candidate.profile.id,
                environment=candidate.profile.environment,
                allowed_actions=_actions(into, current),
            ),
            given,
            changes=changes,
        )
    await keep_identity(tx, vault, account.id, verified.identity)
    return account


def _actions(into: LinkTarget, current: Account) -> tuple[str, ...] | None:
    return into.terms.actions or current.allowed_actions


async def _known_identity(tx: Tx, vault: Vault, account: Account) -> frozenset[str]:
    """What was kept and cannot be opened any more is not known: linking again is the cure."""
    try:
        return await kept_identity(tx, vault, account.id)
    except SealBroken:
        return frozenset()


def _new(tx: Tx, candidate: Candidate, terms: SessionTerms) -> Account:
    return Account(
        id=AccountId.new(tx.now),
        profile_id=candidate.profile.id,
        provider=candidate.profile.connector_key,
        auth_method=candidate.method.key,
        environment=candidate.profile.environment,
        origin_owner_id=terms.origin_owner_id,
        origin_owner_name=terms.origin_owner_name,
        origin_username=terms.origin_username,
        label=terms.label,
        type=terms.type,
        shared=terms.shared,
        metadata=terms.metadata or {},
        public_values={},
        status=AccountStatus.ACTIVE,
        status_reasons=(),
        generation=1,
        created_at=tx.now,
        updated_at=tx.now,
        allowed_actions=terms.actions or None,
    )
