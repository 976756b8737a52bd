"""Connector names derived from names of an API."""

import re
from collections.abc import Container
from typing import Final

_EDGE: Final = re.compile(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])")
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def snake_case(name: str) -> str:
    """`listUsers`, `List users` and `list-users` all become `list_users`."""
    split = _EDGE.sub(lambda match: "_".join(filter(None, match.groups())), name)
    plain = _OTHER.sub("_", split.lower()).strip("_")
    return plain if plain[:1].isalpha() else f"x_{plain}"


def unique(name: str, taken: Container[str], *, longest: int) -> str:
    """Shorten `name` to `longest` characters, and number it if it is taken."""
    short = name[:longest].rstrip("_")
    number = 2
    candidate = short
    while candidate in taken:
        ending = f"_{number}"
        candidate = short[: longest - len(ending)] + ending
        number += 1
    return candidate
