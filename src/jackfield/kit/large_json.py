"""Large JSON, read in pieces, so that the event loop goes on meanwhile.

The codec holds the interpreter's lock until it is done, in whatever thread: seconds for a document
of many small values. So it is cut into pieces that take a moment each: between the members of its
objects and lists, and within long strings.
"""

import asyncio
import re
import secrets
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from jackfield.kit import request_context
from jackfield.kit.json import MOST_LEVELS, DecodeError, Json, encode, is_object, parse

LARGE: Final = 128 * 1024
_PIECE: Final = 32 * 1024
# No search goes further at once.
_WINDOW: Final = 64 * 1024
# As much of a string is read at once.
_STRING: Final = 1024 * 1024
# The longest escape, and its half of a pair.
_ESCAPE: Final = 6
# Each is an object of the interpreter's: what they take of memory is many times the text, and
# objects and lists are what its collector goes through.
_MOST_CONTAINERS: Final = 250_000
_MOST_TOKENS: Final = 2_500_000
# Of a request: each is checked, too.
MOST_IN_REQUEST: Final = 250_000
_TOKEN: Final = re.compile(rb'"[^"\\]{0,4096}+"|["\[\]{}]')
_OPEN: Final = b"[{"
_CLOSE: Final = b"]}"
_QUOTE: Final = b'"'[0]
_MALFORMED: Final = "JSON is malformed"
_MANY: Final = "it holds too many values"
_DEEP: Final = "it is nested too deep"
_BLANK: Final = b" \t\r\n"
_BACKSLASH: Final = b"\\"
# The second half of a pair, which is no character without the first.
_SECOND_HALF: Final = re.compile(rb"\\u[dD][c-fC-F]")


class TooManyValues(DecodeError):
    """The JSON holds more values than it may."""


class TooDeep(DecodeError):
    """The JSON is nested deeper than it may be."""


@dataclass(slots=True)
class _Container:
    """An object, list or string that is too large for one piece, and where it may be cut."""

    start: int
    end: int = 0
    cuts: list[int] = field(default_factory=list[int])
    inner: list["_Container"] = field(default_factory=list["_Container"])


async def parse_aside(
    content: bytes, *, most_levels: int = sys.maxsize, most_values: int = sys.maxsize
) -> Json:
    """
    Read JSON as plain values; what is large is read by a thread, which lets others go on.

    Raises:
        DecodeError: it is not JSON, or holds too many values, or more than `most_levels`.
    """
    if len(content) <= LARGE:
        return parse_in_pieces(content, most_levels=most_levels, most_values=most_values)
    return await asyncio.to_thread(
        parse_in_pieces, content, most_levels=most_levels, most_values=most_values
    )


async def parse_request(content: bytes) -> Json:
    """
    Read the JSON of a request; it is bounded in depth and in number.

    Raises:
        DecodeError: it is not JSON, or holds too many values, or too many levels.
    """
    found = await parse_aside(content, most_levels=MOST_LEVELS, most_values=MOST_IN_REQUEST)
    if len(content) > LARGE:
        request_context.hold(found)
    return found


def parse_in_pieces(
    content: bytes, *, most_levels: int = sys.maxsize, most_values: int = sys.maxsize
) -> Json:
    """
    Read JSON as `parse` does, never holding the interpreter's lock for long.

    Raises:
        DecodeError: it is not JSON, or holds too many values, or more than `most_levels`.
    """
    top = _find_large(content, most_levels, most_values)
    if top is None:
        return parse(content)
    if content[: top.start].strip(_BLANK) or content[top.end :].strip(_BLANK):
        raise DecodeError(_MALFORMED)
    return _build(content, top)


def _find_large(content: bytes, most_levels: int, most_values: int) -> _Container | None:
    """Return the outermost container with all in it that are large; nothing if there is none."""
    stack = [_Container(0)]
    kinds = bytearray()
    containers = commas = deepest = gap = 0
    for start, end in _tokens(content):
        first, holder = content[start], stack[-1]
        if start - (holder.cuts[-1] if holder.cuts else holder.start) > _PIECE:
            _cut(content, holder, gap, start)
        commas += content.count(b",", gap, start)
        gap = end
        _note_string(content, holder, start, end)
        if commas > most_values:
            raise TooManyValues(_MANY)
        if first in _OPEN:
            containers += 1
            kinds.append(first)
            stack.append(_Container(start))
            deepest = max(deepest, len(kinds))
            if containers > _MOST_CONTAINERS:
                raise TooManyValues(_MANY)
        elif first in _CLOSE:
            if not kinds or kinds.pop() + 2 != first:
                raise DecodeError(_MALFORMED)
            _close(stack, end)
    outermost = stack[0].inner
    if kinds or len(outermost) > 1:
        raise DecodeError(_MALFORMED)
    if deepest > most_levels:
        raise TooDeep(_DEEP)
    return outermost[0] if outermost else None


