"""The copy of a database into a backup, as it was at one moment."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final, cast

from jackfield.backup.container import Part
from jackfield.backup.models import FORMAT, End, Header, Rows
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


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a backup."""

    header: Header
    sums: tuple[TableSum, ...]


def copied_tables(migrations: Collection[int], *, has_logs: bool) -> dict[str, tuple[str, ...]]:
    """Return the columns of each table in a backup of a database with those migrations."""
    found = tables_at(migrations)
    return {each.name: each.columns for each in found if has_logs or each.name not in LOGS}


async def write(
    place: str | Path,
    add: Callable[[Part], None],
    *,
    has_logs: bool,
    on_row: Callable[[str], None],
) -> Contents:
    """
    Give all rows of a database to `add`, while hubs go on writing to it.

    Raises:
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
        )
        add(header)
        sums = tuple([await _copied(source, Table(*each), add, on_row) for each in columns.items()])
        add(End(sums))
        return Contents(header, sums)


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
