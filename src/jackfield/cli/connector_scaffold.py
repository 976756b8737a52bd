"""`jackfield connectors new`, `import` and `schema`."""

from pathlib import Path

from jackfield.cli.output import say
from jackfield.connectors import scaffold
from jackfield.connectors.openapi.importer import import_document
from jackfield.connectors.schema.export import connector_schema, partial_schema
from jackfield.connectors.schema.reference import render_reference
from jackfield.kit.json import encode


def start_connector(key: str, *, folder: Path, title: str | None) -> None:
    target = folder / key
    scaffold.write_files(scaffold.sketch(key, title=title), target)
    say(f"{target} is there. Next: jackfield connectors check {target}")


def import_openapi(file: Path, *, key: str | None, folder: Path) -> None:
    imported = import_document(file, key=key)
    target = folder / imported.key
    scaffold.write_files(imported.files, target)
    for doubt in imported.doubts:
        say(f"warning: {doubt}", err=True)
    say(f"{imported.actions} action(s) in {target}. Next: jackfield connectors check {target}")


def show_schema(*, partial: bool, markdown: bool) -> None:
    if markdown:
        say(render_reference(), nl=False)
        return
    say(encode_indented(partial_schema() if partial else connector_schema()))


def encode_indented(value: object) -> str:
    import msgspec  # noqa: PLC0415

    return msgspec.json.format(encode(value), indent=2).decode()
