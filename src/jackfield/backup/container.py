"""
Container of a backup: a mark, a key under a passphrase, and a stream encrypted with age.

Within the stream, compressed: the header, the rows and the end, each after its length. There is a
key in the container only if the backup was made under a passphrase; it is what the stream is
encrypted to.
"""

import gzip
import struct
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final, TypeAlias, cast

import msgspec

from jackfield.backup.models import FORMAT, BackupRefused, End, Header, Rows, damaged
from jackfield.kit.secret import Secret
from jackfield.vault import age_keys, age_stream
from jackfield.vault.age_keys import Identity, Recipient
from jackfield.vault.age_stream import KeyRefused

Part: TypeAlias = Header | Rows | End

_MARK: Final = b"jackfield-backup"
_LENGTH: Final = struct.Struct(">I")
# Of the mark, the format and the length of the key.
_PREFIX: Final = struct.Struct(">16sHH")
# Beyond the largest batch of rows that a hub writes: a row may hold a response of many megabytes.
_MOST_BYTES: Final = 1 << 30
# Faster than the usual, and hardly larger.
_LEVEL: Final = 4


def _no_extension(code: int, _content: memoryview) -> object:
    msg = f"a backup has no values of the kind {code}"
    raise ValueError(msg)


_PARTS: Final = msgspec.msgpack.Decoder(Header | Rows | End, ext_hook=_no_extension)


@dataclass(frozen=True, slots=True)
class Locks:
    """What a backup is encrypted with: recipients, or else a passphrase."""

    recipients: Sequence[Recipient] = ()
    passphrase: Secret | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens a backup. A passphrase is asked for only if the backup has one."""

    identities: Sequence[Identity]
    passphrase: Callable[[], Secret | None]


@contextmanager
def writer(file: IO[bytes], locks: Locks) -> Generator[Callable[[Part], None]]:
    """Write a backup into `file`; yield what adds a part."""
    recipients, wrapped = locks.recipients, b""
    if locks.passphrase is not None:
        identity = age_keys.new_identity()
        recipients, wrapped = [identity.to_public()], age_keys.wrapped(identity, locks.passphrase)
    file.write(_PREFIX.pack(_MARK, FORMAT, len(wrapped)) + wrapped)
    with (
        age_stream.encrypted(file, recipients) as plain,
        gzip.GzipFile(fileobj=plain, mode="wb", compresslevel=_LEVEL, mtime=0) as packed,
    ):

        def add(part: Part) -> None:
            content = msgspec.msgpack.encode(part)
            packed.write(_LENGTH.pack(len(content)))
            packed.write(content)

        yield add


@contextmanager
def reader(file: IO[bytes], keys: Keys) -> Generator[tuple[Header, Iterator[Rows | End]]]:
    """
    Read a backup: yield its header and the parts after it.

    Raises:
        BackupRefused: it is no backup, or of a newer version.
        KeyRefused: it does not open with `keys`.
        StreamBroken: it is not as it was written. Parts that come before the place are yielded.
    """
    identities = _identities(file, keys)
    with age_stream.decrypted(file, identities) as plain:
        try:
            with gzip.GzipFile(fileobj=plain, mode="rb") as packed:
                parts = _parts(cast("IO[bytes]", packed))
                header = next(parts, None)
                if not isinstance(header, Header):
                    raise damaged()
                if header.format > FORMAT:
                    raise _newer(header.hub)
                yield header, cast("Iterator[Rows | End]", parts)
        except (EOFError, gzip.BadGzipFile, zlib.error, msgspec.DecodeError) as error:
            raise damaged() from error


def _identities(file: IO[bytes], keys: Keys) -> Sequence[Identity]:
    start = file.read(_PREFIX.size)
    if len(start) < _PREFIX.size or not start.startswith(_MARK):
        msg = "the file is not a backup of `jackfield backup`"
        raise BackupRefused(msg)
    _, version, length = _PREFIX.unpack(start)
    if version > FORMAT:
        hub = f"with format {version}"
        raise _newer(hub)
    if not length:
        if not keys.identities:
            msg = "the backup was made for a key of age; give the file with it (--key-file)"
            raise KeyRefused(msg)
        return keys.identities
    wrapped = file.read(length)
    if len(wrapped) < length:
        raise damaged()
    passphrase = keys.passphrase()
    if passphrase is None:
        msg = "the backup was made under a passphrase; give the file with it (--passphrase-file)"
        raise KeyRefused(msg)
    identity = age_keys.unwrapped(wrapped, passphrase)
    if identity is None:
        msg = "the passphrase is not the one that this backup was made with"
        raise KeyRefused(msg)
    return [identity]


def _parts(packed: IO[bytes]) -> Iterator[Part]:
    while start := packed.read(_LENGTH.size):
        length = _LENGTH.unpack(start)[0] if len(start) == _LENGTH.size else _MOST_BYTES + 1
        if length > _MOST_BYTES:
            raise damaged()
        content = packed.read(length)
        if len(content) < length:
            raise damaged()
        yield _decoded(content)


def _decoded(content: bytes) -> Part:
    try:
        return _PARTS.decode(content)
    except (ValueError, RecursionError) as error:
        # Not UTF-8, or nested without end; what is not of the types is a `ValueError`, too.
        raise damaged() from error


def _newer(hub: str) -> BackupRefused:
    msg = f"the backup was made by a newer version of Jackfield ({hub}); use that one"
    return BackupRefused(msg)
