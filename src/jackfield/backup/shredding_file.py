"""
The file of shredding keys: one for all backups of a hub, which each backup replaces.

It begins with a line that says which hub it is of, so that a backup of another hub does not replace
it, and the number of the file, which is greater each time; then comes a container, as a backup is one.
"""

import errno
import fcntl
import os
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, TypeAlias

from jackfield.backup import container
from jackfield.backup.container import Keys, Locks, Part
from jackfield.backup.models import BackupRefused, End, Header, Rows, damaged
from jackfield.backup.verification import Tally

TABLE: Final = "shredding_keys"
# The first files had no number.
_MARK: Final = re.compile(rb"jackfield-shredding-keys ((?:prj_[0-9A-Z]{26})?)(?: ([0-9]{1,15}))?\n")
# The project, the owner ('' for the project itself) and the key.
KeyRow: TypeAlias = tuple[str, str, bytes]
_LONGEST_LINE: Final = 200
_COLUMNS: Final = ("project_id", "owner_id", "key")
_KEY_BYTES: Final = 32
FILE_NAME: Final = "shredding-keys.backup"


def require_replaceable(file: Path, hub: str) -> None:
    """
    Refuse to replace a file that is not the hub's.

    Raises:
        BackupRefused: it is another hub's, or no file of shredding keys.
    """
    if not file.exists():
        return
    with _opened(file) as content:
        was, _ = _first_line(content)
    if was != hub:
        msg = (
            f"{str(file)!r} is of another hub ({was}), whose backups need it; name another file "
            "with --shredding-keys"
        )
        raise BackupRefused(msg)


def number_of(file: Path) -> int:
    """
    Return the number of a file; 0 if there is none, or if it has none.

    Raises:
        BackupRefused: it is no file of shredding keys.
    """
    if not file.exists():
        return 0
    with _opened(file) as content:
        return _first_line(content)[1]


@contextmanager
def in_turn(file: Path, on_wait: Callable[[], None]) -> Generator[None]:
    """
    Wait until no other backup has to do with a file, and keep others from it during the block.

    Of two at once, the one whose keys are older could replace the newer ones.

    Raises:
        BackupRefused: nothing can be written beside the file.
    """
    lock = file.with_name(f".{file.name}.lock")
    try:
        handle = _locked(lock, on_wait)
    except OSError as error:
        msg = f"{str(file)!r} cannot be written: {error.strerror}"
        raise BackupRefused(msg) from error
    try:
        yield
    finally:
        with suppress(OSError):
            lock.unlink()
        os.close(handle)


def _locked(lock: Path, on_wait: Callable[[], None]) -> int:
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            _lock(handle, on_wait)
            # The one before has deleted it: then it keeps nobody out.
            if lock.exists() and os.path.samestat(os.fstat(handle), lock.stat()):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _lock(handle: int, on_wait: Callable[[], None]) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        on_wait()
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        # Some network file systems have no locks; backups are made there, too.
        if error.errno not in {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}:
            raise


@contextmanager
def writer(file: IO[bytes], locks: Locks, header: Header) -> Generator[Callable[[Part], None]]:
    """Write shredding keys into `file`; yield what adds their rows."""
    file.write(f"jackfield-shredding-keys {header.installation} {header.number}\n".encode())
    with container.writer(file, locks) as add:
        add(header)
        yield add


@dataclass(slots=True)
class ShreddingRows:
    """The rows of a file of shredding keys, and the sum that they are compared with at their end."""

    header: Header
    _parts: Iterator[Rows | End] = field(repr=False)

    def __iter__(self) -> Iterator[list[KeyRow]]:
        tally = Tally(self.header)
        for part in self._parts:
            tally.add(part, lambda _table: None)
            if isinstance(part, Rows):
                yield [_row(*row) for row in part.rows]
        tally.result()


def _row(project_id: object, owner_id: object, key: object) -> KeyRow:
    if (
        isinstance(project_id, str)
        and isinstance(owner_id, str)
        and "\0" not in project_id + owner_id
        and isinstance(key, bytes)
        and len(key) == _KEY_BYTES
    ):
        return project_id, owner_id, key
    raise damaged()


@contextmanager
def reader(file: Path, keys: Keys, backup: Header) -> Generator[ShreddingRows]:
    """
    Read the shredding keys of a backup.

    Raises:
        BackupRefused: they are another hub's, or older than the backup.
        KeyRefused: the file does not open with `keys`.
        StreamBroken: it is not as it was written.
    """
    with _opened(file) as content:
        was, _ = _first_line(content)
        if was != backup.installation:
            msg = f"{str(file)!r} is of another hub ({was}); name the one of this backup's hub"
            raise BackupRefused(msg)
        with container.reader(content, keys) as (header, parts):
            if header.tables != {TABLE: _COLUMNS}:
                raise _no_keys(file)
            # The first line is not sealed.
            if header.installation != was:
                raise damaged()
            if header.place < backup.place:
                msg = (
                    f"{str(file)!r} is number {header.number}, of {header.made_at:%Y-%m-%d %H:%M} "
                    f"UTC, and so older than the backup, which is number {backup.number}; name the "
                    "newest one, which was written with the last backup"
                )
                raise BackupRefused(msg)
            yield ShreddingRows(header, parts)


def _opened(file: Path) -> IO[bytes]:
    # To open a pipe would wait until something is written into it.
    if not file.is_file():
        raise _no_keys(file)
    try:
        return file.open("rb")
    except OSError as error:
        msg = f"{str(file)!r} cannot be read: {error.strerror}"
        raise BackupRefused(msg) from error


def _first_line(content: IO[bytes]) -> tuple[str, int]:
    found = _MARK.fullmatch(content.readline(_LONGEST_LINE))
    if found is None:
        raise _no_keys(Path(content.name))
    return found[1].decode(), int(found[2] or 0)


def _no_keys(file: Path) -> BackupRefused:
    msg = (
        f"{str(file)!r} is not a file of shredding keys, as `jackfield backup` writes it; name "
        "another one with --shredding-keys"
    )
    return BackupRefused(msg)
