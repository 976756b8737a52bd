"""
The file of shredding keys: one for all backups of a hub, which each backup replaces.

It begins with a line that says which hub it is of, so that a backup of another hub does not replace
it; then comes a container, as a backup is one.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

from jackfield.backup import container
from jackfield.backup.container import Keys, Locks, Part
from jackfield.backup.models import BackupRefused, End, Header, Rows, damaged
from jackfield.backup.verification import Tally

TABLE: Final = "shredding_keys"
_MARK: Final = b"jackfield-shredding-keys "
# The project, the owner ('' for the project itself) and the key.
KeyRow: TypeAlias = tuple[str, str, bytes]
_LONGEST_LINE: Final = 200
_COLUMNS: Final = ("project_id", "owner_id", "key")
FILE_NAME: Final = "shredding-keys.backup"


def require_replaceable(file: Path, hub: str) -> None:
    """
    Refuse to replace a file that is not the hub's.

    Raises:
        BackupRefused: it is another hub's, or no file of shredding keys.
    """
    if not file.exists():
        return
    with file.open("rb") as content:
        was = _hub(content)
    if was != hub:
        msg = (
            f"{str(file)!r} is of another hub ({was}), whose backups need it; name another file "
            "with --shredding-keys"
        )
        raise BackupRefused(msg)


@contextmanager
def writer(file: IO[bytes], locks: Locks, header: Header) -> Generator[Callable[[Part], None]]:
    """Write shredding keys into `file`; yield what adds their rows."""
    file.write(_MARK + header.installation.encode() + b"\n")
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
    if isinstance(project_id, str) and isinstance(owner_id, str) and isinstance(key, bytes):
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
    with file.open("rb") as content:
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


def _hub(content: IO[bytes]) -> str:
    line = content.readline(_LONGEST_LINE)
    if not line.startswith(_MARK):
        raise _no_keys(Path(content.name))
    return line.removeprefix(_MARK).decode(errors="replace").strip()


def _no_keys(file: Path) -> BackupRefused:
    msg = (
        f"{str(file)!r} is not a file of shredding keys, as `jackfield backup` writes it; name "
        "another one with --shredding-keys"
    )
    return BackupRefused(msg)
