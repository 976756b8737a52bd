"""Regular expressions written by connector authors, for values typed by strangers."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from jackfield.engine.expressions.errors import SyntaxFault
from jackfield.engine.expressions.patterns import Pattern
from jackfield.engine.inputs.validation import matcher_of

# No credential is longer; a bound on the time of a match.
_LONGEST: Final = 8192
_REPEAT: Final = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")


@dataclass(slots=True)
class _Group:
    """Whether the group's content can match in more than one way."""

    varies: bool = False


def fault(pattern: str) -> str | None:
    """Return the fault of a pattern, or `None`."""
    if _compile(pattern) is None:
        return "is not a regular expression"
    if backtracks(pattern):
        return "can take exponential time: a repeated group holds a repetition or an alternative"
    return None


def matches(pattern: str, text: str) -> bool:
    """Whether `text` matches a safe pattern; an unsafe one matches everything."""
    if len(text) > _LONGEST:
        return False
    finds = _safe(pattern)
    return finds is None or finds(text)


def backtracks(pattern: str) -> bool:
    """
    Whether a group that is repeated holds a repetition of variable width or an alternative.

    Stricter than necessary, and quick: the rule that other tools of this format apply. It protects
    the browser, which evaluates the pattern too.
    """
    groups = [_Group()]
    position = 0
    closed: _Group | None = None
    while position < len(pattern):
        end, most, varies = _quantifier(pattern, position)
        if end > position:
            if closed is not None and closed.varies and most > 1:
                return True
            groups[-1].varies |= varies
            closed, position = None, end
            continue
        closed = None
        match pattern[position]:
            case "\\":
                position += 1
            case "[":
                position = _class_end(pattern, position)
            case "(":
                groups.append(_Group())
            case ")" if len(groups) > 1:
                closed = groups.pop()
                groups[-1].varies |= closed.varies
            case "|":
                groups[-1].varies = True
            case _:
                pass
        position += 1
        if pattern.startswith("?", position) and pattern[position - 1] == "(":
            position += 1
    return False


def _quantifier(pattern: str, start: int) -> tuple[int, float, bool]:
    """Return where a quantifier at `start` ends, its largest count and whether its width varies."""
    head = pattern[start]
    if head in "*+?":
        end, most, varies = start + 1, 1.0 if head == "?" else float("inf"), True
    elif (braces := _REPEAT.match(pattern, start)) and braces[0] != "{}":
        least = int(braces[1] or 0)
        most = float(braces[3] or "inf") if braces[2] else float(least)
        end, varies = braces.end(), most != least
    else:
        return start, 0, False
    if pattern[end : end + 1] in {"?", "+"}:  # lazy or possessive
        end += 1
    return end, most, varies


def _class_end(pattern: str, start: int) -> int:
    position = start + 1
    if pattern.startswith("^", position):
        position += 1
    if pattern.startswith("]", position):
        position += 1
    while position < len(pattern) and pattern[position] != "]":
        position += 2 if pattern[position] == "\\" else 1
    return position


@lru_cache(maxsize=512)
def _safe(pattern: str) -> Callable[[str], bool] | None:
    if fault(pattern) is not None:
        return None
    try:
        linear = Pattern(pattern)
    except SyntaxFault:
        # It looks around, or is written as Python alone does it.
        return matcher_of(pattern)
    return lambda text: linear.search(text, _unmetered) is not None


def _unmetered(_cost: int) -> None:
    return


def _compile(pattern: str) -> re.Pattern[str] | None:
    with warnings.catch_warnings():
        # Patterns whose meaning may change in a later Python have this version's meaning.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return re.compile(pattern)
        except (re.error, OverflowError, RecursionError):
            return None
