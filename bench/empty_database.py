"""An empty database for a bench of lists: a temporary SQLite file, or one on PostgreSQL."""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from jackfield.db.postgres import PostgresDatabase
from jackfield.db.sqlite import SqliteDatabase
from jackfield.db.tx import Database
from jackfield.kit.actor import Actor
from jackfield.kit.clock import system_clock
from jackfield.kit.ids import ProjectId

Last = TypeVar("Last")
Fill = Callable[[Database, ProjectId, int], Awaitable[Last]]
Measure = Callable[[Database, ProjectId, Last], Awaitable[dict[str, float]]]


@asynccontextmanager
async def empty_database(url: str | None = None) -> AsyncGenerator[tuple[Database, ProjectId]]:
    """Open a database with the hub's tables and one project."""
    with tempfile.TemporaryDirectory() as folder:
        db: Database = (
            await PostgresDatabase.open(url) if url else SqliteDatabase(Path(folder) / "bench.db")
        )
        try:
            await db.migrate()
            project = ProjectId.new(system_clock())
            async with db.write(project, Actor.command("bench")) as tx:
                await tx.run(
                    "insert into projects (id, name, created_at)"
                    " values (:project_id, 'bench', :now)"
                )
            yield db, project
        finally:
            await db.close()


async def measured(
    fill: Fill[Last], measure: Measure[Last], rows: int, url: str | None = None
) -> dict[str, float]:
    async with empty_database(url) as (db, project):
        return await measure(db, project, await fill(db, project, rows))


def main(fill: Fill[Last], measure: Measure[Last], usage: str | None) -> None:
    """Fill a database with rows, measure, and print each figure beside the first."""
    options = argparse.ArgumentParser(description=usage)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--url", help="an empty PostgreSQL database")
    chosen = options.parse_args()
    found = asyncio.run(measured(fill, measure, chosen.rows, chosen.url))
    base = next(iter(found.values()))
    for name, took in found.items():
        print(f"{name:28}{took:9.3f} ms{took / base:9.1f} times the first")
