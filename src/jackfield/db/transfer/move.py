"""
The move of all rows of a hub into an empty database.

All or nothing: one transaction, in which what was written is read again and compared before it is
committed. A move that was interrupted begins anew.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, cast

from jackfield.db.transfer import sqlite_end
from jackfield.db.transfer.batches import batches
from jackfield.db.transfer.end import End, TransferRefused
from jackfield.db.transfer.sums import RunningSum, TableSum, difference, table_sum
from jackfield.db.transfer.tables import Table, tables
from jackfield.kit.errors import Fault

_KEYS: Final = Table("vault_keys", ("id", "proof"))


def opened(place: str | Path, *, alone: bool) -> AbstractAsyncContextManager[End]:
    """Open the SQLite file or PostgreSQL URL of a transfer; see each kind's `opened`."""
    if isinstance(place, Path):
        return sqlite_end.opened(place, alone=alone)
    # Kept out of the memory of a hub on SQLite.
    from jackfield.db.transfer import postgres_end  # noqa: PLC0415

    return postgres_end.opened(place, alone=alone)


async def key_proofs(source: End) -> Mapping[str, bytes]:
    """Return what proves each key that credentials are sealed with, by its id."""
    return cast("Mapping[str, bytes]", {key: proof async for key, proof in source.rows(_KEYS)})


async def move(
    source: End, target: End, *, is_trial: bool, on_row: Callable[[str], None]
) -> list[TableSum]:
    """
    Move the rows of all tables, and return the sum of each; a trial commits nothing.

    `on_row` is told the table of each row that was read.

    Raises:
        TransferRefused: the target has rows, or what was written is not what was read; nothing
            was changed.
    """
    if full := [Fault(each.name, "has rows") for each in tables() if await target.has_rows(each)]:
        msg = "the database to move to is not empty, and was not changed; make a new one"
        raise TransferRefused(msg, faults=full)
    read = [await _copied(source, target, each, on_row) for each in tables()]
    written = [await table_sum(target, each, on_row) for each in tables()]
    if faults := [
        difference(*each) for each in zip(read, written, strict=True) if each[0] != each[1]
    ]:
        msg = "what was written is not what was read; all of it was taken back"
        raise TransferRefused(msg, faults=faults)
    if not is_trial:
        await target.commit()
    return read


async def _copied(
    source: End, target: End, table: Table, on_row: Callable[[str], None]
) -> TableSum:
    found = RunningSum(table.name)
    async for batch in batches(source.rows(table)):
        for row in batch:
            found.add(row)
            on_row(table.name)
        await target.insert(table, batch)
    return found.result
