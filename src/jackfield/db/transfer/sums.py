"""Sums of tables: what is compared after rows were read, written or kept elsewhere."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from jackfield.db.transfer.end import End, Values
from jackfield.db.transfer.tables import Table
from jackfield.kit.errors import Fault
from jackfield.kit.json import encode

_MODULUS: Final = 1 << 256


@dataclass(frozen=True, slots=True)
class TableSum:
    """The number of a table's rows, and a checksum of them in any order."""

    table: str
    rows: int
    checksum: str


class RunningSum:
    """The sum of the rows that were added so far."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._count = 0
        self._checksum = 0

    def add(self, row: Values) -> None:
        # A sum: databases order texts in ways of their own.
        self._count += 1
        self._checksum = (self._checksum + _digest(row)) % _MODULUS

    def remove(self, row: Values) -> None:
        self._count -= 1
        self._checksum = (self._checksum - _digest(row)) % _MODULUS

    @property
    def result(self) -> TableSum:
        return TableSum(self._table, self._count, f"{self._checksum:064x}")


def _digest(row: Values) -> int:
    return int.from_bytes(hashlib.sha256(encode(row)).digest())


async def table_sum(end: End, table: Table, on_row: Callable[[str], None]) -> TableSum:
    """Read a table, and return its sum; `on_row` is told the table of each row."""
    found = RunningSum(table.name)
    async for row in end.rows(table):
        found.add(row)
        on_row(table.name)
    return found.result


def difference(read: TableSum, written: TableSum) -> Fault:
    said = f"{read.rows} rows were read, {written.rows} written"
    return Fault(read.table, said if read.rows != written.rows else f"{said}, and they differ")
