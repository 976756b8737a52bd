"""
The file of shredding keys: one for all backups of a hub, which each backup replaces.

It begins with a line that says which hub it is of, so that a backup of another hub does not replace
it; then comes a container, as a backup is one.
"""

import errno
import fcntl
import os
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

from jackfield.backup import container
from jackfield.backup.container import Keys, Locks, Part
from jackfield.backup.models import BackupRefused, End, Header, Rows, damaged
from jackfield.backup.verification import Tally

TABLE: Final = "shredding_keys"
_MARK: Final = re.compile(rb"jackfield-shredding-keys ((?:prj_[0-9A-Z]{26})?)\n")
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
        was = _hub(content)
    if was != hub:
        msg = (
            f"{str(file)!r} is of another hub ({was}), whose backups need it; name another file "
            "with --shredding-keys"
        )
        raise BackupRefused(msg)


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
    file.write(f"jackfield-shredding-keys {header.installation}\n".encode())
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
        was = _hub(content)
        if was != backup.installation:
            msg = f"{str(file)!r} is of another hub ({was}); name the one of this backup's hub"
            raise BackupRefused(msg)
        with container.reader(content, keys) as (header, parts):
            if header.tables != {TABLE: _COLUMNS}:
                raise _no_keys(file)
            if header.made_at < backup.made_at:
                msg = (
                    f"{str(file)!r} is of {header.made_at:%Y-%m-%d %H:%M} UTC, and so older than "
                    "the backup; name the newest one, which was written with the last backup"
                )
                raise BackupRefused(msg)
            yield ShreddingRows(header, parts)


def needed_by(
    table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
) -> Iterator[tuple[str, str]]:
    """Yield the project and the owner of each shredding key that rows of a table need."""
    if table != "credentials" or "shredded_with" not in columns:
        return
    project, owner = columns.index("project_id"), columns.index("shredded_with")
    for row in rows:
        if isinstance(row[owner], str) and isinstance(row[project], str):
            yield row[project], row[owner]


def _opened(file: Path) -> IO[bytes]:
    # To open a pipe would wait until something is written into it.
    if not file.is_file():
        raise _no_keys(file)
    try:
        return file.open("rb")
    except OSError as error:
        msg = f"{str(file)!r} cannot be read: {error.strerror}"
        raise BackupRefused(msg) from error


def _hub(content: IO[bytes]) -> str:
    found = _MARK.fullmatch(content.readline(_LONGEST_LINE))
    if found is None:
        raise _no_keys(Path(content.name))
    return found[1].decode()


def _no_keys(file: Path) -> BackupRefused:
    msg = (
        f"{str(file)!r} is not a file of shredding keys, as `jackfield backup` writes it; name "
        "another one with --shredding-keys"
    )
    return BackupRefused(msg)
