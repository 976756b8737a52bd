"""OAuth clients that the hub was registered as, one of each authorization server for a profile."""

from typing import Final

from jackfield.db.tx import Tx
from jackfield.engine.oauth.registration import OAuthClient
from jackfield.kit.json import decode, encode
from jackfield.secrets.store import SealedSecrets, SecretOwner, remove_secrets
from jackfield.vault.cipher import SealBroken, Vault

_PREFIX: Final = "oauth-client:"


async def find_client(tx: Tx, vault: Vault, profile_id: str, issuer: str) -> OAuthClient | None:
    """Return the client that a profile has of an issuer, if it can be read."""
    kept = (await _all(tx, vault, profile_id)).get(issuer)
    return None if kept is None else decode(kept, OAuthClient)


async def keep_client(
    tx: Tx,
    vault: Vault,
    profile_id: str,
    issuer: str,
    client: OAuthClient,
    *,
    instead_of: OAuthClient | None,
) -> OAuthClient:
    """Store a client in the place of another, and return it, or the one that came first."""
    current = await find_client(tx, vault, profile_id, issuer)
    if current not in (None, instead_of):
        assert current is not None
        return current
    known = await _all(tx, vault, profile_id)
    owner = _owner(tx, profile_id)
    await SealedSecrets(tx, vault).put(owner, {**known, issuer: encode(client).decode()})
    return client


async def forget_clients(tx: Tx, profile_id: str) -> None:
    await remove_secrets(tx, _PREFIX + profile_id)


async def _all(tx: Tx, vault: Vault, profile_id: str) -> dict[str, str]:
    """What cannot be opened any more is not known: registering again is the cure."""
    try:
        return await SealedSecrets(tx, vault).get(_owner(tx, profile_id))
    except SealBroken:
        return {}


def _owner(tx: Tx, profile_id: str) -> SecretOwner:
    return SecretOwner(tx.project_id, _PREFIX + profile_id, 1)
