"""The table of what a backup, a restoration or a move holds."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from jackfield.cli.output import print_table, say

if TYPE_CHECKING:
    from jackfield.db.transfer.sums import TableSum


def print_sums(sums: "Iterable[TableSum]") -> None:
    """Print the rows and checksum of each table that has rows, and how many have none."""
    every = tuple(sums)
    rows = [(each.table, each.rows, each.checksum[:16]) for each in every if each.rows]
    print_table(("Table", "Rows", "Checksum"), rows, empty="")
    if empty := len(every) - len(rows):
        say(f"{empty} more tables are empty", err=True)
