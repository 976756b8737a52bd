"""Collector of structural problems found in a document."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Final, TypeAlias

from jackfield.engine.compat import Mode

KeyPath: TypeAlias = tuple[str | int, ...]
# Paths grow to the left: taking a step down costs one tuple and not a copy.
At: TypeAlias = "tuple[At, str | int] | None"

# Of each severity. What is wrong with a document is read by people, and a stranger's may be all wrong.
MOST_PROBLEMS: Final = 1000
_CLOSE: Final = 0.7
_LONGEST_NAME: Final = 100
# Each takes up to a tenth of a millisecond.
_MOST_COMPARISONS: Final = 20_000
_MOST_IN_PATTERNS: Final = 64 * 1024
_LEAST: Final = 16
_LOOKING_AROUND: Final = 1024


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
    """The problems found so far, up to a number of each severity, and the document's mode."""

    mode: Mode
    problems: list[Problem] = field(default_factory=list[Problem])
    # Every text that is evaluated at run time, to be checked by the engine.
    expressions: list[tuple[At, str]] = field(default_factory=list["tuple[At, str]"])
    # A list is so long that the rest is not to be looked at: parts of a document meet each other.
    is_oversized: bool = False
    # What compiling regular expressions costs, in characters of ordinary ones.
    _pattern_costs: int = _MOST_IN_PATTERNS
    _counts: Counter[Severity] = field(default_factory=Counter[Severity])
    # The places with problems at or below them.
    _places: set[KeyPath] = field(default_factory=set[KeyPath])
    _left_out_fatal: bool = False
    _comparisons: int = _MOST_COMPARISONS

    def error(self, at: At, message: str, *, on_key: bool = False, fatal: bool = True) -> None:
        self._add(Problem(unwind(at), message, on_key=on_key, fatal=fatal))

    def flaw(self, at: At, message: str, *, on_key: bool = False) -> None:
        """Report an error that other engines accept: it is fatal only in strict mode."""
        self.error(at, message, on_key=on_key, fatal=self.mode == "strict")

    def warning(self, at: At, message: str, *, on_key: bool = False) -> None:
        self._add(Problem(unwind(at), message, Severity.WARNING, on_key=on_key, fatal=False))

    def missing(self, at: At, name: str) -> None:
        path = (at, name)
        self.error(path, f"The required field '{spell(unwind(path))}' is missing.", on_key=True)

    @property
    def is_full(self) -> bool:
        """Whether there are more errors than are kept: there is no use in looking for others."""
        return self._counts[Severity.ERROR] > MOST_PROBLEMS

    def is_sound(self, at: At) -> bool:
        """Tell whether nothing was found at `at` or below; not so if not everything was kept."""
        return unwind(at) not in self._places and not self.is_full

    def may_compile(self, pattern: str, *, looks_around: bool) -> bool:
        """Count a regular expression; tell whether all of them together are small enough yet."""
        self._pattern_costs -= _LOOKING_AROUND if looks_around else max(len(pattern), _LEAST)
        return self._pattern_costs >= 0

    def suggestion(self, name: str, known: Collection[str]) -> str | None:
        """Return the name of `known` closest to `name`, as far as so many can be compared."""
        self._comparisons -= len(known)
        return suggestion(name, known) if self._comparisons >= 0 else None

    def left_out(self) -> Iterator[Problem]:
        """Yield a problem of each severity that tells of those beyond the number that is kept."""
        for severity, count in self._counts.items():
            if count > MOST_PROBLEMS:
                message = f"There are more {severity}s than the first {MOST_PROBLEMS:,}."
                fatal = severity is Severity.ERROR and self._left_out_fatal
                yield Problem((), message, severity, fatal=fatal)

    def _add(self, problem: Problem) -> None:
        self._counts[problem.severity] += 1
        if self._counts[problem.severity] > MOST_PROBLEMS:
            self._left_out_fatal |= problem.fatal
            return
        self.problems.append(problem)
        self._places.update(problem.path[:end] for end in range(len(problem.path) + 1))


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
    """Format a path: `actions[2].steps[0].stepId`. Long names are cut."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        name = part if len(part) <= _LONGEST_NAME else f"{part[:_LONGEST_NAME]}…"
        text += f".{name}" if text else name
    return text


def suggestion(name: str, known: Collection[str]) -> str | None:
    """Return the name of `known` closest to `name`, if one is close."""
    if len(name) > _LONGEST_NAME:
        return None
    ordered = sorted(known) if isinstance(known, set | frozenset) else known
    candidates = [each for each in ordered if len(each) <= _LONGEST_NAME]
    close = get_close_matches(name, candidates, n=1, cutoff=_CLOSE)
    if close:
        return close[0]
    plain = name.replace("_", "").replace("-", "").lower()
    return next((candidate for candidate in candidates if candidate.lower() == plain), None)
