"""Rows in every table of a hub's SQLite file."""

import sqlite3

from jackfield.db.transfer.tables import tables

VALUES = {
    "text": "ünï “𝄞” 'quoted'",
    "integer": -3,
    "bigint": 2**62,
    "double precision": 28_754_990.459_094_1,
    "boolean": True,
    "bytea": b"\x00\xff",
    "timestamptz": "2026-01-31T23:59:59.000001+00:00",
}


def fill(connection: sqlite3.Connection) -> None:
    """Add a row to each table that has none."""
    for table in tables():
        if not connection.execute(f"select 1 from {table.name}").fetchone():
            add_row(connection, table.name)


def add_row(connection: sqlite3.Connection, table: str) -> None:
    """Add a row with a value in each column; one that refers to a row refers to any."""
    row = {
        name: VALUES[kind.lower()]
        for name, kind in connection.execute("select name, type from pragma_table_info(?)", [table])
    }
    for other, name, key in connection.execute(
        'select "table", "from", "to" from pragma_foreign_key_list(?)', [table]
    ):
        (row[name],) = connection.execute(f"select {key} from {other} limit 1").fetchone()
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", row)
