"""The copy of a database into a backup, as it was at one moment."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeAlias, cast

import msgspec

from jackfield.audit.models import INSTALLATION
from jackfield.backup.container import Part
from jackfield.backup.models import FORMAT, BackupRefused, End, Header, Rows
from jackfield.db.transfer import end
from jackfield.db.transfer.batches import batches
from jackfield.db.transfer.places import snapshot
from jackfield.db.transfer.sums import RunningSum, TableSum
from jackfield.db.transfer.tables import LOGS, Table, tables_at
from jackfield.kit.clock import system_clock
from jackfield.vault.cipher import key_id

_KEYS: Final = Table("vault_keys", ("id", "proof"))
_SEALED: Final = Table("credentials", ("sealed",))
_RECOVERY: Final = Table("vault_recovery", ("copy",))
_SHREDDING: Final = "shredding_keys"
_FILES: Final = Table("shredding_key_files", ("number",))
# The audit log of a project outlives it.
_PROJECTS: Final = (Table("projects", ("id",)), Table("audit_chains", ("project_id",)))

# A file may be ahead of a hub that was restored, or could not note its number, by fewer.
_MOST_AHEAD: Final = 1_000_000

# Opens the file of shredding keys of the hub that its header names, and yields what adds a part.
OpenKeys: TypeAlias = Callable[[Header], AbstractContextManager[Callable[[Part], None]]]


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a backup."""

    header: Header
    sums: tuple[TableSum, ...]


def copied_tables(migrations: Collection[int], *, has_logs: bool) -> dict[str, tuple[str, ...]]:
    """Return the columns of each table in a backup of a database with those migrations."""
    left_out = {_SHREDDING} if has_logs else {_SHREDDING, *LOGS}
    return {each.name: each.columns for each in tables_at(migrations) if each.name not in left_out}


async def write(
    place: str | Path,
    add: Callable[[Part], None],
    *,
    has_logs: bool,
    on_row: Callable[[str], None],
    open_keys: OpenKeys,
    after: int,
) -> Contents:
    """
    Give all rows of a database to `add`, while hubs go on writing to it.

    The shredding keys are written first, where `open_keys` says: they open any backup before, and
    this one. The file that is there has the number `after`.

    Raises:
        BackupRefused: the shredding keys of another hub are there, or with a number that is no hub's.
        TransferRefused: there is no hub in it.
        DatabaseUnusable: it cannot be used, or a newer version wrote it.
    """
    async with snapshot(place) as source:
        migrations = await source.applied()
        columns = copied_tables(migrations, has_logs=has_logs)
        header = Header(
            format=FORMAT,
            hub=version("jackfield"),
            made_at=system_clock(),
            database="sqlite" if isinstance(place, Path) else "postgresql",
            migrations=migrations,
            tables=columns,
            has_logs=has_logs,
            keys=cast("dict[str, bytes]", {key: proof async for key, proof in source.rows(_KEYS)}),
            used_keys=tuple(
                sorted({key_id(cast("bytes", row[0])) async for row in source.rows(_SEALED)})
            ),
            recovery=await _recovery_copy(source) if _RECOVERY.name in columns else None,
            installation=await _installation(source, columns),
            number=_next_number(after, await _last_number(source, columns)),
        )
        if keys := [each for each in tables_at(migrations) if each.name == _SHREDDING]:
            count = await _copied_keys(source, keys[0], header, open_keys, on_row)
            header = msgspec.structs.replace(header, shredding_keys=count)
        add(header)
        sums = tuple([await _copied(source, Table(*each), add, on_row) for each in columns.items()])
        add(End(sums))
        return Contents(header, sums)


async def _copied_keys(
    source: end.End,
    table: Table,
    backup: Header,
    open_keys: OpenKeys,
    on_row: Callable[[str], None],
) -> int:
    """Write the file of shredding keys, and return how many they are."""
    header = msgspec.structs.replace(
        backup,
        tables={table.name: table.columns},
        has_logs=False,
        keys={},
        used_keys=(),
        recovery=None,
    )
    with open_keys(header) as add:
        found = await _copied(source, table, add, on_row)
        add(End((found,)))
    return found.rows


async def _installation(source: end.End, tables: Collection[str]) -> str:
    """Return the id of the first project that there ever was."""
    found = [
        str(row[0])
        for table in _PROJECTS
        if table.name in tables
        async for row in source.rows(table)
        if row[0] != INSTALLATION
    ]
    return min(found, default="")


async def _last_number(source: end.End, tables: Collection[str]) -> int:
    """Return the number of the last file that the hub wrote, wherever it is."""
    if _FILES.name not in tables:
        return 0
    return max([cast("int", row[0]) async for row in source.rows(_FILES)], default=0)


def _next_number(after: int, last: int) -> int:
    # Anyone who may write there can change the first line, and the numbers would come to their end.
    if after > last + _MOST_AHEAD:
        msg = (
            f"the file of shredding keys says that it is number {after}, and the last one of this hub "
            f"was number {last}: its first line was changed. Move it away, or name another file with "
            "--shredding-keys"
        )
        raise BackupRefused(msg)
    return max(after, last) + 1


async def _recovery_copy(source: end.End) -> bytes | None:
    copies = [cast("bytes", row[0]) async for row in source.rows(_RECOVERY)]
    return copies[0] if copies else None


async def _copied(
    source: end.End, table: Table, add: Callable[[Part], None], on_row: Callable[[str], None]
) -> TableSum:
    found = RunningSum(table.name)
    async for batch in batches(source.rows(table)):
        for row in batch:
            found.add(row)
            on_row(table.name)
        add(Rows(table.name, batch))
    return found.result
