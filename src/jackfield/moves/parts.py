"""Parts of a file, as they are in the database: accounts with their credentials, and profiles."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

from jackfield.accounts.access import AccountAccess, load, open_secrets, open_tokens
from jackfield.accounts.decoys.repo import Decoys
from jackfield.accounts.history.repo import MOST_KEPT, AccountHistory
from jackfield.accounts.identity import kept_identity
from jackfield.accounts.models import MOVED, Account, AccountFilter, AccountPage, AccountStatus
from jackfield.accounts.repo import Accounts
from jackfield.db.tx import Tx
from jackfield.kit.errors import Fault
from jackfield.moves.models import AccountPart, MoveRefused, ProfilePart, TokensPart
from jackfield.profiles.repo import Profiles
from jackfield.profiles.setup import owner_of
from jackfield.runtime import Hub
from jackfield.secrets.store import SealedSecrets
from jackfield.vault.cipher import SealBroken

_AT_ONCE: Final = 500
# More than is kept of all kinds together.
_MOST_CHANGES: Final = 20 * MOST_KEPT


async def chosen(tx: Tx, only: AccountFilter) -> AsyncIterator[Account]:
    """Yield the accounts of a filter."""
    number, size = 0, _AT_ONCE
    while size == _AT_ONCE:
        number += 1
        page = await Accounts(tx).page(AccountPage(number, _AT_ONCE, only))
        for account in page:
            yield account
        size = len(page)


async def account_parts(tx: Tx, hub: Hub, only: AccountFilter) -> list[AccountPart]:
    """
    Return the accounts of a filter with their credentials.

    Raises:
        MoveRefused: credentials of some cannot be opened; all are named.
    """
    parts: list[AccountPart] = []
    faults: list[Fault] = []
    decoys = await Decoys(tx).among([each.id async for each in chosen(tx, only)])
    async for account in chosen(tx, only):
        # Invented credentials are an alarm here, and nothing elsewhere.
        if account.id in decoys:
            continue
        part = await account_part(tx, hub, account.id)
        if part is None:
            faults.append(Fault(account.id, "its credentials cannot be opened; link it again"))
        else:
            parts.append(part)
    if faults:
        raise MoveRefused.of(faults)
    return parts


async def account_part(tx: Tx, hub: Hub, account_id: str) -> AccountPart | None:
    """Return an account with its credentials, or `None` if they cannot be opened."""
    access = await load(tx, hub, account_id, method_required=False)
    secrets, tokens = open_secrets(hub, access), _tokens(hub, access)
    if secrets is None or (tokens is None and access.tokens is not None):
        return None
    try:
        identity = await kept_identity(tx, hub.vault, account_id)
    except SealBroken:
        identity = frozenset[str]()
    history = await AccountHistory(tx).newest(access.account.id, most=_MOST_CHANGES)
    return AccountPart(
        access.account,
        secrets,
        tokens,
        tuple(sorted(identity)),
        tuple(history),
        _version(hub, access.account.provider, access.profile.pinned_version),
    )


async def profile_parts(tx: Tx, hub: Hub, accounts: list[AccountPart]) -> list[ProfilePart]:
    """
    Return the connector profiles of accounts with their secrets.

    Raises:
        MoveRefused: the setup of one cannot be opened.
    """
    parts: list[ProfilePart] = []
    for profile_id in sorted({each.account.profile_id for each in accounts}):
        profile = await Profiles(tx).get(profile_id)
        try:
            secrets = await SealedSecrets(tx, hub.vault).get(owner_of(tx.project_id, profile))
        except SealBroken:
            fault = Fault(profile.id, "its setup cannot be opened; give it again")
            raise MoveRefused.of([fault]) from None
        version = _version(hub, profile.connector_key, profile.pinned_version)
        parts.append(ProfilePart(profile, secrets, version))
    return parts


def as_before_move(account: Account) -> Account:
    """Return an account as it was before it was suspended because it moves."""
    kept = tuple(each for each in account.status_reasons if each.code != MOVED)
    if len(kept) == len(account.status_reasons):
        return account
    status = account.status if kept else AccountStatus.ACTIVE
    return replace(account, status=status, status_reasons=kept)


def _tokens(hub: Hub, access: AccountAccess) -> TokensPart | None:
    values = open_tokens(hub, access)
    if access.tokens is None or values is None:
        return None
    # Of the process that held it, and of its database.
    state = replace(access.tokens.state, leased_until=None, change=0)
    return TokensPart(state, values)


def _version(hub: Hub, key: str, pinned: str | None) -> str | None:
    connector = hub.catalog.find(key, pinned)
    return None if connector is None else connector.version
