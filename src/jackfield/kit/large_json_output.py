"""Large JSON, written in pieces, so that the event loop goes on meanwhile (see `large_json`)."""

import asyncio
from collections.abc import Iterator
from typing import Final

from msgspec import Raw, Struct

from jackfield.kit.json import Json, encode, is_list, is_object, members_of

_FEW: Final = 2_000
# Characters of a string that count as one value, which take about as long.
_CHARACTERS: Final = 64
# As many values, and characters of a string or of what is written already, are written at once.
_BATCH: Final = 16_000
_STRING: Final = 1024 * 1024


def is_large(value: Json) -> bool:
    """Return whether walking through `value` would hold up the event loop."""
    return weigh(value, _FEW) > _FEW


async def encode_aside(value: Json) -> bytes:
    """Write JSON; what is large is written by a thread, in pieces."""
    if not is_large(value):
        return encode(value)
    return await asyncio.to_thread(encode_in_pieces, value)


def encode_in_pieces(value: Json) -> bytes:
    """Write JSON as `encode` does, never holding the interpreter's lock for long."""
    return b"".join(_written(value))


def weigh(value: Json, enough: int) -> int:
    """Return how many values are in `value`, or some number above `enough`; strings count more."""
    # By class, and nothing called that need not be: every answer is weighed.
    seen, weight = [value], 1
    for each in seen:
        kind: object = each.__class__
        if kind is str:
            weight += len(each) // _CHARACTERS
        elif kind is dict or kind is list:
            weight += len(each)
            if weight <= enough:
                seen.extend(each.values() if kind is dict else each)
        elif isinstance(each, Struct):
            inner = members_of(each).values()
            weight += len(inner)
            seen.extend(inner)
        elif kind is Raw:
            # Looked at where it is: a copy would take longer than anything else here.
            weight += memoryview(each).nbytes // _CHARACTERS
        if weight > enough:
            break
    return weight


def _written(value: Json) -> Iterator[bytes]:
    if isinstance(value, Struct):
        value = members_of(value)
    if isinstance(value, Raw):
        written = memoryview(value)
        for start in range(0, len(written), _STRING):
            yield bytes(written[start : start + _STRING])
    elif isinstance(value, str) and len(value) > _STRING:
        yield b'"'
        for start in range(0, len(value), _STRING):
            yield encode(value[start : start + _STRING])[1:-1]
        yield b'"'
    elif (is_object(value) or is_list(value)) and weigh(value, _BATCH) > _BATCH:
        yield from _written_members(value)
    else:
        yield encode(value)


def _written_members(value: dict[str, Json] | list[Json]) -> Iterator[bytes]:
    is_an_object = is_object(value)
    members = value.items() if is_an_object else enumerate(value)
    yield b"{" if is_an_object else b"["
    comma, weight = b"", 0
    batch: list[tuple[str | int, Json]] = []
    for name, inner in members:
        added = weigh(inner, _BATCH)
        if batch and weight + added > _BATCH:
            yield comma + _batch(batch, is_an_object=is_an_object)
            comma, weight, batch = b",", 0, []
        if added > _BATCH:
            yield comma + (encode(name) + b":" if is_an_object else b"")
            yield from _written(inner)
            comma = b","
        else:
            batch.append((name, inner))
            weight += added
    if batch:
        yield comma + _batch(batch, is_an_object=is_an_object)
    yield b"}" if is_an_object else b"]"


def _batch(members: list[tuple[str | int, Json]], *, is_an_object: bool) -> bytes:
    return encode(dict(members) if is_an_object else [inner for _, inner in members])[1:-1]
