"""Addresses of requests as templates, in which `{}` stands for what varies."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from jackfield.engine.schema.expressions import is_evaluated

ANY: Final = "{}"
_VALUE: Final = re.compile(r"\$\{[^}]*\}")
# An address that an expression chooses, and whether more is appended to it.
_LITERAL: Final = re.compile(r"""(?:'(https?://[^']*)'|"(https?://[^"]*)")(\s*\+)?""")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request goes: its host, the path of the server, and the path below it."""

    host: str
    base: str
    path: str

    @property
    def whole(self) -> str:
        return joined(self.base, self.path)


def addresses_of(base_url: str, url: str) -> list[Address]:
    """Return the addresses that a request of a connector may have; none if they are computed."""
    path = _template(url)
    if path is None:
        return []
    if path.startswith(("http://", "https://")):
        parts = urlsplit(path)
        return [Address(parts.netloc.lower(), "", parts.path)]
    bases = [urlsplit(each) for each in _choices(base_url)]
    return [Address(each.netloc.lower(), each.path, path) for each in bases]


def joined(base: str, path: str) -> str:
    return f"{base.rstrip('/')}/{path.lstrip('/')}".rstrip("/") or "/"


def fits(template: str, other: str) -> bool:
    """Tell whether a path can be both, where either has something that varies."""
    ours, theirs = template.split("/"), other.split("/")
    return len(ours) == len(theirs) and all(map(_segment_fits, ours, theirs))


def likeness(template: str, other: str) -> int:
    """Return how many parts of two paths are the same, to choose the nearest by."""
    return sum(map(str.__eq__, template.split("/"), other.split("/")))


def is_among(host: str, hosts: Iterable[str]) -> bool:
    return any(_segment_fits(host, each) for each in hosts)


def _segment_fits(one: str, other: str) -> bool:
    if one == other:
        return True
    return any(
        ANY in template and re.fullmatch(".*".join(map(re.escape, template.split(ANY))), text)
        for template, text in ((one, other), (other, one))
    )


def _choices(base_url: str) -> Iterator[str]:
    if not base_url.lstrip().startswith("{{"):
        yield _VALUE.sub(ANY, base_url)
        return
    for single, double, appended in _LITERAL.findall(base_url):
        yield (single or double) + (ANY if appended else "")


def _template(url: str) -> str | None:
    path = _VALUE.sub(ANY, url.partition("?")[0].partition("#")[0])
    return None if is_evaluated(path) else path
