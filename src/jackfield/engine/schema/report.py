"""Collector of structural problems found in a document."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Final, TypeAlias

from jackfield.engine.compat import Mode

KeyPath: TypeAlias = tuple[str | int, ...]
# Paths grow to the left: taking a step down costs one tuple and not a copy.
At: TypeAlias = "tuple[At, str | int] | None"

_CLOSE: Final = 0.7


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault, by the key's path; `Diagnostic` adds file and line.

    A connector with a `fatal` problem is refused. Other problems are accepted by other engines too,
    and only reported.
    """

    path: KeyPath
    message: str
    severity: Severity = Severity.ERROR
    on_key: bool = False
    fatal: bool = True


@dataclass(slots=True)
class Report:
    """The problems found so far, and the document's mode."""

    mode: Mode
    problems: list[Problem] = field(default_factory=list[Problem])
    # Every text that is evaluated at run time, to be checked by the engine.
    expressions: list[tuple[At, str]] = field(default_factory=list["tuple[At, str]"])

    def error(self, at: At, message: str, *, on_key: bool = False, fatal: bool = True) -> None:
        self.problems.append(Problem(unwind(at), message, on_key=on_key, fatal=fatal))

    def flaw(self, at: At, message: str, *, on_key: bool = False) -> None:
        """Report an error that other engines accept: it is fatal only in strict mode."""
        self.error(at, message, on_key=on_key, fatal=self.mode == "strict")

    def warning(self, at: At, message: str, *, on_key: bool = False) -> None:
        problem = Problem(unwind(at), message, Severity.WARNING, on_key=on_key, fatal=False)
        self.problems.append(problem)

    def missing(self, at: At, name: str) -> None:
        path = (at, name)
        self.error(path, f"The required field '{spell(unwind(path))}' is missing.", on_key=True)


def unwind(at: At) -> KeyPath:
    parts: list[str | int] = []
    while at is not None:
        at, part = at
        parts.append(part)
    return tuple(reversed(parts))


def owner(path: KeyPath) -> KeyPath:
    """Return the path of the (inline) action that `path` is in, or else its first part."""
    if path[:1] == ("actions",):
        return path[:2]
    return path[: path.index("action") + 1] if "action" in path else path[:1]


def spell(path: KeyPath) -> str:
    """Format a path: `actions[2].steps[0].stepId`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def suggestion(name: str, known: Iterable[str]) -> str | None:
    """Return the name of `known` closest to `name`, if one is close."""
    close = get_close_matches(name, list(known), n=1, cutoff=_CLOSE)
    if close:
        return close[0]
    plain = name.replace("_", "").replace("-", "").lower()
    return next((candidate for candidate in known if candidate.lower() == plain), None)
