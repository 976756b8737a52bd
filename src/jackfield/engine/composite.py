"""Composite ids: several values of a provider packed into one id."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

from jackfield.engine import quirks
from jackfield.engine.mode import Mode
from jackfield.kit.errors import InvalidRequest

_PREFIX: Final = "so1!"
_MARK: Final = base64.urlsafe_b64encode(_PREFIX.encode()).decode().rstrip("=")
_ONLY: Final = "id"
_SEPARATORS: Final = re.compile(r"([,:\\])")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_ENTRY: Final = re.compile(r"([^:,]+):((?:\\.|[^,\\])*)(?:,|\Z)", re.DOTALL)


class InvalidCompositeId(InvalidRequest):
    """The id is not one this hub has given out."""

    code = "invalid_composite_id"


def is_composite_id(text: str) -> bool:
    return text.startswith(_MARK)


def encode_id(
    parts: Mapping[str, str], aliases: Mapping[str, str] | None = None, *, mode: Mode = "strict"
) -> str:
    """
    Pack values by name, under shorter names where `aliases` has them.

    In compat mode they are packed as the published engine does, which is not always to be undone.
    """
    short = aliases or {}
    escape = _escape if mode == "strict" else quirks.escape_first
    named = ((short.get(name, name), escape(value)) for name, value in parts.items())
    pairs = (f"{name}:{value}" if value or mode == "strict" else name for name, value in named)
    return _MARK + base64.urlsafe_b64encode(",".join(pairs).encode()).decode().rstrip("=")


def encode_single_id(value: str, *, mode: Mode = "strict") -> str:
    return encode_id({_ONLY: value}, mode=mode)


def decode_id(
    text: str, aliases: Mapping[str, str] | None = None, *, mode: Mode = "strict"
) -> dict[str, str]:
    """
    Unpack an id; in compat mode as the published engine does, which cuts values short.

    Raises:
        InvalidCompositeId: it is none.
    """
    if not is_composite_id(text):
        raise InvalidCompositeId
    code = text.removeprefix(_MARK)
    try:
        body = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidCompositeId from None
    long = {alias: name for name, alias in (aliases or {}).items()}
    if mode == "compat":
        pairs = quirks.split_id(body)
        if pairs is None:
            raise InvalidCompositeId
        return {long.get(name, name): value for name, value in pairs}
    parts: dict[str, str] = {}
    position = 0
    while position < len(body):
        entry = _ENTRY.match(body, position)
        if entry is None:
            raise InvalidCompositeId
        parts[long.get(entry[1], entry[1])] = _ESCAPED.sub(r"\1", entry[2])
        position = entry.end()
    if not parts:
        raise InvalidCompositeId
    return parts


def _escape(value: str) -> str:
    """Escape every separator. The published engine escapes the first of each, and loses data."""
    return _SEPARATORS.sub(r"\\\1", value)
