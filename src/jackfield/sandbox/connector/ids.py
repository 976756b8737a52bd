"""Ids and other values that tell rows apart, each in the form of a first one."""

import hashlib
import re
from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.connector.values import domain, number_of, person

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+")
_NUMBERED: Final = re.compile(r"(.*[-.])(\d{1,6})")
_HEXADECIMAL: Final = re.compile(r"[0-9a-f-]{32,}")
_NAMES: Final = frozenset({"name", "title", "subject", "label", "displayname", "real_name"})


def vary(value: Json, name: str, index: int) -> Json:
    """Return what another row has in the place of a value that tells rows apart."""
    if not index or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if _EMAIL.fullmatch(value):
            return f"{person(index)[0].lower()}@{domain(index)}"
        if name.lower() in _NAMES and value:
            return f"{value} {index + 1}"
    return value


def other_id(value: Json, index: int, place: str = "") -> Json:
    """Return an id in the form of another one, and not the same: of another row, or place."""
    seed = f"{place}/{index}"
    step = index if not place else number_of(seed) % 900_000 + 1000
    if not index and not place:
        return value
    if isinstance(value, int):
        return value + step
    return _other_text(value, index, seed, step) if isinstance(value, str) and value else value


def _other_text(value: str, index: int, seed: str, step: int) -> str:
    if value.isdecimal():
        return str(int(value) + step).zfill(len(value))
    if _EMAIL.fullmatch(value):
        return str(vary(value, "", index))
    numbered = _NUMBERED.fullmatch(value)
    if numbered and not _HEXADECIMAL.fullmatch(value):
        return f"{numbered[1]}{str(int(numbered[2]) + step).zfill(len(numbered[2]))}"
    # The last characters, each by one of its kind: a prefix tells what an id is of.
    first = value.rfind("_") + 1 if "_" in value[:-3] else 1
    kept = max(len(value) - 10, first)
    digest = hashlib.sha256(f"{value}/{seed}".encode()).digest()
    rest = value[kept:]
    if not rest:
        return f"{value}{step}"
    return value[:kept] + "".join(_alike(each, digest[at % 32]) for at, each in enumerate(rest))


def _alike(letter: str, number: int) -> str:
    if letter.isdecimal():
        return str(number % 10)
    if letter in "abcdef":
        return "abcdef"[number % 6]
    if letter.isalpha():
        first = "a" if letter.islower() else "A"
        return chr(ord(first) + number % 26)
    return letter
