"""Seeded values: the same at every start, and of the types that an outline names."""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from jackfield.connectors.schema.outline import EACH
from jackfield.kit.json import Json, is_list, is_object

_PEOPLE: Final = (
    ("Avery", "Abbott"), ("Blake", "Barnes"), ("Casey", "Chen"), ("Devon", "Diaz"),
    ("Emery", "Evans"), ("Finley", "Fox"), ("Harper", "Hale"), ("Jordan", "Jones"),
)  # fmt: skip
_WORDS: Final = ("Spring", "Summer", "Autumn", "Winter", "North", "South", "East", "West")
_START: Final = 1_767_225_600  # 2026-01-01
# What stands in an example for a value that its author left out.
_LEFT_OUT: Final = frozenset({"text", "uuid", "string"})
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,), "datetime": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "object": (dict,), "list": (list,),
}  # fmt: skip


def fits(value: Json, outline: Json) -> bool:
    """Return whether a value is of an outline's type, on its first level; null always is."""
    if value is None or outline is None or outline == "any":
        return True
    if is_list(outline):
        return is_list(value)
    if is_object(outline):
        return is_object(value)
    is_flag = isinstance(value, bool)
    return isinstance(value, _KINDS[str(outline)]) and (is_flag == (outline == "boolean"))


def complete(value: Json, outline: Json, name: str, seed: str) -> Json:
    """Return an example with all that its outline names, and with values for what was left out."""
    if not fits(value, outline):
        return invent(outline, name, seed)
    if isinstance(value, str):
        return _text(name, f"{seed}/{value}") if _is_left_out(value, name) else value
    if is_list(value):
        row = outline[0] if is_list(outline) and outline else None
        return [complete(each, row, name, f"{seed}/{index}") for index, each in enumerate(value)]
    if is_object(value):
        members = outline if is_object(outline) else {}
        names = dict.fromkeys([*value, *(each for each in members if each != EACH)])
        return {each: _completed(value, members, each, f"{seed}/{each}") for each in names}
    return value


def _completed(
    example: Mapping[str, Json], outlines: Mapping[str, Json], name: str, seed: str
) -> Json:
    if name in example:
        # One of a map has only what its example has: more could say something else.
        return complete(example[name], outlines.get(name), name, seed)
    return invent(outlines[name], name, seed)


def _is_left_out(value: str, name: str) -> bool:
    is_no_email = name.lower() in {"email", "email_address"} and "@" not in value
    return value in _LEFT_OUT or value.endswith(("...", "…")) or (is_no_email and bool(value))


def invent(outline: Json, name: str, seed: str) -> Json:
    """Return a value of an outline's type, as its name lets one expect."""
    if is_list(outline):
        return [invent(outline[0], name, f"{seed}/0")]
    if is_object(outline):
        return {
            each: invent(inner, each, f"{seed}/{each}")
            for each, inner in outline.items()
            if each != EACH
        }
    made = _MADE.get(str(outline))
    return None if made is None else made(name, seed)


def _text(name: str, seed: str) -> str:
    if seed.endswith("/uuid"):
        return str(UUID(bytes=number_of(seed).to_bytes(16, "big"), version=4))
    made = next((make for pattern, make in _TEXTS if pattern.search(name)), _word)
    return made(number_of(seed))


def _email(number: int) -> str:
    return f"{person(number)[0].lower()}@{domain(number)}"


def _url(number: int) -> str:
    return f"https://{domain(number)}/{number % 10_000}"


def _moment(number: int) -> str:
    minutes = number % 1440
    return f"2026-01-01T{minutes // 60:02d}:{minutes % 60:02d}:00.000Z"


def _id(number: int) -> str:
    return f"{number % 10**10:010d}"


def _word(number: int) -> str:
    return f"{_WORDS[number % len(_WORDS)]} {number % 100}"


# What a name lets one expect of its value; the first that fits counts.
_TEXTS: Final[tuple[tuple[re.Pattern[str], Callable[[int], str]], ...]] = (
    (re.compile("email", re.IGNORECASE), _email),
    (re.compile("url|link", re.IGNORECASE), _url),
    (re.compile("(_at|date|time|created|updated)$|^last_", re.IGNORECASE), _moment),
    (re.compile("At$"), _moment),
    (re.compile("phone", re.IGNORECASE), lambda number: f"+1555{number % 10_000_000:07d}"),
    (re.compile("currency", re.IGNORECASE), lambda _: "usd"),
    (re.compile("^first_?name$", re.IGNORECASE), lambda number: person(number)[0]),
    (re.compile("^last_?name$", re.IGNORECASE), lambda number: person(number)[1]),
    (re.compile("^id$|_id$|Id$|key$|hash$|sha$"), _id),
)


def _whole(name: str, seed: str) -> int:
    lower = name.lower()
    if lower.endswith(("_at", "created", "updated", "time", "_ts")):
        return _START + number_of(seed) % 86_400
    return number_of(seed) % (1_000_000 if lower.endswith("id") else 100)


_MADE: Final[Mapping[str, Callable[[str, str], Json]]] = {
    "string": _text,
    "integer": _whole,
    "number": lambda _, seed: float(number_of(seed) % 1000),
    "boolean": lambda _name, _seed: False,
    "object": lambda _name, _seed: {},
    "list": lambda _name, _seed: [],
    "datetime": lambda _, seed: _moment(number_of(seed)),
}


def person(number: int) -> tuple[str, str]:
    return _PEOPLE[number % len(_PEOPLE)]


def domain(number: int) -> str:
    return ("acme.example", "globex.example", "initech.example")[number % 3]


def number_of(seed: str) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6], "big")
