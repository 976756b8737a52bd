"""Connector names derived from names of an API."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Container, Mapping
from typing import Final, TypeVar

_EDGE: Final = re.compile(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])")
_OTHER: Final = re.compile(r"[^a-z0-9]+")
K = TypeVar("K", bound=str | tuple[str, ...])


def snake_case(name: str) -> str:
    """`listUsers`, `List users` and `list-users` all become `list_users`."""
    split = _EDGE.sub(lambda match: "_".join(filter(None, match.groups())), _without_accents(name))
    plain = _OTHER.sub("_", split.lower()).strip("_")
    return plain if plain[:1].isalpha() else f"x_{plain}"


def is_spelled(name: str) -> bool:
    """Tell whether `snake_case` keeps every letter and digit of a name, of which there is one."""
    plain = [each for each in _without_accents(name) if each.isalnum()]
    return bool(plain) and all(each.isascii() for each in plain)


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


def distinct(wanted: Mapping[K, str], *, longest: int, taken: Collection[str] = ()) -> dict[K, str]:
    """Return a name of its own for each key, which does not depend on the order of the keys."""
    short = {key: wanted[key][:longest].rstrip("_") for key in sorted(wanted)}
    counts = Counter(short.values())
    # A name that only one wants stays as it is, whatever the others are numbered.
    named = {key: each for key, each in short.items() if counts[each] == 1 and each not in taken}
    given = {*named.values(), *taken}
    for key, each in short.items():
        if key not in named:
            named[key] = unique(each, given, longest=longest)
            given.add(named[key])
    return named


def _without_accents(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(each for each in decomposed if not unicodedata.combining(each))
