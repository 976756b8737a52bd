"""The credentials that decide where a connector's requests go."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from jackfield.engine.allowed_hosts import find_addresses
from jackfield.kit.json import Json

_NAMED: Final = re.compile(r"\bcredentials(?:\.([\w$-]+)|\[\s*['\"]([^'\"]+)['\"]\s*\])?")
# A path that finds its names anywhere in a run, credentials included.
_ANYWHERE: Final = re.compile(r"\$\s*(?:\.\s*[.*]|\[\s*[*?(])")
# Up to where the path begins: a literal origin has only words there.
_AUTHORITY: Final = re.compile(r"\s*(?:https?://)?[^/?#]*", re.IGNORECASE)
_EXPRESSION: Final = re.compile(r"\s*(?:\{\{|\$\.|\$\[)")


class AddressCredentials:
    """The names of credentials that addresses are made of, in their host or in their path."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        found: set[str] = set()
        # An address that comes out of a step may be made of any of them.
        self._is_any = False
        for address in dict.fromkeys(find_addresses(document)):
            names, is_certain = names_in(address)
            found |= names
            self._is_any = self._is_any or not is_certain or _begins_with_a_step(address)
        self._names: Final = frozenset(found)

    def among(self, fields: Iterable[str], derived: Mapping[str, str]) -> frozenset[str]:
        """
        Return those of `fields` that decide over an address.

        `derived` are the expressions of fields that are worked out from others.
        """
        known = frozenset(fields)
        if self._is_any:
            return known
        names, waiting = set[str](), list(self._names)
        while waiting:
            name = waiting.pop()
            if name in names:
                continue
            names.add(name)
            sources, is_certain = names_in(derived.get(name, ""))
            if not is_certain:
                return known
            waiting += sources
        return known & names


def names_in(text: str) -> tuple[frozenset[str], bool]:
    """Return the credentials that a text names, and whether these are all that it looks at."""
    found = [dotted or quoted for dotted, quoted in _NAMED.findall(text)]
    return frozenset(filter(None, found)), all(found) and not _ANYWHERE.search(text)


def _begins_with_a_step(address: str) -> bool:
    beginning = _AUTHORITY.match(address)
    authority = address if _EXPRESSION.match(address) or not beginning else beginning[0]
    return "steps" in authority.lower()
