"""`jackfield connectors cases`: a runner of connectors' cases."""

import asyncio
from pathlib import Path

import click

from jackfield.cli.connector_check import main_files
from jackfield.cli.output import REFUSED, print_json, say
from jackfield.connectors.loading.loader import load
from jackfield.kit.json import Json
from jackfield.testing.case_files import read_cases
from jackfield.testing.cases import run_case


def run_cases(path: Path, *, as_json: bool) -> None:
    """Run the cases of every connector at or below `path`; exit 1 if one fails."""
    results = asyncio.run(_run(path))
    failed = [result for result in results if result["differences"]]
    if as_json:
        print_json({"cases": len(results), "failed": failed})
    else:
        for result in failed:
            say(f"{result['file']}: {result['case']}")
            for difference in result["differences"]:
                say(f"  {difference}")
        say(f"{len(results)} case(s), {len(failed)} failed.", err=True)
    if failed:
        raise click.exceptions.Exit(REFUSED)


async def _run(path: Path) -> list[dict[str, Json]]:
    results: list[dict[str, Json]] = []
    for file in main_files(path):
        connector = load(file)
        for source, case in read_cases(connector):
            differences = await run_case(connector, case)
            results.append({"file": str(source), "case": case.case, "differences": differences})
    return results
