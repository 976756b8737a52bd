"""The identity of an account at its provider, kept so that another one is noticed.

A connector declares how to find it (`identity`), or marks the fields that identify an account. It
is stored sealed: it is private, and a hash of a short number is easily reversed.
"""

from collections.abc import Iterable
from typing import Final

from jackfield.db.tx import Tx
from jackfield.kit.json import decode, encode
from jackfield.kit.secret_names import MASK
from jackfield.secrets.store import SealedSecrets, SecretOwner, remove_secrets
from jackfield.vault.cipher import Vault

_FIELD: Final = "identity"


async def keep_identity(tx: Tx, vault: Vault, owner_id: str, identity: frozenset[str]) -> None:
    """Store the identity of the account, or pending link, `owner_id`."""
    values = {_FIELD: encode(sorted(identity)).decode()} if identity else {}
    await SealedSecrets(tx, vault).put(_owner(tx, owner_id), values)


async def kept_identity(tx: Tx, vault: Vault, owner_id: str) -> frozenset[str]:
    """Return the stored identity; empty if it is not known."""
    kept = (await SealedSecrets(tx, vault).get(_owner(tx, owner_id))).get(_FIELD)
    return frozenset() if kept is None else without_masked(decode(kept, list[str]))


def without_masked(identity: Iterable[str]) -> frozenset[str]:
    """Return an identity without what is masked of a secret, which many accounts have in common."""
    return frozenset(each for each in identity if MASK not in each)


async def forget_identity(tx: Tx, owner_id: str) -> None:
    await remove_secrets(tx, _owner(tx, owner_id).id)


def _owner(tx: Tx, owner_id: str) -> SecretOwner:
    return SecretOwner(tx.project_id, f"identity:{owner_id}", 1)
