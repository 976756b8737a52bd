"""
The keys that sign the audit log: one of Ed25519 for each key of the keyring, derived from it.

A keyring made by an earlier version has them as well, and so has every machine with a copy of it.
The public half proves a signature without the keyring.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jackfield.vault.keyring import KEY_BYTES, Keyring

_INFO: Final = b"jackfield audit signing 1"
# So that nothing else that a key might sign passes for a part of the log.
_PREFIX: Final = b"jackfield audit 1\n"


class AuditKeys:
    """The keys of a keyring; `current` is the id of the one that signs."""

    def __init__(self, keyring: Keyring) -> None:
        self.current: Final = keyring.current
        self._secrets = {key.id: key.secret for key in keyring.keys}
        # Of keys that were taken out: what they signed stays proved.
        self._retired = {key.id: key.audit_key for key in keyring.retired}
        self._keys: dict[str, Ed25519PrivateKey] = {}

    def sign(self, content: bytes) -> str:
        """Return the signature of `content` by the current key, in hexadecimal."""
        return self._key(self.current).sign(_PREFIX + content).hex()

    def public_keys(self) -> dict[str, str]:
        """Return the public half of each key, in hexadecimal, by its id."""
        return self._retired | {
            each: self._key(each).public_key().public_bytes_raw().hex() for each in self._secrets
        }

    def _key(self, key_id: str) -> Ed25519PrivateKey:
        # Derived when first used: commands that sign nothing need none.
        if key_id not in self._keys:
            secret = self._secrets[key_id]
            seed = HKDF(SHA256(), KEY_BYTES, salt=None, info=_INFO).derive(secret)
            self._keys[key_id] = Ed25519PrivateKey.from_private_bytes(seed)
        return self._keys[key_id]


def is_audit_signature(public_key: str, signature: str, content: bytes) -> bool:
    """Tell whether the key with this public half signed `content`."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), _PREFIX + content)
    except (InvalidSignature, ValueError):
        return False
    return True
