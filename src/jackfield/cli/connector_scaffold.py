"""`jackfield connectors new`, `import` and `schema`."""

import asyncio
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jackfield.cli.output import USAGE, fail, print_json, say
from jackfield.connectors import scaffold
from jackfield.connectors.loading.loader import load
from jackfield.connectors.openapi.importer import Imported, dump, import_document
from jackfield.connectors.quality import QUALITY_FILE
from jackfield.connectors.schema.export import connector_schema, partial_schema
from jackfield.connectors.schema.reference import render_reference
from jackfield.kit.clock import system_clock
from jackfield.kit.json import Json, encode
from jackfield.testing.drafts import draft_cases
from jackfield.testing.quality import demands, earned


def start_connector(key: str, *, folder: Path, title: str | None) -> None:
    target = folder / key
    scaffold.write_files(scaffold.sketch(key, title=title), target)
    say(f"{target} is there. Next: jackfield connectors check {target}")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`actions` are what the options of that name say: names, files of names, or `-`."""

    key: str | None
    folder: Path
    actions: Sequence[str]
    as_json: bool


def import_openapi(file: Path, options: ImportOptions) -> None:
    wanted = _wanted(options.actions) if options.actions else None
    imported = import_document(file, key=options.key, actions=wanted)
    target = options.folder / imported.key
    scaffold.write_files(imported.files, target)
    cases = _write_cases(imported, target)
    level = _state_quality(imported, target)
    if options.as_json:
        print_json(
            {
                "key": imported.key,
                "folder": str(target),
                "actions": imported.actions,
                "cases": cases,
                "level": level,
                "warnings": imported.doubts,
                "remaining": imported.remaining,
            }
        )
        return
    for doubt in imported.doubts:
        say(f"warning: {doubt}", err=True)
    say(f"{imported.actions} action(s) and {cases} case(s) in {target}. What is left to write:")
    for each in imported.remaining:
        say(f"  {each}")
    say(f"Next: jackfield connectors check {target}")


def _wanted(given: Sequence[str]) -> list[str]:
    """Return the names of operations: those given, and those in files, one a line or with commas."""
    found: list[str] = []
    for each in given:
        told = sys.stdin.read() if each == "-" else _read_names(each)
        lines = (line.partition("#")[0] for line in told.splitlines())
        found += [name for line in lines for name in re.split(r"[\s,]+", line) if name]
    return found


def _read_names(given: str) -> str:
    """Return what a file of this name holds, or the names themselves."""
    try:
        return Path(given).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        fail(f"{given} is not UTF-8; --actions takes a file of names", status=USAGE)
    except (OSError, ValueError):
        return given


def _write_cases(imported: Imported, target: Path) -> int:
    """Write the cases that the description has examples for, and return how many they are."""
    connector = load(target / f"{imported.key}.connector.s1.yaml")
    drafts = {
        f"cases/{group}.yaml": asyncio.run(draft_cases(connector, examples))
        for group, examples in imported.examples.items()
    }
    scaffold.add_files({name: dump(cases) for name, cases in drafts.items() if cases}, target)
    return sum(map(len, drafts.values()))


def _state_quality(imported: Imported, target: Path) -> str | None:
    """State the level that the connector has as it is, and return it."""
    connector = load(target / f"{imported.key}.connector.s1.yaml")
    level = earned(demands(connector, system_clock().date()))
    stated: dict[str, Json] = {"level": level.value} if level else {}
    scaffold.add_files({QUALITY_FILE: dump({**stated, "published": imported.published})}, target)
    return level.value if level else None


def show_schema(*, partial: bool, markdown: bool) -> None:
    if markdown:
        say(render_reference(), nl=False)
        return
    say(encode_indented(partial_schema() if partial else connector_schema()))


def encode_indented(value: object) -> str:
    import msgspec  # noqa: PLC0415

    return msgspec.json.format(encode(value), indent=2).decode()
