"""Reference page of the connector format, generated from its schema."""

from typing import Final

from jackfield.connectors.schema.document import DOCUMENT
from jackfield.engine.schema.kinds import Kind
from jackfield.engine.schema.structures import Entry, Record

_INTRODUCTION: Final = """\
# The connector format

Every key a connector may have. Keys marked *ours* are known to Jackfield only; everything else is
the public format. An *expression* is a text in one of four forms: plain text, `$.path`,
`{{ expression }}`, or text with `${…}` in it. What is marked *or expression* may be given by one
when the step runs.
"""


def render_reference() -> str:
    """Return the page as Markdown: a section for each record, in the order they are met."""
    seen: dict[str, Record] = {}
    _collect(DOCUMENT, seen)
    return "\n".join([_INTRODUCTION, *(_section(record) for record in seen.values())])


def _collect(kind: Kind, seen: dict[str, Record]) -> None:
    if isinstance(kind, Record):
        if kind.name in seen:
            return
        seen[kind.name] = kind
    for part in kind.parts():
        _collect(part, seen)


def _section(record: Record) -> str:
    lines = [f"## {record.name}", ""]
    if record.doc:
        lines += [record.doc, ""]
    lines += ["| key | type | | meaning |", "| --- | --- | --- | --- |"]
    lines += [_row(name, entry) for name, entry in record.entries.items()]
    return "\n".join([*lines, ""])


def _row(name: str, entry: Entry) -> str:
    marks = ["required"] if entry.required else []
    if entry.default is not None:
        default = str(entry.default)
        marks.append(f"default `{default.lower() if isinstance(entry.default, bool) else default}`")
    if entry.ours:
        marks.append("*ours*")
    return f"| `{name}` | {entry.kind.describe()} | {', '.join(marks)} | {entry.doc} |"
