"""Keyring: the key-encryption keys, and the document they are kept as."""

import base64
import binascii
import os
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

import msgspec

from jackfield.kit.errors import HubError

KEY_BYTES: Final = 32
_ID_BYTES: Final = 4


class KeyringUnusable(HubError):
    """The vault's keyring cannot be used."""

    code = "keyring_unusable"


@dataclass(frozen=True, slots=True)
class Key:
    """One key-encryption key. `id` is eight hexadecimal digits."""

    id: str
    secret: bytes
    created_at: datetime

    @classmethod
    def mint(cls, now: datetime) -> Self:
        return cls(os.urandom(_ID_BYTES).hex(), os.urandom(KEY_BYTES), now)

    def __repr__(self) -> str:
        return f"Key({self.id}, …)"


@dataclass(frozen=True, slots=True)
class RetiredKey:
    """What is left of a key that was taken out: the public half of what it signed the audit log with."""

    id: str
    audit_key: str
    retired_at: datetime


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by age. `current` is the id of the one that seals; the others only open."""

    keys: tuple[Key, ...]
    current: str
    retired: tuple[RetiredKey, ...] = ()
    # The public half of the recovery key, if there is one.
    recovery: str | None = None

    @classmethod
    def mint(cls, now: datetime) -> Self:
        key = Key.mint(now)
        return cls((key,), key.id)

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(key.id for key in self.keys)

    def sealing_with(self, key_id: str) -> Self:
        """Return the same keys with another current one."""
        return self if key_id == self.current else replace(self, current=key_id)

    def with_key(self, key: Key) -> Self:
        """Return the keyring with one more key, which only opens."""
        return replace(self, keys=(*self.keys, key))

    def without(self, retired: RetiredKey) -> Self:
        """Return the keyring without a key, of which this is left."""
        kept = tuple(key for key in self.keys if key.id != retired.id)
        return replace(self, keys=kept, retired=(*self.retired, retired))


class _KeyDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    key: str
    created_at: datetime


class _RetiredDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    audit_key: str
    retired_at: datetime


class _KeyringDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    current: str
    keys: list[_KeyDocument]
    version: int = 1
    # Left out while there are none: earlier versions read no more than they know.
    retired: list[_RetiredDocument] | msgspec.UnsetType = msgspec.UNSET
    recovery: str | msgspec.UnsetType = msgspec.UNSET


def parse(content: bytes, source: str) -> Keyring:
    """
    Read a document that `render` returned; `source` is what messages call its place.

    Raises:
        KeyringUnusable: it is damaged.
    """
    try:
        document = msgspec.json.decode(content, type=_KeyringDocument)
        keys = tuple(
            Key(each.id, base64.b64decode(each.key, validate=True), each.created_at)
            for each in document.keys
        )
        sound = all(
            len(key.secret) == KEY_BYTES and len(bytes.fromhex(key.id)) == _ID_BYTES for key in keys
        )
    except (msgspec.DecodeError, binascii.Error, ValueError):
        sound, keys, document = False, (), None
    if not sound or document is None or document.current not in {key.id for key in keys}:
        # Not chained: the cause could quote a key.
        msg = f"the keyring in {source} is damaged; restore it from a backup"
        raise KeyringUnusable(msg) from None
    retired = tuple(
        RetiredKey(each.id, each.audit_key, each.retired_at) for each in document.retired or ()
    )
    return Keyring(keys, document.current, retired, document.recovery or None)


def render(keyring: Keyring) -> bytes:
    """Return the document that a keyring is kept as. Whoever has it has the keys."""
    document = _KeyringDocument(
        current=keyring.current,
        keys=[
            _KeyDocument(key.id, base64.b64encode(key.secret).decode(), key.created_at)
            for key in keyring.keys
        ],
        retired=[
            _RetiredDocument(each.id, each.audit_key, each.retired_at) for each in keyring.retired
        ]
        or msgspec.UNSET,
        recovery=keyring.recovery or msgspec.UNSET,
    )
    return msgspec.json.format(msgspec.json.encode(document)) + b"\n"
