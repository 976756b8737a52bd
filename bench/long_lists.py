"""Lists as they grow: the first page of accounts and of the log among more and more rows."""

import asyncio
from pathlib import Path

from bench import accounts, logs
from bench.charts import Chart, shown
from bench.empty_database import Fill, Last, Measure, measured
from bench.report import Section, Table
from bench.scale import Scale
from jackfield.app import open_hub
from jackfield.projects import service as projects
from jackfield.settings import Settings


async def fill_hub(folder: Path, rows: int) -> None:
    """Give a hub that is yet to start so many accounts, and as many lines of the log."""
    async with open_hub(Settings(data_dir=folder), public_url="http://localhost") as hub:
        project = await projects.ensure_project(hub, accounts.ACTOR)
        await accounts.fill(hub.db, project.id, rows)
        await logs.fill(hub.db, project.id, rows)


def accounts_section(scale: Scale) -> Section:
    found = _measured(accounts.fill, accounts.measure, scale)
    slowest = max(found[scale.row_counts[-1]].values())
    return _section(
        "First page of accounts, in the database", found, {"slowest accounts page": slowest}
    )


def logs_section(scale: Scale) -> Section:
    found = _measured(logs.fill, logs.measure, scale)
    return _section("First page of the log, in the database", found, {})


def _measured(
    fill: Fill[Last], measure: Measure[Last], scale: Scale
) -> dict[int, dict[str, float]]:
    return {rows: asyncio.run(measured(fill, measure, rows)) for rows in scale.row_counts}


def _section(title: str, found: dict[int, dict[str, float]], figures: dict[str, float]) -> Section:
    last = found[max(found)]
    base = last[accounts.BY_KEY]
    rows = [
        (name, shown(took / base), *(f"{found[count][name]:.3f}" for count in found))
        for name, took in last.items()
    ]
    columns = ("filter", "times a read by key", *(f"ms of {count:,}" for count in found))
    slowest = {f"{count:,} rows": max(took.values()) for count, took in found.items()}
    chart = Chart(f"{title}, the slowest filter", "ms", slowest)
    return Section(title, "SQLite, the query alone.", [Table(columns, rows)], [chart], figures)
