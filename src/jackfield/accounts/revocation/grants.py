"""Grants that accounts share: what one user gave an app at the provider, however often linked."""

from collections.abc import AsyncIterator, Collection
from typing import Final

from jackfield.accounts.access import AccountAccess
from jackfield.accounts.identity import kept_identity
from jackfield.accounts.models import Account, AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.accounts.revocation.repo import Revocations
from jackfield.accounts.status import is_erased
from jackfield.accounts.tokens.store import load_tokens
from jackfield.db.tx import Tx
from jackfield.engine.oauth.tokens import REFRESH_TOKEN
from jackfield.runtime import Hub
from jackfield.secrets.store import open_bundle
from jackfield.vault.cipher import SealBroken

_PAGE: Final = 500


async def is_shared(
    hub: Hub, access: AccountAccess, refresh_token: str | None, ending: Collection[str] = ()
) -> bool | None:
    """
    Tell whether another account of the project has the same grant; `None` if that is not known.

    It has if it is the same account at the provider, or has the same refresh token. Those that are
    `ending` as well do not count.
    """
    async with hub.db.read(access.project_id) as tx:
        mine = await _identity(tx, hub, access.account)
        is_known = True
        async for other in _others(tx, access.account, ending):
            theirs = await _identity(tx, hub, other)
            if mine & theirs:
                return True
            if refresh_token and await _refresh_token(tx, hub, other) == refresh_token:
                return True
            is_known = is_known and bool(mine and theirs)
    return False if is_known else None


async def _others(tx: Tx, account: Account, ending: Collection[str]) -> AsyncIterator[Account]:
    """Yield the provider's accounts of this auth method, but for those that are about to end."""
    ends, number = await Revocations(tx).accounts() | frozenset(ending), 1
    only = AccountFilter(providers=(account.provider,))
    while page := await Accounts(tx).page(AccountPage(number, _PAGE, only)):
        for other in page:
            is_same_way = other.auth_method == account.auth_method
            if is_same_way and other.id not in {account.id, *ends} and not is_erased(other):
                yield other
        number += 1


async def _identity(tx: Tx, hub: Hub, account: Account) -> frozenset[str]:
    try:
        return await kept_identity(tx, hub.vault, account.id)
    except SealBroken:
        return frozenset()


async def _refresh_token(tx: Tx, hub: Hub, account: Account) -> str | None:
    tokens = await load_tokens(tx, hub.vault, account.id)
    try:
        return None if tokens is None else open_bundle(hub.vault, tokens.secrets).get(REFRESH_TOKEN)
    except SealBroken:
        return None
