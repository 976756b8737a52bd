"""`jackfield connectors diff`: changes between two folders of a connector."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from jackfield.cli.connector_check import main_files
from jackfield.cli.output import REFUSED, fail, print_json, say
from jackfield.connectors.changes import Weight, compare
from jackfield.connectors.connector import Connector
from jackfield.connectors.loading.loader import load

_COLORS = {"breaks": "red", "care": "yellow", "adds": None}


def show_changes(before: Path, after: Path, *, as_json: bool) -> None:
    """Print what changes; exit 1 if something breaks."""
    changes = compare(_only(before), _only(after))
    plain = [
        {
            "area": each.area,
            "subject": each.subject,
            "message": each.message,
            "weight": each.weight.value,
        }
        for each in changes
    ]
    if as_json:
        print_json(plain)
    else:
        say_changes(plain)
    if any(each.weight is Weight.BREAKS for each in changes):
        raise click.exceptions.Exit(REFUSED)


def say_changes(changes: Iterable[Mapping[str, Any]]) -> None:
    """Print changes as the API has them, one a line."""
    lines = [
        (f"{each['weight']}: {each['area']}: {each['subject']} {each['message']}", each["weight"])
        for each in changes
    ]
    for line, weight in lines:
        say(line, color=_COLORS.get(weight))
    if not lines:
        say("nothing changes")


def _only(path: Path) -> Connector:
    files = list(main_files(path))
    if len(files) != 1:
        fail(f"there are {len(files)} connectors at or below {path}; name the folder of one")
    return load(files[0])
