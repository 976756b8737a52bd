"""A passphrase instead of a service: `passphrase:`, with the key that Argon2id makes of it."""

import os
import re
from typing import Final

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jackfield.kit.secret import Secret
from jackfield.vault.key_services.port import KeyServiceRefused, WrappedKey
from jackfield.vault.key_services.reference import Reference
from jackfield.vault.key_services.wrapped_store import WrappedStore
from jackfield.vault.keyring import KEY_BYTES, KeyringUnusable
from jackfield.vault.keyring_store import Surroundings

LEAST_LETTERS: Final = 12
# The second choice of RFC 9106: a guess takes 64 MiB, and so does a start.
_KIBIBYTES: Final = 65536
_PASSES: Final = 3
_LANES: Final = 4
_MOST_KIBIBYTES: Final = 1 << 20
_MOST_PASSES: Final = 20
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_COST: Final = re.compile(r"argon2id m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,2}) ([0-9a-f]{32})")


class Passphrase:
    """A passphrase that whoever starts the hub knows."""

    title = "the passphrase in JACKFIELD_KEYRING_SECRET"

    def __init__(self, reference: Reference, secret: Secret | None) -> None:
        if reference.key:
            raise reference.unlike(expected="")
        if secret is None or len(secret) < LEAST_LETTERS:
            msg = (
                f"JACKFIELD_KEYRING: passphrase: needs one of {LEAST_LETTERS} characters or more in "
                "JACKFIELD_KEYRING_SECRET or in the file of JACKFIELD_KEYRING_SECRET_FILE"
            )
            raise KeyringUnusable(msg)
        self._secret = secret

    def wrap(self, data_key: bytes) -> WrappedKey:
        salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
        cost = f"argon2id m={_KIBIBYTES},t={_PASSES},p={_LANES} {salt.hex()}"
        cipher = AESGCM(self._derived(_KIBIBYTES, _PASSES, _LANES, salt))
        return WrappedKey(nonce + cipher.encrypt(nonce, data_key, cost.encode()), cost)

    def unwrap(self, wrapped: WrappedKey) -> bytes:
        match = _COST.fullmatch(wrapped.key)
        kibibytes, passes, lanes = (int(each) for each in match.groups()[:3]) if match else (0,) * 3
        # A document that somebody else made could ask for all memory of the machine.
        is_sane = 8 * lanes <= kibibytes <= _MOST_KIBIBYTES and 0 < passes <= _MOST_PASSES and lanes
        if match is None or not is_sane:
            msg = "the wrapped keyring is damaged; restore it from a backup"
            raise KeyServiceRefused(msg)
        cipher = AESGCM(self._derived(kibibytes, passes, lanes, bytes.fromhex(match[4])))
        nonce, sealed = wrapped.ciphertext[:_NONCE_BYTES], wrapped.ciphertext[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, sealed, wrapped.key.encode())
        except (InvalidTag, ValueError):
            msg = f"{self.title} does not open the keyring: it is another one's"
            raise KeyServiceRefused(msg) from None

    def _derived(self, kibibytes: int, passes: int, lanes: int, salt: bytes) -> bytes:
        return hash_secret_raw(
            self._secret.reveal().encode(),
            salt,
            time_cost=passes,
            memory_cost=kibibytes,
            parallelism=lanes,
            hash_len=KEY_BYTES,
            type=Type.ID,
        )


def open_store(rest: str, surroundings: Surroundings) -> WrappedStore:
    reference = Reference.parse("passphrase", rest)
    return WrappedStore(reference, Passphrase(reference, surroundings.secret), surroundings)
