"""Rows of a project in every table that has some, on either database."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString, cast

from jackfield.db.migrate import migrations
from jackfield.db.transfer.tables import Table, tables
from jackfield.db.tx import Database
from jackfield.kit.ids import ProjectId

_BEGIN = datetime(2026, 1, 31, tzinfo=UTC)


def tables_of_projects() -> list[Table]:
    """Return the tables with rows of projects, but for the audit log, which outlives them."""
    return [
        table
        for table in tables()
        if "project_id" in table.columns and not table.name.startswith("audit_")
    ]


async def fill(db: Database, project_id: ProjectId, *, rows: int) -> None:
    """Add so many rows of a project to each table, or one where it can have one."""
    for statement, values in _rows(project_id, rows):
        await db.unscoped(cast("LiteralString", statement), **values)


async def rows_of(db: Database, project_id: ProjectId) -> dict[str, list[Mapping[str, Any]]]:
    """Return all rows of a project, by table."""
    return {
        table.name: await db.unscoped(
            cast(
                "LiteralString",
                f"select {table.listed} from {table.name} where project_id = :project_id "
                f"order by {', '.join(name for name, _ in table.key)}",
            ),
            project_id=project_id,
        )
        for table in tables_of_projects()
    }


def _rows(project_id: ProjectId, rows: int) -> Iterator[tuple[str, dict[str, Any]]]:
    with closing(sqlite3.connect(":memory:")) as schema:
        for migration in migrations():
            for statement in migration.statements:
                schema.execute(statement)
        known: dict[tuple[str, int], dict[str, Any]] = {}
        for table in tables_of_projects():
            single = [name for name, _ in table.key] == ["project_id"]
            for place in range(1 if single else rows):
                row = _row(schema, table.name, project_id, place)
                for other, name, key in schema.execute(
                    'select "table", "from", "to" from pragma_foreign_key_list(?)', [table.name]
                ):
                    row[name] = project_id if other == "projects" else known[other, place][key]
                known[table.name, place] = row
                marks = ", ".join(f":{name}" for name in row)
                yield f"insert into {table.name} ({', '.join(row)}) values ({marks})", row


def _row(schema: sqlite3.Connection, table: str, project_id: str, place: int) -> dict[str, Any]:
    text = f"{project_id} {table} {place}"
    values = {
        "text": text,
        "integer": place,
        "bigint": int(project_id[-6:], 36) * 1000 + place,
        "double precision": 0.5,
        "boolean": True,
        "bytea": text.encode(),
        "timestamptz": _BEGIN + timedelta(hours=place),
    }
    return {
        name: values[kind.lower()]
        for name, kind in schema.execute("select name, type from pragma_table_info(?)", [table])
    } | {"project_id": project_id}
