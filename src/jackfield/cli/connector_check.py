"""`jackfield connectors check` and `list`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from jackfield.cli.output import REFUSED, fail, print_json, print_table, say
from jackfield.connectors.catalog import ambiguous_ids, repeated_keys
from jackfield.connectors.connector import Connector
from jackfield.connectors.diagnostics import Diagnostic, InvalidConnector
from jackfield.connectors.loading.discovery import find_connectors, is_main
from jackfield.connectors.loading.loader import load
from jackfield.connectors.quality import QUALITY_FILE, InvalidQuality, read_quality
from jackfield.connectors.signatures import Signers
from jackfield.installation import find_catalog, signers_of
from jackfield.kit.json import Json
from jackfield.settings import Settings


def show_catalog(*, as_json: bool) -> None:
    catalog = find_catalog(Settings.read())
    catalog.load()
    if as_json:
        print_json(
            [
                {
                    "key": each.key,
                    "title": each.title,
                    "version": each.version,
                    "actions": len(each.actions),
                    "auth_methods": [method.key for method in each.auth_methods],
                    "categories": each.categories,
                    "quality": each.level,
                    "file": str(each.file),
                }
                for each in catalog.connectors()
            ]
        )
    else:
        rows = [
            (
                each.key,
                each.title,
                each.version,
                len(each.actions),
                each.level or "",
                _relative(each.file),
            )
            for each in catalog.connectors()
        ]
        print_table(
            ["Key", "Title", "Version", "Actions", "Quality", "File"],
            rows,
            empty="No connectors found.",
        )
    for finding in catalog.findings:
        if finding.is_error:
            say(line_of(finding), err=True, color=_color(finding))


def check_paths(paths: Iterable[Path], *, signers: Iterable[str], as_json: bool) -> None:
    """
    Print the findings of all connectors at or below `paths`; exit 1 if one is an error.

    If there are `signers`, not to be signed by one of these keys is an error.
    """
    known = signers_of(signers)
    files = sorted({file for path in paths for file in main_files(path)})
    loaded = [_check(file, known) for file in files]
    connectors = [connector for connector, _ in loaded if connector is not None]
    findings = [
        *(finding for _, found in loaded for finding in found),
        *repeated_keys(connectors),
        *ambiguous_ids(connectors),
    ]
    errors = sum(finding.is_error for finding in findings)
    if as_json:
        print_json({"connectors": len(files), "findings": [_plain(each) for each in findings]})
    else:
        for finding in findings:
            say(line_of(finding), color=_color(finding))
        warnings = len(findings) - errors
        say(f"{len(files)} connector(s), {errors} errors, {warnings} warnings.", err=True)
    if errors:
        raise click.exceptions.Exit(REFUSED)


def main_files(path: Path) -> Iterator[Path]:
    """Yield `path` if it is a main file, else all main files at or below its folder."""
    if path.is_file() and (is_main(path) or not path.name.endswith(".partial.yaml")):
        yield path
        return
    files = find_connectors(path if path.is_dir() else path.parent)
    if not files:
        fail(f"there is no connector at or below {path}")
    yield from files


def _check(file: Path, signers: Signers | None) -> tuple[Connector | None, tuple[Diagnostic, ...]]:
    try:
        connector = load(file, signers=signers)
    except InvalidConnector as invalid:
        return None, invalid.findings
    return connector, (*connector.findings, *_quality_faults(connector))


def _quality_faults(connector: Connector) -> Iterator[Diagnostic]:
    try:
        read_quality(connector.file, connector.files)
    except InvalidQuality as invalid:
        file = connector.file.with_name(QUALITY_FILE)
        yield Diagnostic(file, 1, 1, "", str(invalid))


def _plain(finding: Diagnostic) -> dict[str, Json]:
    return {
        "file": str(finding.file),
        "line": finding.line,
        "column": finding.column,
        "path": finding.path,
        "severity": finding.severity.value,
        "message": finding.message,
    }


def line_of(finding: Diagnostic) -> str:
    place = f"{_relative(finding.file)}:{finding.line}:{finding.column}"
    return f"{place}: {finding.severity.value}: {finding.message}"


def _color(finding: Diagnostic) -> str:
    return "red" if finding.is_error else "yellow"


def _relative(file: Path) -> Path:
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file
