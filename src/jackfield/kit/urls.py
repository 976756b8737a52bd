"""The parser of URL origins: scheme, host and port, as a request for the URL is really sent.

Whatever leaves room for two readings is no origin: blanks, a user name, a backslash, an escape, an
empty label, letters outside ASCII (a host name is written in Punycode), a zone of IPv6.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import Final

_ORIGIN: Final = re.compile(
    r"(https?)://((?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?![^/?#])",
    re.IGNORECASE | re.ASCII,
)
_PATH: Final = re.compile(r"(?:/[^\x00-\x20?#\\\x7f-\U0010ffff]*)?")
_PORTS: Final = {"http": 80, "https": 443}
_LAST_PORT: Final = 65535
# A scheme, the longest name that a host may have, and a port.
_LONGEST: Final = 270


@dataclass(frozen=True, slots=True)
class Origin:
    """An origin in normal form: lower case, without default port and trailing dot."""

    scheme: str
    authority: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def is_base(url: str) -> bool:
    """Tell whether paths can be put behind `url`: an origin and perhaps a path, nothing else."""
    parts = split_origin(url)
    return parts is not None and _PATH.fullmatch(parts[1]) is not None


def find_origin(url: str) -> Origin | None:
    """Return the origin that `url` begins with; `None` if it is not an HTTP one."""
    found = _match(url)
    return None if found is None else _normalize(found[0])


def split_origin(url: str) -> tuple[Origin, str] | None:
    """Return the origin that `url` begins with, and the unchanged rest."""
    found = _match(url)
    origin = None if found is None else _normalize(found[0])
    return None if found is None or origin is None else (origin, url[found.end() :])


def _match(url: str) -> re.Match[str] | None:
    found = _ORIGIN.match(url)
    return None if found is None or found.end() > _LONGEST else found


@lru_cache(maxsize=4096)
def _normalize(written: str) -> Origin | None:
    """Return the normal form. Cached: origins are few, and every request needs one."""
    found = _ORIGIN.fullmatch(written)
    assert found is not None
    scheme, host = found[1].lower(), found[2].lower().removesuffix(".")
    port = _PORTS[scheme] if found[3] is None else int(found[3])
    if port > _LAST_PORT:
        return None
    if host.startswith("["):
        try:
            host = f"[{IPv6Address(host[1:-1])}]"
        except AddressValueError:
            return None
    return Origin(scheme, host if port == _PORTS[scheme] else f"{host}:{port}")
