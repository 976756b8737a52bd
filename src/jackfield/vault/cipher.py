"""
Envelope encryption of secrets, bound to their place.

A secret is encrypted under a data key made for it alone, and the data key is encrypted ("wrapped")
under a key of the keyring, both with AES-256-GCM and bound to a `Binding`: the place the secret
belongs. Ciphertext copied to another row, field or project, or kept from before the credential was
replaced, does not open.

A sealed value of format 2 is, in order: format (1 byte), id of the wrapping key (4), nonce (12) and
wrapped data key (32 + 16), commitment (32), nonce (12) and ciphertext (+ 16). What follows the
wrapped data key does not depend on the wrapping key, so that another key can take its place. Format 1
has no commitment, and binds both parts to the wrapping key.

Format 3 has the same parts, and needs a shredding key as well: 32 bytes that are kept apart from the
ciphertext. When that one is destroyed, nothing opens the ciphertext any more, wherever copies of it
are.
"""

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

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
_OLDEST: Final = b"\x01"
_FORMAT: Final = b"\x02"
_SHREDDABLE: Final = b"\x03"
_KEY_ID_BYTES: Final = 4
_HEADER: Final = len(_FORMAT) + _KEY_ID_BYTES
_SIGNATURE_BYTES: Final = 17
# Where the id of the wrapping key stands in what is sealed, in each format.
KEY_ID: Final = slice(len(_FORMAT), _HEADER)
_WRAPPED_AT: Final = _HEADER + _NONCE_BYTES
_WRAPPED: Final = _HEADER + _NONCE_BYTES + KEY_BYTES + _TAG_BYTES
_COMMITMENT_BYTES: Final = 32
_COMMITTED: Final = _WRAPPED + _COMMITMENT_BYTES
_BOXED_AT: Final = _COMMITTED + _NONCE_BYTES
# HKDF-Expand of SHA-512 needs one block for both halves, which is this HMAC: the 1 is its counter.
_EXPAND: Final = b"jackfield sealed 2\x01"
_EXPAND_WITH: Final = b"jackfield sealed 3"
_COUNTER: Final = b"\x01"

# How a short-lived process, which follows no rotation, finds keys that came after its start.
Look: TypeAlias = Callable[[], Keyring | None]


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


@dataclass(frozen=True, slots=True, repr=False)
class _Keys:
    """What a keyring is used for."""

    keyring: Keyring
    ciphers: dict[bytes, AESGCM]
    signers: dict[str, bytes]
    audit: AuditKeys

    @classmethod
    def of(cls, keyring: Keyring) -> "_Keys":
        return cls(
            keyring,
            {bytes.fromhex(key.id): AESGCM(key.secret) for key in keyring.keys},
            {key.id: _signing_key(key.secret) for key in keyring.keys},
            AuditKeys(keyring),
        )


