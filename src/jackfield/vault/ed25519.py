"""Ed25519 keys that a person keeps in a file, and what they sign."""

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from jackfield.vault.pasted_keys import UnusableKey

_OWNER_ONLY = 0o600


def make_key_file(file: Path) -> None:
    """
    Write a new private key to a file that is not there, in PEM, for its owner alone.

    Raises:
        OSError: it cannot be written, or is there.
    """
    content = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(opened, "wb") as written:
        written.write(content)


class SigningKey:
    """The private key in a file."""

    def __init__(self, file: Path) -> None:
        """
        Read it.

        Raises:
            OSError: the file cannot be read.
            UnusableKey: it holds no Ed25519 key in PEM, or one with a passphrase.
        """
        try:
            key = load_pem_private_key(file.read_bytes(), None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            msg = f"{str(file)!r} holds no Ed25519 private key in PEM without a passphrase"
            raise UnusableKey(msg)
        self._key = key

    @property
    def public(self) -> str:
        """The public half, in hexadecimal."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, content: bytes) -> str:
        """Return the signature of `content`, in hexadecimal."""
        return self._key.sign(content).hex()


def is_signature(public_key: str, signature: str, content: bytes) -> bool:
    """Tell whether the key with this public half signed `content`; both are in hexadecimal."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True
