"""Rewrites of provider origins, to a sandbox or a scripted server."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jackfield.kit.errors import HubError
from jackfield.kit.urls import split_origin


class InvalidRewrite(HubError):
    """JACKFIELD_PROVIDER_REWRITE is malformed."""

    code = "invalid_rewrite"


@dataclass(frozen=True, slots=True)
class Rewrites:
    """Origins, such as `https://api.example.com`, and what each is replaced by."""

    targets: Mapping[str, str] = field(default_factory=dict[str, str])

    def rewrite(self, url: str) -> str | None:
        """Return the URL that replaces `url`, or `None` if it is not replaced."""
        if not self.targets:
            return None
        parts = split_origin(url)
        target = self.targets.get(str(parts[0])) if parts else None
        return None if parts is None or target is None else target + parts[1]

    def restore(self, url: str) -> str:
        """Return the provider's own form of a `url` in a response of a target."""
        parts = split_origin(url)
        if parts is not None:
            for origin, target in self.targets.items():
                if target == str(parts[0]):
                    return origin + parts[1]
        return url


def parse(text: str) -> Rewrites:
    """
    Parse `origin=origin,…`.

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
