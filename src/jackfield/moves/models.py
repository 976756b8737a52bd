"""Files of accounts that move between hubs: their parts, and what can be wrong with them."""

import hashlib
from datetime import datetime
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct, field

from jackfield.accounts.history.models import AccountChange
from jackfield.accounts.models import Account
from jackfield.accounts.tokens.models import TokenState
from jackfield.kit.errors import Fault, HubError
from jackfield.kit.json import Json, encode, parse
from jackfield.profiles.models import Profile

# Raised when an older hub could not read what a newer one wrote.
FORMAT: Final = 1


class MoveHeader(Struct, frozen=True, tag="header"):
    """The first line of a file; with `moved`, the hub it comes from uses its accounts no more."""

    format: int
    hub: str
    made_at: datetime
    project: str
    moved: bool
    branding: dict[str, Json]


class ProfilePart(Struct, frozen=True, tag="profile"):
    """A connector profile, with its secrets in clear: never log it."""

    profile: Profile
    secrets: dict[str, str]
    connector_version: str | None

    def __repr__(self) -> str:
        return f"ProfilePart({self.profile.id})"


class TokensPart(Struct, frozen=True):
    """Tokens in clear, with their state: never log it."""

    state: TokenState
    values: dict[str, str]

    def __repr__(self) -> str:
        return f"TokensPart({', '.join(self.values)})"

    @property
    def has_refresh_token(self) -> bool:
        return any(value and name.endswith("efreshToken") for name, value in self.values.items())


class AccountPart(Struct, frozen=True, tag="account"):
    """An account, with its credentials in clear: never log it."""

    account: Account
    secrets: dict[str, str]
    tokens: TokensPart | None
    identity: tuple[str, ...]
    history: tuple[AccountChange, ...]
    connector_version: str | None

    def __repr__(self) -> str:
        return f"AccountPart({self.account.id})"

    @property
    def digest(self) -> str:
        return digest(self)


class MoveEnd(Struct, frozen=True, tag="end"):
    """The last line: how many there are of each, and the digest of each account."""

    profiles: int
    accounts: int
    digests: dict[str, str] = field(default_factory=dict[str, str])


Part: TypeAlias = MoveHeader | ProfilePart | AccountPart | MoveEnd


class Bundle(Struct, frozen=True):
    """All of a file, once its end was read."""

    header: MoveHeader
    profiles: tuple[ProfilePart, ...]
    accounts: tuple[AccountPart, ...]


def digest(part: Struct) -> str:
    """Return what two equal parts have in common, whichever database they come from."""
    plain = msgspec.json.encode(parse(encode(part)), order="sorted")
    return hashlib.sha256(plain).hexdigest()


class MoveRefused(HubError):
    """The accounts cannot be moved as they are; nothing was changed."""

    code = "move_refused"
    status = 409

    @classmethod
    def of(cls, faults: list[Fault]) -> "MoveRefused":
        lines = "\n".join(f"  {each.path}: {each.message}" for each in faults)
        return cls(f"nothing was changed:\n{lines}", faults=faults)


class MoveFileDamaged(HubError):
    """The file is not one of `jackfield vault export`, or it is damaged or incomplete."""

    code = "move_file_damaged"
    status = 422
