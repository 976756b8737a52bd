"""
Keyring: the key-encryption keys and their storage.

By default a file beside the database, readable by its owner alone; `env:NAME` takes the same JSON
from an environment variable, for platforms that hand secrets to a process that way.
"""

import base64
import binascii
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import msgspec

from jackfield.kit.errors import HubError

KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_OWNER_ONLY: Final = 0o600
_OTHERS: Final = 0o077


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
class Keyring:
    """Keys by age. `current` is the id of the one that seals; the others only open."""

    keys: tuple[Key, ...]
    current: str

    @classmethod
    def mint(cls, now: datetime) -> Self:
        key = Key.mint(now)
        return cls((key,), key.id)


class _KeyDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    key: str
    created_at: datetime


class _KeyringDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    current: str
    keys: list[_KeyDocument]
    version: int = 1


def find(location: str, variable: Callable[[str], str | None]) -> Keyring | None:
    """
    Read the keyring at `location`: a path, or `env:NAME`. `None` if there is none yet.

    `variable` looks up an environment variable.

    Raises:
        KeyringUnusable: it is damaged, or other users may read it.
    """
    if location.startswith("env:"):
        name = location.removeprefix("env:")
        text = variable(name)
        if not text:
            msg = f"JACKFIELD_KEYRING names the environment variable {name!r}, which is not set"
            raise KeyringUnusable(msg)
        return _parse(text.encode(), f"the environment variable {name!r}")
    file = Path(location)
    try:
        mode = file.stat().st_mode
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        msg = f"the keyring {location!r} cannot be read: {error.strerror}"
        raise KeyringUnusable(msg) from error
    if mode & _OTHERS:
        msg = f"the keyring {location!r} can be read by other users; run: chmod 600 {location}"
        raise KeyringUnusable(msg)
    return _parse(content, repr(location))


def create(location: str, now: datetime) -> Keyring:
    """
    Create a keyring with one new key at `location`; an existing one is never replaced.

    Raises:
        KeyringUnusable: it cannot be written.
    """
    keyring = Keyring.mint(now)
    # Under a random name, and never through a file or link that is there already.
    draft = Path(f"{location}.{secrets.token_hex(8)}.new")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(handle, "wb") as file:
            file.write(_render(keyring))
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: atomic, and it never replaces another file. On disk before
        # anything is sealed, since losing it loses all that is sealed under it.
        os.link(draft, location)
        _sync_folder(Path(location).parent)
    except FileExistsError as error:
        msg = f"another process has just made the keyring {location!r}; start again"
        raise KeyringUnusable(msg) from error
    except OSError as error:
        msg = f"the keyring {location!r} cannot be written: {error.strerror}"
        raise KeyringUnusable(msg) from error
    finally:
        draft.unlink(missing_ok=True)
    return keyring


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parse(content: bytes, source: str) -> Keyring:
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
    return Keyring(keys, document.current)


def _render(keyring: Keyring) -> bytes:
    document = _KeyringDocument(
        current=keyring.current,
        keys=[
            _KeyDocument(key.id, base64.b64encode(key.secret).decode(), key.created_at)
            for key in keyring.keys
        ],
    )
    return msgspec.json.format(msgspec.json.encode(document)) + b"\n"
