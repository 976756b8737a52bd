"""Texts of the Hub in each supported language."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final

DEFAULT: Final = "en"
CODES: Final = ("en", "de", "fr", "es", "ja")
_PLACEHOLDER: Final = re.compile(r"\{([a-z]+)\}")
_WEIGHED: Final = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[\w-]*)?\s*(?:;\s*q\s*=\s*([\d.]{1,5}))?\s*"
)


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words; `own` are those a project says differently."""

    code: str
    own: Mapping[str, str] = field(default_factory=dict[str, str])

    def __call__(self, key: str, /, **values: str) -> str:
        """Say what stands under `key`, with `values` in their places."""
        return fill(self.raw(key), values)

    def raw(self, key: str) -> str:
        """Return what stands under `key`, with its places still open."""
        return self.own.get(key) or _texts(self.code)[key]

    def find(self, key: str) -> str | None:
        """Return what stands under `key` if anything does."""
        return self.own.get(key) or _texts(self.code).get(key)


def names() -> dict[str, str]:
    """Return what each language calls itself, by code."""
    return {code: _texts(code)["name"] for code in CODES}


def keys() -> frozenset[str]:
    """Return all that can be said differently."""
    return frozenset(_texts(DEFAULT)) - {"name"}


def placeholders(text: str) -> frozenset[str]:
    return frozenset(_PLACEHOLDER.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put `values` in the places `text` has for them; nothing inside a value is a place."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def choose(wanted: str | None, accepted: str | None) -> str:
    """Return the language that was asked for by code, or else the best an `Accept-Language` names."""
    asked = (wanted or "").partition("-")[0].lower()
    if asked in CODES:
        return asked
    for code in _by_weight(accepted or ""):
        if code in CODES:
            return code
    return DEFAULT


def default_text(key: str) -> str:
    return _texts(DEFAULT)[key]


def _by_weight(header: str) -> list[str]:
    weighed: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        match = _WEIGHED.fullmatch(part)
        if match is None:
            continue
        try:
            weight = float(match[2] or 1)
        except ValueError:
            continue
        if weight > 0:
            weighed.append((-weight, match[1].lower()))
    return [code for _, code in sorted(weighed, key=lambda each: each[0])]


@cache
def _texts(code: str) -> Mapping[str, str]:
    file = resources.files("jackfield.language").joinpath("words", f"{code}.toml")
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    flat: dict[str, str] = {}
    for name, entry in document.items():
        if isinstance(entry, str):
            flat[name] = entry
        else:
            flat.update({f"{name}.{key}": text for key, text in entry.items()})
    return flat
