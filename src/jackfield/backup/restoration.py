"""
Restoration of a backup into a database with nothing in it.

All or nothing: the database is made as the backup's was, filled, read again and compared with the
sums of the backup, brought to this version, and only then committed.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from jackfield.backup.copy import Contents
from jackfield.backup.models import BackupRefused, End, Header, Rows
from jackfield.backup.shredding_file import TABLE, KeyRow, needed_by
from jackfield.backup.verification import Tally, require_version
from jackfield.db.transfer.places import new
from jackfield.db.transfer.sums import difference, table_sum
from jackfield.db.transfer.tables import tables_at
from jackfield.secrets import trial
from jackfield.vault import key_check
from jackfield.vault.cipher import Vault
from jackfield.vault.keyring import Keyring

_SECRETS: Final = "credentials"


@dataclass(frozen=True, slots=True)
class RestoreKeys:
    """What opens the secrets of a backup: the keyring at `location`, and rows of shredding keys."""

    keyring: Keyring
    location: str
    shredding_rows: Iterable[list[KeyRow]] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored; `shredded` counts the shredding keys it needs that are destroyed."""

    contents: Contents
    shredded: int


def require_keys(header: Header, keyring: Keyring | None, location: str) -> None:
    """
    Refuse a keyring that does not open what is sealed in a backup.

    Raises:
        BackupRefused: it lacks keys, which the message names.
    """
    lost = key_check.lost(keyring, header.keys)
    # One that sealed nothing may be gone; a keyring with none of them is another hub's.
    missing = lost if len(lost) == len(header.keys) else sorted({*lost} & {*header.used_keys})
    if missing:
        raise _missing(missing, location if keyring else f"{location} (there is none)")


async def restore(
    header: Header,
    parts: Iterator[Rows | End],
    place: str | Path,
    *,
    keys: RestoreKeys,
    on_row: Callable[[str], None],
) -> Restored:
    """
    Write all rows of a backup, and its shredding keys, into the database at `place`.

    Raises:
        StreamBroken: the backup is not as it was written.
        BackupRefused: this version, or the keyring, does not fit it.
        TransferRefused: there are rows in the database, or not what was written.
    """
    require_version(header)
    require_keys(header, keys.keyring, keys.location)
    tables = {each.name: each for each in tables_at(header.migrations)}
    tally, trial_ = Tally(header), _Trial(header, keys.keyring)
    needed = set[tuple[str, str]]()
    async with new(place, header.migrations) as target:
        for part in parts:
            tally.add(part, on_row)
            if isinstance(part, Rows):
                trial_.add(part)
                needed.update(needed_by(part.table, header.tables[part.table], part.rows))
                await target.insert(tables[part.table], part.rows)
        sums = tally.result()
        if unopened := trial_.unopened:
            raise _missing(unopened, keys.location)
        written = [await table_sum(target, tables[each.table], on_row) for each in sums]
        if faults := [
            difference(*each) for each in zip(sums, written, strict=True) if each[0] != each[1]
        ]:
            msg = "what was written is not what is in the backup; all of it was taken back"
            raise BackupRefused(msg, faults=faults)
        for rows in keys.shredding_rows:
            found = [row for row in rows if row[:2] in needed]
            # Of a backup from before there were such keys, none is needed.
            if found:
                await target.insert(tables[TABLE], found)
            needed.difference_update(row[:2] for row in found)
        await target.commit()
    return Restored(Contents(header, sums), len(needed))


class _Trial:
    def __init__(self, header: Header, keyring: Keyring) -> None:
        self._inner = trial.KeyTrial(Vault(keyring))
        columns = header.tables[_SECRETS]
        self._values = itemgetter(*(columns.index(name) for name in trial.COLUMNS))

    def add(self, part: Rows) -> None:
        if part.table != _SECRETS:
            return
        for row in part.rows:
            values: tuple[Any, ...] = self._values(row)
            self._inner.add(*values)

    @property
    def unopened(self) -> list[str]:
        return self._inner.unopened


def _missing(keys: list[str], location: str) -> BackupRefused:
    msg = (
        f"the backup has credentials sealed with key {', '.join(keys)}, which the keyring "
        f"{location} does not open; put the keyring of that hub there, or name it with "
        "JACKFIELD_KEYRING. Nothing was written"
    )
    return BackupRefused(msg)
