"""Sending a provider's origin elsewhere: to a sandbox, or to a test's scripted server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from jackfield.kit.errors import HubError


class InvalidRewrite(HubError):
    """JACKFIELD_PROVIDER_REWRITE cannot be understood."""

    code = "invalid_rewrite"


@dataclass(frozen=True, slots=True)
class Rewrites:
    """Origins (`https://api.example.com`) by what they are replaced with, and back."""

    targets: Mapping[str, str] = field(default_factory=dict[str, str])

    def out(self, url: str) -> str | None:
        """Return where a request for `url` really goes, or `None` if it goes to `url`."""
        origin = origin_of(url)
        target = self.targets.get(origin)
        return None if target is None else target + url[_length(url) :]

    def back(self, url: str) -> str:
        """Return the provider's own spelling of a `url` that a target answered with."""
        for origin, target in self.targets.items():
            if origin_of(url) == target:
                return origin + url[_length(url) :]
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


def origin_of(url: str) -> str:
    """Return scheme, host and port of `url` in one spelling, without the scheme's own port."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _length(url: str) -> int:
    parts = urlsplit(url)
    return len(f"{parts.scheme}://{parts.netloc}")
