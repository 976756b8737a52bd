"""Keys of age, and a passphrase that stands for one."""

import hashlib
import os
from typing import Final, TypeAlias

import pyrage
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jackfield.kit.errors import HubError
from jackfield.kit.secret import Secret

Recipient: TypeAlias = pyrage.x25519.Recipient
Identity: TypeAlias = pyrage.x25519.Identity

_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_BLOCK: Final = 8
# 128 MiB and some tenths of a second for each guess.
_COST: Final = 1 << 17
_MEMORY: Final = 256 << 20
_PURPOSE: Final = b"jackfield backup 1"


class InvalidKey(HubError):
    """The text is not a key of age."""

    code = "backup_key_invalid"


def recipient(text: str) -> Recipient:
    """
    Read the public key that something is encrypted to.

    Raises:
        InvalidKey: it is none.
    """
    try:
        return Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        msg = (
            f"{text.strip()!r} is not a recipient of age; it begins with age1 (age-keygen -y FILE)"
        )
        if text.strip().upper().startswith("AGE-SECRET"):
            msg = "a recipient is the public key, which begins with age1; this is the secret one"
        raise InvalidKey(msg) from error


def identities(text: Secret) -> list[Identity]:
    """
    Read the secret keys in the text of a key file: one a line, beside comments.

    Raises:
        InvalidKey: there is none, or a line is something else.
    """
    lines = [line.strip() for line in text.reveal().splitlines()]
    try:
        found = [Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError:
        found = []
    if not found:
        # Not chained and not quoted: it may be a part of a key.
        msg = "the key is not one of age; it begins with AGE-SECRET-KEY-1 (age-keygen -o FILE)"
        raise InvalidKey(msg) from None
    return found


def new_identity() -> Identity:
    return Identity.generate()


def wrapped(identity: Identity, passphrase: Secret) -> bytes:
    """Encrypt an identity under a passphrase."""
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    cipher = _cipher(passphrase, salt)
    return salt + nonce + cipher.encrypt(nonce, str(identity).encode(), _PURPOSE)


def unwrapped(content: bytes, passphrase: Secret) -> Identity | None:
    """Return the identity that `wrapped` encrypted, or `None` if it was another passphrase."""
    salt, rest = content[:_SALT_BYTES], content[_SALT_BYTES:]
    nonce, boxed = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
    try:
        plain = _cipher(passphrase, salt).decrypt(nonce, boxed, _PURPOSE)
    except (InvalidTag, ValueError):
        return None
    return Identity.from_str(plain.decode())


def _cipher(passphrase: Secret, salt: bytes) -> AESGCM:
    key = hashlib.scrypt(
        passphrase.reveal().encode(),
        salt=salt,
        n=_COST,
        r=_BLOCK,
        p=1,
        maxmem=_MEMORY,
        dklen=32,
    )
    return AESGCM(key)
