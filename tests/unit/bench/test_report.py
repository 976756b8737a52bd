"""The report of `python -m bench`: what it measured, held against the goals."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.charts import Chart, svg
from bench.report import Section, Table, write

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_one_command_measures_the_part_that_is_named_and_writes_a_report(tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    command = [sys.executable, "-m", "bench", "--quick", "--only", "vault"]

    subprocess.run([*command, "--report", report], check=True, cwd=ROOT, capture_output=True)

    text = report.read_text()
    assert "cores" in text.splitlines()[2]
    titles = [line for line in text.splitlines() if line.startswith("## ")]
    assert titles == ["## Goals", "## Vault"]
    assert "| seal |" in text


def test_a_report_says_which_goals_are_met_and_which_were_not_measured(tmp_path: Path) -> None:
    figures = {"webhooks": 499.0, "help": 60.0}
    section = Section("Some", "Words.", [Table(("name", "ms"), [("a", "1")])], figures=figures)

    write([section], tmp_path / "report.md", of="2 cores", seconds=3)

    text = (tmp_path / "report.md").read_text()
    assert "| webhook deliveries to one receiver | 499/s | ≥ 500/s | **not met** |" in text
    assert "| `jackfield --help` | 60.0 ms | < 150 ms | met |" in text
    assert "| start to the first answer |  | < 1.5 s | not measured |" in text
    assert "## Some\n\nWords.\n\n| name | ms |\n| --- | ---: |\n| a | 1 |\n" in text


def test_a_report_shows_its_charts_from_files_beside_it(tmp_path: Path) -> None:
    chart = Chart("Calls & links", "a second", {"one": 10, "two": 20})

    write([Section("Some", charts=[chart])], tmp_path / "report.md", of="2 cores", seconds=3)

    assert "![Calls & links](charts/calls-links.svg)" in (tmp_path / "report.md").read_text()
    assert (tmp_path / "charts" / "calls-links.svg").read_text() == svg(chart)


def test_a_bar_of_a_chart_is_as_long_as_its_figure_says() -> None:
    drawn = svg(Chart("Calls & links", "a second", {"one": 10, "two": 20}))

    assert "Calls &amp; links" in drawn
    assert 'width="190.0"' in drawn
    assert 'width="380.0"' in drawn