def _note_string(content: bytes, holder: _Container, start: int, end: int) -> None:
    """Note a long string of `holder`, unless it is the name of a member."""
    if end - start <= _STRING:
        return
    if not content[end : end + _WINDOW].lstrip(_BLANK).startswith(b":"):
        holder.inner.append(_Container(start, end))


def _close(stack: list[_Container], end: int) -> None:
    closed = stack.pop()
    closed.end = end
    if end - closed.start > _PIECE:
        stack[-1].inner.append(closed)


def _tokens(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each text and each bracket is."""
    position, end, count = 0, len(content), 0
    while position < end:
        token = _TOKEN.search(content, position, position + _WINDOW)
        if token is None:
            position += _WINDOW
            continue
        start, position = token.span()
        if position - start == 1 and content[start] == _QUOTE:
            position = _end_of_text(content, position)
        count += 1
        if count > _MOST_TOKENS:
            raise TooManyValues(_MANY)
        yield start, position


def _cut(content: bytes, holder: _Container, start: int, end: int) -> None:
    """Note where to cut between two texts or containers; what is between is of `holder` alone."""
    while end - start > _PIECE:
        comma = content.find(b",", start + _PIECE, end)
        if comma < 0:
            break
        holder.cuts.append(comma)
        start = comma + 1
    comma = content.rfind(b",", start, end)
    if comma >= 0:
        holder.cuts.append(comma)


def _end_of_text(content: bytes, position: int) -> int:
    """Return where the text ends that began before `position`."""
    while True:
        quote = content.find(b'"', position)
        if quote < 0:
            raise DecodeError(_MALFORMED)
        backslash = quote
        while content[backslash - 1] == 0x5C:  # noqa: PLR2004 - a backslash
            backslash -= 1
        position = quote + 1
        # An even number of them: they escape each other, and not the quote.
        if (quote - backslash) % 2 == 0:
            return position


def _build(content: bytes, container: _Container) -> Json:
    # Stands in a piece for what was read before; it is random, so that no sender can write it.
    mark = secrets.token_hex(16)
    # Not recursive: how deep it is, is for the sender to choose.
    order = [container]
    for each in order:
        order.extend(each.inner)
    built: dict[int, Json] = {}
    for each in reversed(order):
        is_string = content[each.start] == _QUOTE
        built[each.start] = (
            _string(content, each) if is_string else _join(content, each, built, mark)
        )
    return built[container.start]


def _string(content: bytes, string: _Container) -> str:
    parts: list[str] = []
    start, last = string.start + 1, string.end - 1
    while start < last:
        end = _cut_of_string(content, start, last)
        parts.append(parse(b'"' + content[start:end] + b'"'))
        start = end
    return "".join(parts)


def _cut_of_string(content: bytes, start: int, last: int) -> int:
    """Return where a string may be cut next, so that no character of it is cut in two."""
    end = start + _STRING
    if end >= last:
        return last
    backslash = content.rfind(_BACKSLASH, max(start, end - _ESCAPE), end)
    if backslash < 0:
        # A character of UTF-8 goes on for three bytes at most.
        return next((at for at in range(end, end + 4) if content[at] & 0xC0 != 0x80), end)  # noqa: PLR2004
    run = content[start : backslash + 1]
    if (len(run) - len(run.rstrip(_BACKSLASH))) % 2 == 0:
        # They escape each other.
        return backslash + 1
    is_second = _SECOND_HALF.match(content, backslash) is not None
    return backslash - _ESCAPE if is_second else backslash


def _join(content: bytes, container: _Container, built: dict[int, Json], mark: str) -> Json:
    is_an_object = content[container.start] == _OPEN[1]
    brackets = (b"{", b"}") if is_an_object else (b"[", b"]")
    members: dict[str, Json] = {}
    items: list[Json] = []
    start, waiting = container.start + 1, deque(container.inner)
    for end in (*container.cuts, container.end - 1):
        parts: list[bytes] = []
        held: dict[str, Json] = {}
        while waiting and waiting[0].start < end:
            inner = waiting.popleft()
            name = f"{mark}{inner.start}"
            held[name] = built.pop(inner.start)
            parts += [content[start : inner.start], encode(name)]
            start = inner.end
        piece = b"".join([*parts, content[start:end]])
        start = end + 1
        if not piece.strip(_BLANK):
            raise DecodeError(_MALFORMED)
        found = parse(brackets[0] + piece + brackets[1])
        if is_object(found):
            if held and not held.keys().isdisjoint(found):
                raise DecodeError(_MALFORMED)
            members |= {key: _held(value, held) for key, value in found.items()} if held else found
        else:
            items += [_held(value, held) for value in found] if held else found
    return members if is_an_object else items


def _held(value: Json, held: Mapping[str, Json]) -> Json:
    return held.get(value, value) if isinstance(value, str) else value
