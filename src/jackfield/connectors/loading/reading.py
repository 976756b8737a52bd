"""Outcome of reading a connector's text, as the bytes in which it is kept and passed on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from jackfield.connectors.diagnostics import Diagnostic, Severity
from jackfield.kit.json import Json


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    document: dict[str, Json] | None
    findings: tuple[tuple[str, int, int, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The document, which a text with errors does not have, and the findings."""

    document: Mapping[str, Json] | None
    findings: tuple[Diagnostic, ...]

    @classmethod
    def unpack(cls, content: bytes) -> Self | None:
        """Return the reading that `pack` made these bytes of; none if they are anything else."""
        try:
            packed = msgspec.msgpack.decode(content, type=_Packed)
        except msgspec.DecodeError:
            return None
        findings = (
            Diagnostic(Path(file), line, column, path, message, Severity(severity))
            for file, line, column, path, message, severity in packed.findings
        )
        return cls(packed.document, tuple(findings))


def pack(document: Mapping[str, Json] | None, findings: Iterable[Diagnostic]) -> bytes:
    rows = tuple(
        (str(each.file), each.line, each.column, each.path, each.message, each.severity.value)
        for each in findings
    )
    return msgspec.msgpack.encode(_Packed(None if document is None else dict(document), rows))
