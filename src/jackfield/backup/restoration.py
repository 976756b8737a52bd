"""
Restoration of a backup into a database with nothing in it.

All or nothing: the database is made as the backup's was, filled, read again and compared with the
sums of the backup, brought to this version, given its shredding keys, and only then committed.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from jackfield.backup.copy import Contents
from jackfield.backup.models import BackupRefused, End, Header, Rows
from jackfield.backup.repo import keep_number
from jackfield.backup.shredding_file import ShreddingRows
from jackfield.backup.verification import Tally, require_version
from jackfield.db.transfer.places import new
from jackfield.db.transfer.sums import difference, table_sum
from jackfield.db.transfer.tables import tables_at
from jackfield.db.tx import Transactions
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.secrets import trial
from jackfield.secrets.repo import ShreddingKeys, drop_empty_places, expect_shredding_keys
from jackfield.vault import key_check
from jackfield.vault.cipher import Vault
from jackfield.vault.keyring import Keyring

_SECRETS: Final = "credentials"


@dataclass(frozen=True, slots=True)
class Restorer:
    """Who restores, and what opens the secrets: the keyring at `location`, and shredding keys."""

    actor: Actor
    keyring: Keyring
    location: str
    shredding_rows: ShreddingRows | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """
    What was restored.

    `shredded` counts the shredding keys that it needs and that are destroyed; `unused` those of a
    file newer than the backup that nothing in it needs.
    """

    contents: Contents
    shredded: int
    unused: int


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
    by: Restorer,
    on_row: Callable[[str], None],
    settle: Callable[[Transactions], Awaitable[None]],
) -> Restored:
    """
    Write all rows of a backup, and its shredding keys, into the database at `place`.

    `settle` does what a restored hub needs done, and is part of the same transaction.

    Raises:
        StreamBroken: the backup is not as it was written.
        BackupRefused: this version, or the keyring, does not fit it.
        TransferRefused: there are rows in the database, or not what was written.
    """
    require_version(header)
    require_keys(header, by.keyring, by.location)
    tables = {each.name: each for each in tables_at(header.migrations)}
    tally, trial_ = Tally(header), _Trial(header, by.keyring)
    async with new(place, header.migrations) as target:
        for part in parts:
            tally.add(part, on_row)
            if isinstance(part, Rows):
                trial_.add(part)
                await target.insert(tables[part.table], part.rows)
        sums = tally.result()
        if unopened := trial_.unopened:
            raise _missing(unopened, by.location)
        written = [await table_sum(target, tables[each.table], on_row) for each in sums]
        if faults := [
            difference(*each) for each in zip(sums, written, strict=True) if each[0] != each[1]
        ]:
            msg = "what was written is not what is in the backup; all of it was taken back"
            raise BackupRefused(msg, faults=faults)
        db = await target.upgrade()
        shredded, unused = await _give_keys(db, by, header)
        await settle(db)
        await target.commit()
    return Restored(Contents(header, sums), shredded, unused)


async def _give_keys(db: Transactions, by: Restorer, backup: Header) -> tuple[int, int]:
    """Store the keys that what is restored needs; return how many are missing, and not needed."""
    await expect_shredding_keys(db)
    given, unused = by.shredding_rows, 0
    for rows in given or ():
        by_project = defaultdict[str, dict[str, bytes]](dict)
        for project_id, owner_id, key in rows:
            by_project[project_id][owner_id] = key
        for project_id, keys in by_project.items():
            async with db.write(ProjectId(project_id), by.actor) as tx:
                unused += len(keys) - await ShreddingKeys(tx).give(keys)
    await keep_number(db, max(backup.number, given.header.number if given else 0))
    is_newer = given is not None and given.header.place > backup.place
    return await drop_empty_places(db), unused if is_newer else 0


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
