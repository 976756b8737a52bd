"""API keys: what kinds there are, what each may do, and which ones a region knows."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from jackfield.sandbox.iterable.regions import Region

_LENGTH: Final = 32
_SHOWN: Final = 8


class KeyKind(StrEnum):
    """A kind of key, by the name the provider calls it."""

    SERVER_SIDE = "ServerSide"
    READ_ONLY = "ReadOnly"
    MOBILE = "Mobile"
    JAVASCRIPT = "JavaScript"


CLIENT_SIDE: Final = frozenset({KeyKind.MOBILE, KeyKind.JAVASCRIPT})
MOBILE: Final = frozenset({KeyKind.MOBILE})
JAVASCRIPT: Final = frozenset({KeyKind.JAVASCRIPT})
SERVER_ONLY: Final = frozenset[KeyKind]()


@dataclass(slots=True, eq=False)
class ApiKey:
    """One key of a project. With a `jwt_secret`, each call must carry a token signed with it."""

    name: str
    kind: KeyKind
    value: str
    disabled: bool = False
    jwt_secret: str | None = None

    @property
    def identifier(self) -> str:
        """The part of the key that the provider goes on showing."""
        return self.value[-_SHOWN:]


def make_keys(region: Region) -> Mapping[str, ApiKey]:
    """Return a region's keys by name: the same at every start, and no other region's."""
    return {
        kind.name.lower(): ApiKey(kind.name.lower(), kind, _value(region, kind.name.lower()))
        for kind in KeyKind
    }


def may_call(kind: KeyKind, *, method: str, client_side: frozenset[KeyKind]) -> bool:
    """Tell whether a kind of key may use a route that is open to the kinds in `client_side`."""
    match kind:
        case KeyKind.SERVER_SIDE:
            return True
        case KeyKind.READ_ONLY:
            return method == "GET"
        case KeyKind.MOBILE | KeyKind.JAVASCRIPT:
            return kind in client_side


def _value(region: Region, name: str) -> str:
    text = f"jackfield sandbox iterable {region} {name}"
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]
