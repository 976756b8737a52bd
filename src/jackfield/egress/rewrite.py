"""Sending a provider's origin elsewhere: to a sandbox, or to a test's scripted server."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from jackfield.kit.errors import HubError

_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


class InvalidRewrite(HubError):
    """JACKFIELD_PROVIDER_REWRITE cannot be understood."""

    code = "invalid_rewrite"


@dataclass(frozen=True, slots=True)
class Rewrites:
    """Origins (`https://api.example.com`) by what they are replaced with, and back."""

    targets: Mapping[str, str] = field(default_factory=dict[str, str])

    def rewrite(self, url: str) -> str | None:
        """Return where a request for `url` really goes, or `None` if it goes to `url`."""
        if not self.targets:
            return None
        prefix = prefix_of(url)
        target = self.targets.get(origin_of(prefix))
        return None if target is None else target + url[len(prefix) :]

    def restore(self, url: str) -> str:
        """Return the provider's own spelling of a `url` that a target answered with."""
        prefix = prefix_of(url)
        for origin, target in self.targets.items():
            if origin_of(prefix) == target:
                return origin + url[len(prefix) :]
        return url


def parse(text: str) -> Rewrites:
    """
    Read `origin=origin,…`.

    Raises:
        InvalidRewrite: a part is not a pair of http(s) origins.
    """
    targets: dict[str, str] = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        origin, _, target = pair.partition("=")
        for each in (origin, target):
            parts = urlsplit(each.strip())
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
                msg = (
                    f"JACKFIELD_PROVIDER_REWRITE: {pair!r} is not of the form "
                    "https://api.example.com=http://127.0.0.1:9901"
                )
                raise InvalidRewrite(msg)
        targets[origin_of(origin.strip())] = origin_of(target.strip())
    return Rewrites(targets)


def prefix_of(url: str) -> str:
    """Return scheme and authority of `url`, as they are written."""
    match = _PREFIX.match(url)
    return match[0] if match else url


@lru_cache(maxsize=4096)
def origin_of(url: str) -> str:
    """Return scheme, host and port of `url` in one spelling, without the scheme's own port.

    Remembered, since the prefixes of URLs are few and every request asks.
    """
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
