"""The tables of a hub's database, at this version or an earlier one."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Final

from jackfield.db.migrate import migrations
from jackfield.db.tx import DatabaseUnusable

# What a hub keeps of its runs and of the requests to its API; nothing refers to it.
LOGS: Final = frozenset(
    {
        "runs",
        "run_bodies",
        "run_headers",
        "run_counts",
        "run_count_fills",
        "api_requests",
    }
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns; `key` are those of the primary key, each with its declared type."""

    name: str
    columns: tuple[str, ...]
    key: tuple[tuple[str, str], ...] = ()

    @property
    def listed(self) -> str:
        """The columns, as a statement lists them."""
        return ", ".join(self.columns)


def tables() -> tuple[Table, ...]:
    """Return the tables in the order they were made: each comes after those it refers to."""
    return tables_at(migration.number for migration in migrations())


def tables_at(numbers: Iterable[int]) -> tuple[Table, ...]:
    """
    Return the tables of a database to which those migrations were applied.

    Raises:
        DatabaseUnusable: no version of the hub leaves these without others.
    """
    try:
        return _tables_at(frozenset(numbers))
    except sqlite3.Error as error:
        msg = "migrations are missing among those that were applied"
        raise DatabaseUnusable(msg) from error


@cache
def _tables_at(numbers: frozenset[int]) -> tuple[Table, ...]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for migration in migrations():
            for statement in migration.statements if migration.number in numbers else ():
                connection.execute(statement)
        names = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        return tuple(
            Table(name, _columns(connection, name), _key(connection, name)) for (name,) in names
        )


def _columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    found = connection.execute("select name from pragma_table_info(?) order by cid", [table])
    return tuple(name for (name,) in found)


def _key(connection: sqlite3.Connection, table: str) -> tuple[tuple[str, str], ...]:
    found = connection.execute(
        "select name, lower(type) from pragma_table_info(?) where pk > 0 order by pk", [table]
    )
    return tuple((name, kind) for name, kind in found)
