"""
Key check value: detects a keyring that is not the one a database was sealed with.

For each key that ever sealed something, the database keeps a known text sealed under it. A hub
that cannot open one of them has the wrong keyring, or none: it must not start, because it would
seal new credentials under a key that opens none of the stored ones.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from jackfield.kit.ids import ProjectId
from jackfield.kit.secret import Secret
from jackfield.vault.cipher import Binding, SealBroken, Vault, key_id
from jackfield.vault.keyring import Keyring, KeyringUnusable

_TEXT: Final = Secret("jackfield")


def make(keyring: Keyring, key: str) -> bytes:
    """Return what proves one of the keys, sealed with that key itself."""
    return Vault(keyring.sealing_with(key)).seal(_TEXT, _binding(key))


def is_made_with(proof: bytes, key: str) -> bool:
    """Tell whether a proof is sealed with its own key: earlier versions took the current one."""
    return key_id(proof) == key


def check(vault: Vault, proofs: Mapping[str, bytes], location: str) -> None:
    """
    Raise unless `vault` opens all `proofs` (key id to proof).

    Raises:
        KeyringUnusable: it does not open one of them.
    """
    for key in _unopened(vault, proofs):
        msg = (
            f"this database holds credentials sealed with key {key}, which the keyring "
            f"{location!r} does not have; restore the keyring that belongs to this database (if it "
            "is lost for good: jackfield vault forget)"
        )
        raise KeyringUnusable(msg)


def lost(keyring: Keyring | None, proofs: Mapping[str, bytes]) -> list[str]:
    """Return the ids of the keys among `proofs` that `keyring` does not have."""
    return sorted(proofs) if keyring is None else list(_unopened(Vault(keyring), proofs))


def _unopened(vault: Vault, proofs: Mapping[str, bytes]) -> Iterator[str]:
    for key, sealed in sorted(proofs.items()):
        try:
            vault.open(sealed, _binding(key))
        except SealBroken:
            yield key


def _binding(key: str) -> Binding:
    return Binding(ProjectId("vault"), key, "proof", 0)
