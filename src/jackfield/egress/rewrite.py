"""Rewrites of provider origins, to a sandbox or a scripted server."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jackfield.kit.errors import HubError
from jackfield.kit.urls import split_origin


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
        found = split_origin(url)
        target = self.targets.get(str(found[0])) if found else None
        return None if found is None or target is None else target + found[1]

    def restore(self, url: str) -> str:
        """Return the provider's own spelling of a `url` that a target answered with."""
        found = split_origin(url)
        if found is not None:
            for origin, target in self.targets.items():
                if target == str(found[0]):
                    return origin + found[1]
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
        here, there = split_origin(origin.strip()), split_origin(target.strip())
        if here is None or there is None or here[1].strip("/") or there[1].strip("/"):
            msg = (
                f"JACKFIELD_PROVIDER_REWRITE: {pair!r} is not of the form "
                "https://api.example.com=http://127.0.0.1:9901"
            )
            raise InvalidRewrite(msg)
        targets[str(here[0])] = str(there[0])
    return Rewrites(targets)
