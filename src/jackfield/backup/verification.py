"""Verification of a backup: all of it is read, and what is in it compared with its sums."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from jackfield.backup.copy import Contents, copied_tables
from jackfield.backup.models import BackupRefused, End, Header, Rows, damaged
from jackfield.db.migrate import pending
from jackfield.db.transfer.sums import RunningSum, TableSum
from jackfield.db.tx import DatabaseUnusable

OnRow: TypeAlias = Callable[[str], None]


def require_version(header: Header) -> None:
    """
    Refuse a backup whose database this version does not know.

    Raises:
        BackupRefused: a newer version made it, or one whose migrations were changed.
    """
    try:
        pending(header.migrations)
        tables = copied_tables(header.migrations, has_logs=header.has_logs)
    except DatabaseUnusable as error:
        msg = (
            f"the backup was made by another version of Jackfield ({header.hub}), whose database "
            "this one does not know; restore it with that version or a newer one"
        )
        raise BackupRefused(msg) from error
    # A database without migrations has no hub in it.
    if not tables or header.tables != tables:
        raise damaged()


def verify(header: Header, parts: Iterator[Rows | End], on_row: OnRow) -> Contents:
    """
    Read all parts, and compare them with the sums at the end.

    Raises:
        StreamBroken: the backup is not as it was written.
    """
    tally = Tally(header)
    for part in parts:
        tally.add(part, on_row)
    return Contents(header, tally.result())


class Tally:
    """The sums of the rows that were read, which the end of the backup must name."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._sums = {name: RunningSum(name) for name in header.tables}
        self._end: End | None = None

    def add(self, part: Rows | End, on_row: OnRow) -> None:
        if self._end is not None or isinstance(part, Header):
            raise damaged()
        if isinstance(part, End):
            self._end = part
            return
        if part.table not in self._sums:
            raise damaged()
        found, width = self._sums[part.table], len(self._header.tables[part.table])
        for row in part.rows:
            if len(row) != width:
                raise damaged()
            found.add(row)
            on_row(part.table)

    def result(self) -> tuple[TableSum, ...]:
        sums = tuple(each.result for each in self._sums.values())
        if self._end is None or sums != self._end.sums:
            raise damaged()
        return sums
