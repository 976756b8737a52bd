"""Diagnostics of connector documents: severity, message, file and line."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jackfield.engine.schema.report import Severity
from jackfield.kit.errors import Fault, InvalidRequest

# A message for a person shows the first few; the rest are in `findings`.
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One error or warning: `line` and `column` count from 1, `path` is the key's path."""

    file: Path
    line: int
    column: int
    path: str
    message: str
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message}"


class InvalidConnector(InvalidRequest):
    """The connector document does not follow the format."""

    code = "invalid_connector"

    def __init__(self, findings: Iterable[Diagnostic]) -> None:
        """`findings` are the errors and warnings."""
        self.findings = tuple(sorted(findings))
        errors = [finding for finding in self.findings if finding.is_error]
        shown = "\n".join(map(str, errors[:_SHOWN]))
        more = f"\nand {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
        super().__init__(
            shown + more, faults=[Fault(finding.path, finding.message) for finding in errors]
        )
