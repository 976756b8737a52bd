"""Paging cursor of an action: the position of each of its paginated steps."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.engine.run import Position
from jackfield.engine.run_context import RunContext
from jackfield.kit.errors import Fault
from jackfield.kit.json import Json, is_object

_VERSION: Final = 2
_LONGEST: Final = 16_384
_NOT_OURS: Final = (
    "is no cursor that this action gave out for this account; leave it out to begin at the start"
)


def encode_cursor(positions: Mapping[str, Position], now: datetime) -> str | None:
    """Encode positions, keyed by the index of their step; `None` if there are none."""
    remote = {index: entry for index, position in positions.items() if (entry := _entry(position))}
    if not remote:
        return None
    content = {"r": remote, "v": _VERSION, "t": int(now.timestamp() * 1000)}
    return base64.urlsafe_b64encode(msgspec.json.encode(content)).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> dict[str, Position]:
    """Decode a cursor; an invalid one means to start over."""
    if not cursor or len(cursor) > _LONGEST:
        return {}
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        content: Json = msgspec.json.decode(raw)
    except (binascii.Error, ValueError, RecursionError):
        return {}
    remote = content.get("r") if is_object(content) else None
    if not is_object(remote):
        return {}
    return {str(index): _position(entry) for index, entry in remote.items()}


def seal_cursor(context: RunContext, cursor: str | None, action_id: str) -> str | None:
    if cursor is None or context.cursors is None:
        return cursor
    return context.cursors.seal(cursor, action_id)


def open_cursor(
    context: RunContext, given: Json, action_id: str, steps: frozenset[str]
) -> dict[str, Position]:
    """
    Read what a caller passes to go on: `steps` are the indexes of those that have pages.

    Raises:
        InvalidInputs: this action did not give it out for this account.
    """
    if given is None or given == "":
        return {}
    text = given if isinstance(given, str) else None
    if text is not None and context.cursors is not None:
        text = context.cursors.open(text, action_id)
    positions = decode_cursor(text)
    if not positions or not steps.issuperset(positions):
        raise InvalidInputs(faults=(Fault("query.next", _NOT_OURS),))
    return positions


def _entry(position: Position) -> dict[str, Json]:
    entry: dict[str, Json] = {}
    if position.page is not None:
        entry["n"] = position.page
    if position.token is not None:
        entry["c"] = position.token
    if position.offset is not None:
        entry["p"] = position.offset
    if position.earlier is not None:
        entry |= {"k": position.calls, "e": position.earlier}
    if position.stalled:
        entry["s"] = True
    return entry


def _position(entry: Json) -> Position:
    if not is_object(entry):
        return Position()
    earlier = entry.get("e")
    return Position(
        entry.get("c"),
        _count(entry.get("p")),
        _count(entry.get("n")),
        _count(entry.get("k")) or 0,
        earlier if isinstance(earlier, str) else None,
        stalled=entry.get("s") is True,
    )


def _count(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
