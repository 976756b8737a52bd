"""The store of accounts' tokens: sealed, in generations."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from jackfield.accounts.models import Account
from jackfield.accounts.tokens.models import SealedTokens, TokenState
from jackfield.accounts.tokens.repo import AccountTokens
from jackfield.accounts.tokens.schedule import times_of
from jackfield.connectors.auth import AuthMethod
from jackfield.db.tx import Tx
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, TokenEnds, Tokens, refresh_name
from jackfield.kit.ids import AccountId, ProjectId
from jackfield.kit.json import decode, encode
from jackfield.kit.secret_names import is_secret_name
from jackfield.secrets.store import SealedSecrets, SecretOwner, remove_secrets
from jackfield.vault.cipher import Vault

PREFIX: Final = "tokens:"
_FIELD: Final = "tokens"
_KEPT: Final = 1


async def put_tokens(
    tx: Tx, vault: Vault, account: Account, tokens: Tokens, *, method: AuthMethod | None = None
) -> None:
    """
    Store the tokens of a sign-in: the first ones of an account, or others in their place.

    What a renewal under way gets for the tokens before is dropped then.
    """
    before = await AccountTokens(tx).find(account.id)
    number = 1 if before is None else before.intent + 1
    state = TokenState(account.id, generation=number, intent=number, renewed_at=tx.now)
    await write_tokens(tx, vault, tokens, state, method=method)


async def write_tokens(
    tx: Tx,
    vault: Vault,
    tokens: Tokens,
    state: TokenState,
    *,
    method: AuthMethod | None,
    token: str = ACCESS_TOKEN,
) -> None:
    """
    Store tokens as the generation of `state`, whose intent and lease are kept.

    They were given for the access token that is the credential `token`; the times of another stay.
    """
    given = [TokenEnds(token, tokens.expires_at, tokens.refresh_expires_at)]
    given += [] if tokens.second is None else [tokens.second]
    second = None if method is None else method.second_token
    known = {ACCESS_TOKEN} if second is None else {ACCESS_TOKEN, second.token}
    times = {name: times for name, times in state.times.items() if name in known}
    for ends in given:
        has_refresh_token = bool(tokens.values.get(refresh_name(ends.token)))
        times[ends.token] = times_of(
            ends,
            tx.now,
            method,
            generation=state.generation,
            has_refresh_token=has_refresh_token,
        )
    state = replace(state.with_times(times), scopes=tokens.scopes)
    if token == ACCESS_TOKEN:
        state = replace(state, introspect_at=tx.now if _must_ask(tokens, method) else None)
    owner = _owner(tx.project_id, state.account_id, state.generation)
    await SealedSecrets(tx, vault).put(owner, tokens.values)
    await AccountTokens(tx).put(state)


async def put_state(tx: Tx, vault: Vault, state: TokenState, values: Mapping[str, str]) -> None:
    """Store tokens of another hub with their state, as they were there."""
    owner = _owner(tx.project_id, state.account_id, state.generation)
    await SealedSecrets(tx, vault).put(owner, values)
    await AccountTokens(tx).put(state)


def _must_ask(tokens: Tokens, method: AuthMethod | None) -> bool:
    """Tell whether only the provider's introspection knows when the access token ends."""
    oauth = None if method is None else method.oauth
    return oauth is not None and oauth.introspection is not None and tokens.expires_at is None


async def load_tokens(tx: Tx, vault: Vault, account_id: AccountId) -> SealedTokens | None:
    """Return an account's tokens, if it has any, without opening them."""
    state = await AccountTokens(tx).find(account_id)
    while state is not None:
        owner = _owner(tx.project_id, account_id, state.generation)
        secrets = await SealedSecrets(tx, vault).sealed(owner)
        # A reading transaction of SQLite sees what is written meanwhile.
        again = await AccountTokens(tx).find(account_id)
        if again is None or again.generation == state.generation:
            return None if again is None else SealedTokens(again, secrets)
        state = again
    return None


async def remove_tokens(tx: Tx, *account_ids: AccountId) -> None:
    await remove_secrets(tx, *(PREFIX + each for each in account_ids))
    await AccountTokens(tx).remove(*account_ids)


def secret_values(values: Mapping[str, str]) -> list[str]:
    """Return those of an account's token values that are to be masked."""
    return [
        value
        for name, value in values.items()
        if is_secret_name(name) or name.lower().endswith("token")
    ]


async def keep_tokens(tx: Tx, vault: Vault, owner_id: str, tokens: Tokens | None) -> None:
    """Store the tokens of what is no account yet, until it is confirmed."""
    values = {} if tokens is None else {_FIELD: encode(tokens).decode()}
    await SealedSecrets(tx, vault).put(_owner(tx.project_id, owner_id, _KEPT), values)


async def kept_tokens(tx: Tx, vault: Vault, owner_id: str) -> Tokens | None:
    """
    Return what `keep_tokens` stored.

    Raises:
        SealBroken: it cannot be opened.
    """
    kept = await SealedSecrets(tx, vault).get(_owner(tx.project_id, owner_id, _KEPT))
    return decode(kept[_FIELD], Tokens) if kept else None


async def forget_tokens(tx: Tx, owner_id: str) -> None:
    """Delete what `keep_tokens` stored."""
    await remove_secrets(tx, PREFIX + owner_id)


def _owner(project_id: ProjectId, owner_id: str, generation: int) -> SecretOwner:
    return SecretOwner(project_id, PREFIX + owner_id, generation)
