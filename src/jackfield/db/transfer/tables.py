"""The tables of a hub's database at this version."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache

from jackfield.db.migrate import migrations


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[str, ...]

    @property
    def listed(self) -> str:
        """The columns, as a statement lists them."""
        return ", ".join(self.columns)


@cache
def tables() -> tuple[Table, ...]:
    """Return the tables in the order they were made: each comes after those it refers to."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for migration in migrations():
            for statement in migration.statements:
                connection.execute(statement)
        names = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        return tuple(Table(name, _columns(connection, name)) for (name,) in names)


def _columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    found = connection.execute("select name from pragma_table_info(?) order by cid", [table])
    return tuple(name for (name,) in found)
