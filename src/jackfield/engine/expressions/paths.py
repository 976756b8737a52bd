"""JSONPath, compiled: `$.a.b`, `$.rows[*].id`, `$..name`, `$.rows[?(@.n > 1)]` and the rest.

A path without wildcards, filters or descents is a walk along a tuple of names. In compat mode the
matches of any other path are unwrapped when there is exactly one; in strict mode they stay a list.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.expressions import js
from jackfield.engine.expressions.errors import EvaluationFault, SyntaxFault
from jackfield.engine.expressions.filters import Candidate, Predicate, compile_filter
from jackfield.engine.expressions.meter import Meter
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list

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


@dataclass(frozen=True, slots=True)
class Found:
    """A place in the document: its value, and how it is reached from the place above."""

    value: Json
    key: Json
    above: "Found | None"


Segment: TypeAlias = Callable[[Found, Found, Meter], Iterator[Found]]


def compile_path(source: str, mode: Mode) -> Walk:
    """
    Compile a path, which starts with `$`.

    In compat mode the result raises `EvaluationFault` where a filter asks null for a member.

    Raises:
        SyntaxFault: it is not a path.
    """
    segments = _parse(source, mode)
    names = tuple(segment for segment in segments if isinstance(segment, str))
    if len(names) == len(segments):
        return _walk_names(names)
    definite = next(i for i, segment in enumerate(segments) if not isinstance(segment, str))
    steps = tuple(_child(s) if isinstance(s, str) else s for s in segments)
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
                value = _own(value, name)
                if value is UNDEFINED:
                    return UNDEFINED
        return value

    return walk


def _walk_name(name: str) -> Walk:
    def walk(value: Json) -> Json:
        if value.__class__ is dict:
            return value.get(name, UNDEFINED)
        return _own(value, name)

    return walk


def _own(value: Json, name: str) -> Json:
    kind: object = value.__class__
    if kind is dict:
        return value.get(name, UNDEFINED)
    return UNDEFINED if value == "" else js.own(value, name)


def _parse(source: str, mode: Mode) -> list[str | Segment]:
    if not source.startswith("$") or len(source) > LONGEST:
        reason = f"a path starts with $ and has at most {LONGEST} characters"
        raise SyntaxFault(reason, 0)
    # The published engine looks for a stray $ inside filters as well.
    looked_at = source if mode == "compat" else source.partition("[")[0]
    if bad := _FORBIDDEN.search(looked_at):
        reason = "a $ must be followed by . or ["
        raise SyntaxFault(reason, bad.start())
    if " " in source and "[" not in source:
        reason = "a blank belongs into brackets"
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
                yield _descend
            elif following == "[" and mode == "compat":
                # `.[` means `..[` to the library whose paths these are.
                yield _descend
        elif char == "^":
            position += 1
            yield _parent
        elif char == "~":
            # A name has nothing below it: whatever follows is not looked at.
            position = len(source)
            yield _property_name
        elif char == "]":
            reason = "a ] without its ["
            raise SyntaxFault(reason, position)
        else:
            found = _NAME.match(source, position)
            name = found[0] if found else ""
            position += len(name)
            yield _plain(name)


def _bracketed(source: str, start: int) -> tuple[str, int]:
    """Return what stands between a `[` and its `]`, and where to go on."""
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
        return _filter(compile_filter(content[2:-1], mode))
    if content.startswith("(") and content.endswith(")"):
        return _script(compile_filter(content[1:-1], mode))
    if quoted := _QUOTED.fullmatch(content):
        name = quoted[1] if quoted[1] is not None else quoted[2]
        return _children if name == "*" and mode == "compat" else name
    # The published engine knows lists of bare names alone; quotes make one name of them.
    if mode == "compat" and "," in content and ("'" in content or '"' in content):
        return content
    return _plain(content)


def _plain(word: str) -> str | Segment:
    word = word.strip()
    if word == "*":
        return _children
    if word == "$":
        return lambda place, _root, _meter: iter((place,))
    if sliced := _SLICE.fullmatch(word):
        return _slice(sliced)
    if typed := _TYPE.fullmatch(word):
        return _of_type(typed[1])
    if "," in word:
        return _union([_plain(_unquoted(part)) for part in word.split(",")])
    return word.removeprefix("`")


def _unquoted(word: str) -> str:
    quoted = _QUOTED.fullmatch(word)
    return (quoted[1] or quoted[2] or "") if quoted else word


def _child(name: str) -> Segment:
    def child(place: Found, _root: Found, _meter: Meter) -> Iterator[Found]:
        value = _own(place.value, name)
        if value is not UNDEFINED:
            yield Found(value, name, place)

    return child


def _children(place: Found, _root: Found, _meter: Meter) -> Iterator[Found]:
    kind: object = place.value.__class__
    if kind is list:
        for index, item in enumerate(place.value):
            yield Found(item, index, place)
    elif kind is dict:
        for key, item in js.in_order(place.value).items():
            yield Found(item, key, place)


def _descend(place: Found, root: Found, meter: Meter) -> Iterator[Found]:
    stack = [place]
    while stack:
        here = stack.pop()
        meter.spend(1)
        yield here
        # null counts as an object: `typeof null` is "object" where this language comes from.
        inner = [
            found
            for found in _children(here, root, meter)
            if found.value is None or isinstance(found.value, list | dict)
        ]
        stack += reversed(inner)


def _parent(place: Found, _root: Found, _meter: Meter) -> Iterator[Found]:
    if place.above is not None:
        yield place.above


def _property_name(place: Found, _root: Found, _meter: Meter) -> Iterator[Found]:
    yield Found(place.key, None, place.above)


def _filter(predicate: Predicate) -> Segment:
    def select(place: Found, root: Found, meter: Meter) -> Iterator[Found]:
        for found in _children(place, root, meter):
            meter.spend(1)
            if js.truthy(predicate(_candidate(found.value, found.key, place, root, meter))):
                yield found

    return select


def _script(predicate: Predicate) -> Segment:
    def look_up(place: Found, root: Found, meter: Meter) -> Iterator[Found]:
        key = predicate(_candidate(place.value, place.key, place, root, meter))
        value = _own(place.value, js.to_text(key))
        if value is not UNDEFINED:
            yield Found(value, key, place)
        elif isinstance(key, int | float):
            reason = "the number leads nowhere"
            raise EvaluationFault(reason)

    return look_up


def _candidate(value: Json, key: Json, place: Found, root: Found, meter: Meter) -> Candidate:
    parent = place.above.value if place.above else None
    return Candidate(value, key, parent, place.key, root.value, meter.spend)


def _union(parts: list[str | Segment]) -> Segment:
    segments = [_child(part) if isinstance(part, str) else part for part in parts]

    def select(place: Found, root: Found, meter: Meter) -> Iterator[Found]:
        for segment in segments:
            yield from segment(place, root, meter)

    return select


def _slice(found: re.Match[str]) -> Segment:
    # A bound of 0 at the end counts as none, as does a step of 0.
    start, stop, step = (int(part) if part and part != "-" else 0 for part in found.groups())

    def select(place: Found, _root: Found, _meter: Meter) -> Iterator[Found]:
        kind: object = place.value.__class__
        if kind is not list:
            return
        size = len(place.value)
        first = max(0, start + size) if start < 0 else min(size, start)
        last = max(0, stop + size) if stop < 0 else min(size, stop or size)
        for index in range(first, last, step or 1):
            yield Found(place.value[index], index, place)

    return select


def _of_type(name: str) -> Segment:
    test = _TYPES[name]

    def select(place: Found, _root: Found, _meter: Meter) -> Iterator[Found]:
        if test(place.value):
            yield place

    return select


def _is_finite(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _INFINITY


_INFINITY: Final = float("inf")
_TYPES: Final[dict[str, Callable[[Json], bool]]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "number": _is_finite,
    "integer": lambda value: _is_finite(value) and value % 1 == 0,
    "nonFinite": lambda value: isinstance(value, float) and not _is_finite(value),
    "string": lambda value: isinstance(value, str),
    "scalar": lambda value: not isinstance(value, list | dict),
    "array": is_list,
    "object": lambda value: isinstance(value, list | dict),
    "undefined": lambda _value: False,
    "function": lambda _value: False,
}
