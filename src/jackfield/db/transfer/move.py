"""
The move of all rows of a hub into an empty database.

All or nothing: one transaction, in which what was written is read again and compared before it is
committed. A move that was interrupted begins anew.
"""

import hashlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from jackfield.db.transfer import sqlite_end
from jackfield.db.transfer.end import End, TransferRefused, Values
from jackfield.db.transfer.tables import Table, tables
from jackfield.kit.errors import Fault
from jackfield.kit.json import encode

_MOST_ROWS: Final = 1000
_MOST_BYTES: Final = 4 << 20
_MODULUS: Final = 1 << 256
_KEYS: Final = Table("vault_keys", ("id", "proof"))


@dataclass(frozen=True, slots=True)
class TableSum:
    """The number of a table's rows, and a checksum of them in any order."""

    table: str
    rows: int
    checksum: str


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
    written = [await _summed(target.rows(each), each, on_row) for each in tables()]
    if faults := [
        _difference(*each) for each in zip(read, written, strict=True) if each[0] != each[1]
    ]:
        msg = "what was written is not what was read; all of it was taken back"
        raise TransferRefused(msg, faults=faults)
    if not is_trial:
        await target.commit()
    return read


async def _copied(
    source: End, target: End, table: Table, on_row: Callable[[str], None]
) -> TableSum:
    waiting, size = list[Values](), 0

    async def copy() -> AsyncGenerator[Values]:
        nonlocal size
        async for row in source.rows(table):
            waiting.append(row)
            size += sum(len(value) for value in row if isinstance(value, str | bytes))
            if len(waiting) == _MOST_ROWS or size >= _MOST_BYTES:
                await target.insert(table, waiting)
                waiting.clear()
                size = 0
            yield row
        await target.insert(table, waiting)

    return await _summed(copy(), table, on_row)


async def _summed(
    rows: AsyncGenerator[Values], table: Table, on_row: Callable[[str], None]
) -> TableSum:
    count, checksum = 0, 0
    async for row in rows:
        # A sum: databases order texts in ways of their own.
        digest = hashlib.sha256(encode(row)).digest()
        count, checksum = count + 1, (checksum + int.from_bytes(digest)) % _MODULUS
        on_row(table.name)
    return TableSum(table.name, count, f"{checksum:064x}")


def _difference(read: TableSum, written: TableSum) -> Fault:
    said = f"{read.rows} rows were read, {written.rows} written"
    return Fault(read.table, said if read.rows != written.rows else f"{said}, and they differ")
