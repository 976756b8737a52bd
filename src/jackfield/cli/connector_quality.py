"""`jackfield connectors quality`: what connectors state of themselves, and what they earn."""

from pathlib import Path

import click

from jackfield.cli.connector_check import main_files
from jackfield.cli.output import REFUSED, print_json, print_table, say
from jackfield.connectors.connector import Connector
from jackfield.connectors.loading.loader import load
from jackfield.connectors.quality import Level
from jackfield.kit.clock import system_clock
from jackfield.kit.json import Json
from jackfield.testing.quality import Demand, demands, earned

_LEVELS = [None, *Level]


def show_quality(path: Path, *, as_json: bool) -> None:
    """Print a line for each connector at or below `path`; exit 1 if one states more than it has."""
    today = system_clock().date()
    found = [(each, demands(each, today)) for each in map(load, main_files(path))]
    if as_json:
        print_json([_plain(connector, wanted) for connector, wanted in found])
    else:
        print_table(
            ["Key", "States", "Has", "Next"],
            [
                (connector.key, _stated(connector) or "", earned(wanted) or "", _next(wanted))
                for connector, wanted in found
            ],
            empty="No connectors found.",
        )
    boasts = [connector.key for connector, wanted in found if _boasts(connector, wanted)]
    for key in boasts:
        say(f"{key} states a level that it does not have.", err=True, color="red")
    if boasts:
        raise click.exceptions.Exit(REFUSED)


def _stated(connector: Connector) -> Level | None:
    return connector.quality.level if connector.quality else None


def _boasts(connector: Connector, wanted: tuple[Demand, ...]) -> bool:
    return _LEVELS.index(_stated(connector)) > _LEVELS.index(earned(wanted))


def _next(wanted: tuple[Demand, ...]) -> str:
    unmet = next((each for each in wanted if not each.is_met), None)
    return f"{unmet.text}: {unmet.lack}" if unmet else ""


def _plain(connector: Connector, wanted: tuple[Demand, ...]) -> dict[str, Json]:
    return {
        "key": connector.key,
        "states": _stated(connector),
        "has": earned(wanted),
        "demands": [
            {"level": each.level, "text": each.text, "missing": list(each.missing)}
            for each in wanted
        ],
    }