class Vault:
    """Seals under the current key of a keyring, and opens under any of it."""

    def __init__(self, keyring: Keyring, *, look: Look | None = None) -> None:
        self._keys = _Keys.of(keyring)
        self._look = look
        self._absent = set[str]()

    def use(self, keyring: Keyring) -> None:
        """Go on with another keyring, at once for all that follows."""
        self._keys = _Keys.of(keyring)

    @property
    def keyring(self) -> Keyring:
        return self._keys.keyring

    @property
    def audit_keys(self) -> AuditKeys:
        return self._keys.audit

    def seal(self, secret: Secret, binding: Binding, shredding_key: bytes = b"") -> bytes:
        """
        Encrypt `secret` for `binding`; the result differs each time.

        With a `shredding_key`, of 32 bytes, it opens with that one alone.
        """
        bound = bytes(binding)
        data_key = os.urandom(KEY_BYTES)
        format_ = _SHREDDABLE if shredding_key else _FORMAT
        both = hmac.digest(data_key, _expansion(format_, shredding_key), "sha512")
        cipher_key, commitment = both[:KEY_BYTES], both[KEY_BYTES:]
        boxed = _encrypt(AESGCM(cipher_key), secret.reveal().encode(), format_ + bound)
        return self._wrapped(format_, data_key, bound) + commitment + boxed

    def open(self, sealed: bytes, binding: Binding, shredding_key: bytes = b"") -> Secret:
        """
        Decrypt a value that `seal` returned for the same `binding` and shredding key.

        What was sealed without a shredding key opens with any.

        Raises:
            SealBroken: the bytes were altered, moved, or sealed under a key this vault does not
                have. Deliberately does not say which.
        """
        if self._look is not None and key_id(sealed) not in self.keyring.ids:
            self._look_for(key_id(sealed), self._look)
        bound = bytes(binding)
        try:
            format_ = sealed[:1]
            if format_ == _OLDEST:
                return self._open_oldest(sealed, bound)
            # All in one place: each call of an action opens a secret.
            data_key = self._keys.ciphers[sealed[KEY_ID]].decrypt(
                sealed[_HEADER:_WRAPPED_AT], sealed[_WRAPPED_AT:_WRAPPED], sealed[:_HEADER] + bound
            )
            if format_ == _SHREDDABLE and shredding_key:
                expansion = _EXPAND_WITH + shredding_key + _COUNTER
            else:
                expansion = _expansion(format_, shredding_key)
            both = hmac.digest(data_key, expansion, "sha512")
            if not hmac.compare_digest(both[KEY_BYTES:], sealed[_WRAPPED:_COMMITTED]):
                raise SealBroken
            opened = AESGCM(both[:KEY_BYTES]).decrypt(
                sealed[_COMMITTED:_BOXED_AT], sealed[_BOXED_AT:], format_ + bound
            )
            return Secret(opened.decode())
        except (InvalidTag, KeyError, ValueError):
            raise SealBroken from None

    def rewrap(self, sealed: bytes, binding: Binding, shredding_key: bytes) -> bytes:
        """
        Wrap the data key of a sealed value under the current key; the ciphertext stays the same.

        What was sealed without a shredding key is sealed anew, with this one.

        Raises:
            SealBroken: as `open`.
        """
        if sealed[:1] != _SHREDDABLE:
            return self.seal(self.open(sealed, binding), binding, shredding_key)
        bound = bytes(binding)
        try:
            data_key = self._unwrapped(sealed, bound)
            both = hmac.digest(data_key, _expansion(_SHREDDABLE, shredding_key), "sha512")
            if not hmac.compare_digest(both[KEY_BYTES:], sealed[_WRAPPED:_COMMITTED]):
                raise SealBroken
        except (InvalidTag, KeyError, ValueError):
            raise SealBroken from None
        return self._wrapped(_SHREDDABLE, data_key, bound) + sealed[_WRAPPED:]

    def unwraps(self, sealed: bytes, binding: Binding) -> bool:
        """Tell whether a key of the keyring wraps the data key of a sealed value."""
        try:
            self._unwrapped(sealed, bytes(binding))
        except (InvalidTag, KeyError, ValueError):
            return False
        return True

    def sign(self, content: bytes) -> bytes:
        """Return what proves to `is_signed` that this installation made `content`."""
        keys = self._keys
        current = keys.keyring.current
        return bytes.fromhex(current) + _signature(keys.signers[current], content)

    def signatures(self, content: bytes) -> tuple[bytes, bytes]:
        """
        Return what `sign` returns here, and what it returns where another key is current.

        For what is found by its signature: processes change to a new key one after the other.
        """
        keys = self._keys
        others = [key.id for key in keys.keyring.keys if key.id != keys.keyring.current]
        other = others[-1] if others else keys.keyring.current
        return self.sign(content), bytes.fromhex(other) + _signature(keys.signers[other], content)

    def is_signed(self, signature: bytes, content: bytes) -> bool:
        signer = self._keys.signers.get(signature[:_KEY_ID_BYTES].hex())
        return signer is not None and hmac.compare_digest(
            signature[_KEY_ID_BYTES:], _signature(signer, content)
        )

    def _look_for(self, key: str, look: Look) -> None:
        if key in self._absent:
            return
        found = look()
        if found is None or key not in found.ids:
            self._absent.add(key)
        elif self.keyring.ids < found.ids:
            self.use(found.sealing_with(self.keyring.current))

    def _wrapped(self, format_: bytes, data_key: bytes, bound: bytes) -> bytes:
        keys = self._keys
        current = bytes.fromhex(keys.keyring.current)
        header = format_ + current
        return header + _encrypt(keys.ciphers[current], data_key, header + bound)

    def _unwrapped(self, sealed: bytes, bound: bytes) -> bytes:
        if sealed[:1] not in {_OLDEST, _FORMAT, _SHREDDABLE}:
            raise ValueError
        return self._keys.ciphers[sealed[KEY_ID]].decrypt(
            sealed[_HEADER:_WRAPPED_AT], sealed[_WRAPPED_AT:_WRAPPED], sealed[:_HEADER] + bound
        )

    def _open_oldest(self, sealed: bytes, bound: bytes) -> Secret:
        data_key = self._unwrapped(sealed, bound)
        boxed = sealed[_WRAPPED:]
        opened = AESGCM(data_key).decrypt(
            boxed[:_NONCE_BYTES], boxed[_NONCE_BYTES:], sealed[:_HEADER] + bound
        )
        return Secret(opened.decode())


def key_id(sealed: bytes) -> str:
    """Return the id of the key that `sealed` was wrapped under."""
    return sealed[KEY_ID].hex()


def _expansion(format_: bytes, shredding_key: bytes) -> bytes:
    """
    Return what makes of a data key, by one HMAC, the key of the ciphertext and its commitment.

    AES-GCM alone lets a ciphertext be made that opens under two keys, to two texts. The commitment
    fits one data key only, as two would be a collision of SHA-512.

    Raises:
        SealBroken: the format is not known, or its shredding key is missing.
    """
    if format_ == _FORMAT:
        return _EXPAND
    if format_ != _SHREDDABLE or len(shredding_key) != KEY_BYTES:
        raise SealBroken
    return _EXPAND_WITH + shredding_key + _COUNTER


def _signing_key(secret: bytes) -> bytes:
    """Derive a key of its own: what is signed says nothing about what is sealed."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"jackfield signing 1").derive(secret)


def _signature(signer: bytes, content: bytes) -> bytes:
    return hmac.digest(signer, content, "sha256")[:_SIGNATURE_BYTES]


def _encrypt(cipher: AESGCM, plain: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, bound)
