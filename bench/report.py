"""The report of one run of the benches: text, tables and charts, as Markdown beside SVG files."""

import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.charts import Chart, svg
from bench.goals import GOALS, NOT_MEASURED_HERE


@dataclass(frozen=True)
class Table:
    columns: Sequence[str]
    rows: Iterable[Sequence[str]]
    title: str = ""


@dataclass(frozen=True)
class Section:
    """What one part found. `figures` are those that goals are about, by name."""

    title: str
    text: str = ""
    tables: Sequence[Table] = ()
    charts: Sequence[Chart] = ()
    figures: Mapping[str, float] = field(default_factory=dict[str, float])


def machine() -> str:
    """Return the machine in one line, without its name."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return (
        f"{cores} cores{f' ({model[1].strip()})' if model else ''}, {platform.system()}, "
        f"{platform.python_implementation()} {platform.python_version()}, load before {load:.1f}"
    )


def write(sections: Sequence[Section], where: Path, *, of: str, seconds: float) -> None:
    """Write the report of sections that were measured on the machine `of`."""
    figures = {name: value for each in sections for name, value in each.figures.items()}
    charts = where.parent / "charts"
    lines = [
        "# What the benches measured",
        "",
        f"{of}. One run, {seconds:.0f} s. The load, the upstream and the hub share the cores;",
        "figures differ from machine to machine, so the ratios are what counts.",
        "",
        "## Goals",
        "",
        *_table(Table(("what", "measured", "goal", ""), _goals(figures))),
        "",
        NOT_MEASURED_HERE,
    ]
    for section in sections:
        lines += ["", f"## {section.title}"]
        lines += ["", section.text] if section.text else []
        for table in section.tables:
            lines += ["", f"**{table.title}**"] if table.title else []
            lines += ["", *_table(table)]
        for chart in section.charts:
            charts.mkdir(parents=True, exist_ok=True)
            name = re.sub(r"[^a-z0-9]+", "-", chart.title.lower()).strip("-")
            (charts / f"{name}.svg").write_text(svg(chart), encoding="utf-8")
            lines += ["", f"![{chart.title}](charts/{name}.svg)"]
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _goals(figures: Mapping[str, float]) -> Iterable[Sequence[str]]:
    for goal in GOALS:
        found = figures.get(goal.figure)
        if found is None:
            yield goal.what, "", goal.text, "not measured"
        else:
            is_met = goal.is_met(found)
            yield goal.what, goal.shown(found), goal.text, "met" if is_met else "**not met**"


def _table(table: Table) -> list[str]:
    bars = ["---" if number == 0 else "---:" for number in range(len(table.columns))]
    return [f"| {' | '.join(row)} |" for row in (table.columns, bars, *table.rows)]
