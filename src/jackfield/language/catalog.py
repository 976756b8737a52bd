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
    """The texts of one language; `own` are a project's replacements."""

    code: str
    own: Mapping[str, str] = field(default_factory=dict[str, str])

    def __call__(self, key: str, /, **values: str) -> str:
        """Return the text of `key` with `values` filled in."""
        return fill(self.raw(key), values)

    def raw(self, key: str) -> str:
        """Return the text of `key` with its placeholders."""
        return self.own.get(key) or _texts(self.code)[key]

    def find(self, key: str) -> str | None:
        """Return the text of `key`, if there is one."""
        return self.own.get(key) or _texts(self.code).get(key)


def names() -> dict[str, str]:
    """Return each language's own name, by code."""
    return {code: _texts(code)["name"] for code in CODES}


def keys() -> frozenset[str]:
    """Return the keys of the texts that a project may replace."""
    return frozenset(_texts(DEFAULT)) - {"name"}


def placeholders(text: str) -> frozenset[str]:
    return frozenset(_PLACEHOLDER.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace the placeholders of `text` by `values`; placeholders inside a value are kept."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def choose(requested: str | None, accepted: str | None) -> str:
    """Return the `requested` language, or else the best one of an `Accept-Language`."""
    primary = (requested or "").partition("-")[0].lower()
    if primary in CODES:
        return primary
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
