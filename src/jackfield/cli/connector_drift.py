"""`jackfield connectors drift`: a connector beside a newer API description."""

from collections.abc import Sequence
from pathlib import Path

import click

from jackfield.cli.connector_check import main_files
from jackfield.cli.output import LISTED_BY, REFUSED, USAGE, fail, print_json, print_table, say
from jackfield.connectors.catalog import Catalog
from jackfield.connectors.changes import Weight
from jackfield.connectors.connector import Connector
from jackfield.connectors.drift.comparison import find_drift
from jackfield.connectors.loading.discovery import own_folder
from jackfield.connectors.loading.loader import load
from jackfield.connectors.openapi.source import InvalidOpenApi, read_openapi
from jackfield.engine.schema.report import suggestion
from jackfield.kit.errors import HubError
from jackfield.settings import Settings


def show_drift(key: str, specs: Sequence[Path], *, as_json: bool) -> None:
    """Print the drift; exit 1 if something of it breaks or has to be looked at."""
    connector = _connector(key)
    try:
        changes = find_drift(connector, [read_openapi(each) for each in specs])
    except InvalidOpenApi as error:
        fail(f"{error.detail} [{error.code}]", status=USAGE)
    drifted = any(each.weight is not Weight.ADDS for each in changes)
    if as_json:
        plain = [
            {
                "area": each.area,
                "subject": each.subject,
                "message": each.message,
                "weight": each.weight.value,
            }
            for each in changes
        ]
        print_json({"connector": connector.key, "drifted": drifted, "changes": plain})
    else:
        print_table(
            ["Weight", "Area", "Of", "What"],
            [(each.weight.value, each.area, each.subject, each.message) for each in changes],
            empty=f"{connector.key} is as published.",
        )
        if changes:
            counts = [(sum(each.weight is weight for each in changes), weight) for weight in Weight]
            told = ", ".join(f"{number} {weight.value}" for number, weight in counts)
            say(f"{told}: {'drifted' if drifted else 'no drift'}.", err=True)
    if drifted:
        raise click.exceptions.Exit(REFUSED)


def _connector(key: str) -> Connector:
    """Return the connector of this key, or the one in this folder or file."""
    try:
        if Path(key).exists():
            files = list(main_files(Path(key)))
            if len(files) != 1:
                fail(f"there are {len(files)} connectors at or below {key}", status=USAGE)
            return load(files[0])
    except HubError as error:
        fail(f"{error.detail} [{error.code}]", status=USAGE)
    folder = Settings.read().connectors
    catalog = Catalog([own_folder(), *([folder] if folder else [])])
    catalog.load()
    found = {each.key: each for each in catalog.connectors()}
    if key not in found:
        meant = suggestion(key, found)
        hint = f"; did you mean {meant}?" if meant else ""
        msg = f"there is no connector {key!r} here, and no such folder{hint}"
        fail(f"{msg}\n  see what there is: {LISTED_BY['connector_not_found']}", status=USAGE)
    return found[key]
