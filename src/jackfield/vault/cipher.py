"""
Envelope encryption of secrets, bound to their place.

A secret is encrypted under a data key made for it alone, and the data key is encrypted ("wrapped")
under a key of the keyring. Both encryptions are AES-256-GCM and both are bound to a `Binding`: the
place the secret belongs. Ciphertext copied to another row, field or project, or kept from before
the credential was replaced, does not open.

A sealed value is, in order: version (1 byte), id of the wrapping key (4), nonce (12) and wrapped
data key (32 + 16), nonce (12) and ciphertext (+ 16). Everything before the wrapped data key is
bound too.
"""

import hmac
import os
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId
from jackfield.kit.secret import Secret
from jackfield.vault.audit_keys import AuditKeys
from jackfield.vault.keyring import KEY_BYTES, Keyring

_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_VERSION: Final = b"\x01"
_KEY_ID_BYTES: Final = 4
_HEADER: Final = len(_VERSION) + _KEY_ID_BYTES
_SIGNATURE_BYTES: Final = 17
# Where the id of the wrapping key stands in what is sealed.
KEY_ID: Final = slice(len(_VERSION), _HEADER)
_WRAPPED: Final = _HEADER + _NONCE_BYTES + KEY_BYTES + _TAG_BYTES


class SealBroken(HubError):
    """A stored secret could not be opened."""

    code = "seal_broken"


class Binding(Struct, frozen=True):
    """The place a secret belongs to: authenticated with it, but not secret itself.

    `owner_id` is the account or profile, `generation` counts how often its credentials have been
    replaced.
    """

    project_id: ProjectId
    owner_id: str
    field: str
    generation: int

    def __bytes__(self) -> bytes:
        return msgspec.json.encode(
            [str(self.project_id), str(self.owner_id), self.field, self.generation]
        )


class Vault:
    def __init__(self, keyring: Keyring) -> None:
        self._ciphers = {key.id: AESGCM(key.secret) for key in keyring.keys}
        self._current = keyring.current
        self.audit_keys: Final = AuditKeys(keyring)
        self._signers = {key.id: _signing_key(key.secret) for key in keyring.keys}

    def seal(self, secret: Secret, binding: Binding) -> bytes:
        """Encrypt `secret` for `binding`; the result differs each time."""
        bound = bytes(binding)
        data_key = AESGCM.generate_key(bit_length=KEY_BYTES * 8)
        header = _VERSION + bytes.fromhex(self._current)
        wrapped = _encrypt(self._ciphers[self._current], data_key, header + bound)
        boxed = _encrypt(AESGCM(data_key), secret.reveal().encode(), header + bound)
        return header + wrapped + boxed

    def open(self, sealed: bytes, binding: Binding) -> Secret:
        """
        Decrypt a value that `seal` returned for the same `binding`.

        Raises:
            SealBroken: the bytes were altered, moved, or sealed under a key this vault does not
                have. Deliberately does not say which.
        """
        header, wrapped, boxed = sealed[:_HEADER], sealed[_HEADER:_WRAPPED], sealed[_WRAPPED:]
        bound = header + bytes(binding)
        try:
            wrapping = self._ciphers[sealed[KEY_ID].hex()]
            data_key = wrapping.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], bound)
            opened = AESGCM(data_key).decrypt(boxed[:_NONCE_BYTES], boxed[_NONCE_BYTES:], bound)
            return Secret(opened.decode())
        except (InvalidTag, KeyError, ValueError):
            raise SealBroken from None

    def sign(self, content: bytes) -> bytes:
        """Return what proves to `is_signed` that this installation made `content`."""
        return bytes.fromhex(self._current) + _signature(self._signers[self._current], content)

    def is_signed(self, signature: bytes, content: bytes) -> bool:
        signer = self._signers.get(signature[:_KEY_ID_BYTES].hex())
        return signer is not None and hmac.compare_digest(
            signature[_KEY_ID_BYTES:], _signature(signer, content)
        )


def key_id(sealed: bytes) -> str:
    """Return the id of the key that `sealed` was wrapped under."""
    return sealed[KEY_ID].hex()


def _signing_key(secret: bytes) -> bytes:
    """Derive a key of its own: what is signed says nothing about what is sealed."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"jackfield signing 1").derive(secret)


def _signature(signer: bytes, content: bytes) -> bytes:
    return hmac.digest(signer, content, "sha256")[:_SIGNATURE_BYTES]


def _encrypt(cipher: AESGCM, plain: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, bound)
