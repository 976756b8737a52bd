"""
JSONPath compiler: `$.a.b`, `$.rows[*].id`, `$..name`, `$.rows[?(@.n > 1)]` and so on.

A path without wildcards, filters or descents is a walk along a tuple of names. In compat mode the
matches of any other path are unwrapped when there is exactly one; in strict mode they stay a list.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.expressions.errors import EvaluationFault, SyntaxFault
from jackfield.engine.expressions.filters import compile_filter
from jackfield.engine.expressions.meter import Meter
from jackfield.engine.expressions.path_segments import (
    Found,
    Segment,
    child_of,
    children,
    descend,
    filter_by,
    of_type,
    own,
    parent,
    property_name,
    script_of,
    slice_of,
    union_of,
)
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json

LONGEST: Final = 4096
_MOST_SEGMENTS: Final = 64
_SLICE: Final = re.compile(r"(-?\d*):(-?\d*):?(\d*)", re.ASCII)
_TYPE: Final = re.compile(
    r"@(null|boolean|number|string|integer|undefined|nonFinite|scalar|array|object|function)\(\)"
)
_NAME: Final = re.compile(r"[^.\[\]^~]+")
_QUOTED: Final = re.compile(r"\s*(?:'([^']*)'|\"([^\"]*)\")\s*")
_FORBIDDEN: Final = re.compile(r"\$_|\$[^.\[]")

Walk: TypeAlias = Callable[[Json], Json]


def compile_path(source: str, mode: Mode) -> Walk:
    """
    Compile a path, which starts with `$`.

    In compat mode the result raises `EvaluationFault` if a filter reads a member of null.

    Raises:
        SyntaxFault: it is not a path.
    """
    segments = _parse(source, mode)
    names = tuple(segment for segment in segments if isinstance(segment, str))
    if len(names) == len(segments):
        return _walk_names(names)
    definite = next(i for i, segment in enumerate(segments) if not isinstance(segment, str))
    steps = tuple(child_of(s) if isinstance(s, str) else s for s in segments)
    meter = Meter()
    prefix = _walk_names(names[:definite])

    def walk(document: Json) -> Json:
        meter.reset()
        root = Found(document, None, None)
        try:
            found = [root]
            for step in steps:
                found = _follow(step, found, root, meter)
        except EvaluationFault:
            if mode == "compat":
                raise
            return UNDEFINED
        except (ArithmeticError, RecursionError, ValueError):
            return UNDEFINED
        values = [place.value for place in found]
        if mode == "strict":
            return values if values or prefix(document) is not UNDEFINED else UNDEFINED
        return values if len(values) > 1 else values[0] if values else UNDEFINED

    return walk


def _follow(step: Segment, places: list[Found], root: Found, meter: Meter) -> list[Found]:
    found: list[Found] = []
    for place in places:
        matches = list(step(place, root, meter))
        meter.spend(len(matches) + 1)
        found += matches
    return found


def _walk_names(names: tuple[str, ...]) -> Walk:
    if len(names) == 1:
        return _walk_name(names[0])

    def walk(value: Json) -> Json:
        for name in names:
            kind: object = value.__class__
            if kind is dict:
                value = value.get(name, UNDEFINED)
            else:
                value = own(value, name)
                if value is UNDEFINED:
                    return UNDEFINED
        return value

    return walk


def _walk_name(name: str) -> Walk:
    def walk(value: Json) -> Json:
        if value.__class__ is dict:
            return value.get(name, UNDEFINED)
        return own(value, name)

    return walk


def _parse(source: str, mode: Mode) -> list[str | Segment]:
    if not source.startswith("$") or len(source) > LONGEST:
        reason = f"a path starts with $ and has at most {LONGEST} characters"
        raise SyntaxFault(reason, 0)
    # The published engine refuses a stray $ inside filters as well.
    checked = source if mode == "compat" else source.partition("[")[0]
    if bad := _FORBIDDEN.search(checked):
        reason = "a $ must be followed by . or ["
        raise SyntaxFault(reason, bad.start())
    if " " in source and "[" not in source:
        reason = "a space must be inside brackets"
        raise SyntaxFault(reason, source.index(" "))
    segments = list(_segments(source, mode))
    if len(segments) > _MOST_SEGMENTS:
        reason = f"a path may have {_MOST_SEGMENTS} segments"
        raise SyntaxFault(reason, len(source))
    return segments


def _segments(source: str, mode: Mode) -> Iterator[str | Segment]:
    position = 1
    while position < len(source):
        char = source[position]
        if char == "[":
            content, position = _bracketed(source, position)
            yield _bracket(content, mode)
        elif char == ".":
            position += 1
            following = source[position : position + 1]
            if following == ".":
                position += 1
                yield descend
            elif following == "[" and mode == "compat":
                # The published engine's library reads `.[` as `..[`.
                yield descend
        elif char == "^":
            position += 1
            yield parent
        elif char == "~":
            # A name has no children: the rest of the path is ignored.
            position = len(source)
            yield property_name
        elif char == "]":
            reason = "a ] without its ["
            raise SyntaxFault(reason, position)
        else:
            found = _NAME.match(source, position)
            name = found[0] if found else ""
            position += len(name)
            yield _plain(name)


def _bracketed(source: str, start: int) -> tuple[str, int]:
    """Return the text between a `[` and its `]`, and the position after it."""
    depth = 0
    quote = ""
    for position in range(start, len(source)):
        char = source[position]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "[":
            depth += 1
        elif char == "]":
            depth -= 1
            if depth == 0:
                return source[start + 1 : position], position + 1
    reason = "a [ without its ]"
    raise SyntaxFault(reason, start)


def _bracket(content: str, mode: Mode) -> str | Segment:
    if content.startswith("?(") and content.endswith(")"):
        return filter_by(compile_filter(content[2:-1], mode))
    if content.startswith("(") and content.endswith(")"):
        return script_of(compile_filter(content[1:-1], mode))
    if quoted := _QUOTED.fullmatch(content):
        name = quoted[1] if quoted[1] is not None else quoted[2]
        return children if name == "*" and mode == "compat" else name
    # The published engine has only lists of bare names: with quotes it is a single name.
    if mode == "compat" and "," in content and ("'" in content or '"' in content):
        return content
    return _plain(content)


def _plain(word: str) -> str | Segment:
    word = word.strip()
    if word == "*":
        return children
    if word == "$":
        return lambda place, _root, _meter: iter((place,))
    if sliced := _SLICE.fullmatch(word):
        return slice_of(sliced)
    if typed := _TYPE.fullmatch(word):
        return of_type(typed[1])
    if "," in word:
        return union_of([_plain(_unquoted(part)) for part in word.split(",")])
    return word.removeprefix("`")


def _unquoted(word: str) -> str:
    quoted = _QUOTED.fullmatch(word)
    return (quoted[1] or quoted[2] or "") if quoted else word
