"""The identity of an account at its provider, kept so that another one is noticed.

A connector says what tells accounts apart (`identity`), or the fields that do are marked as the
account's identifiers. What is found is kept sealed: it is nobody's business, and short numbers
would not stay secret behind a hash.
"""

from typing import Final

from jackfield.db.tx import Tx
from jackfield.kit.json import decode, encode
from jackfield.secrets.store import SealedSecrets, SecretOwner, remove_secrets
from jackfield.vault.cipher import Vault

_FIELD: Final = "identity"


async def keep_identity(tx: Tx, vault: Vault, owner_id: str, identity: frozenset[str]) -> None:
    """Keep `identity` as the one of the account, or pending link, `owner_id`."""
    values = {_FIELD: encode(sorted(identity)).decode()} if identity else {}
    await SealedSecrets(tx, vault).put(_owner(tx, owner_id), values)


async def kept_identity(tx: Tx, vault: Vault, owner_id: str) -> frozenset[str]:
    """Return what `keep_identity` kept; nothing if it was never known."""
    kept = (await SealedSecrets(tx, vault).get(_owner(tx, owner_id))).get(_FIELD)
    return frozenset() if kept is None else frozenset(decode(kept, list[str]))


async def forget_identity(tx: Tx, owner_id: str) -> None:
    await remove_secrets(tx, _owner(tx, owner_id).id)


def _owner(tx: Tx, owner_id: str) -> SecretOwner:
    return SecretOwner(tx.project_id, f"identity:{owner_id}", 1)
