"""The keys of a stand-in: versions of one key, each of which can be disabled."""

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class NotOpened(Exception):
    """Ciphertext of another key, or bound to something else."""


@dataclass
class VersionedKey:
    """Encrypts under the last of its versions and decrypts under any that is not disabled."""

    versions: list[AESGCM] = field(
        default_factory=lambda: [AESGCM(AESGCM.generate_key(bit_length=256))]
    )
    disabled: set[int] = field(default_factory=set)

    @property
    def newest(self) -> int:
        return len(self.versions)

    def rotate(self) -> None:
        self.versions.append(AESGCM(AESGCM.generate_key(bit_length=256)))

    def encrypt(self, plain: bytes, bound: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self.versions[-1].encrypt(nonce, plain, bound)

    def decrypt(self, sealed: bytes, bound: bytes) -> tuple[int, bytes]:
        """Return the version that encrypted it, and what."""
        for number, version in enumerate(self.versions, 1):
            try:
                return number, version.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
            except (InvalidTag, ValueError):
                continue
        raise NotOpened
