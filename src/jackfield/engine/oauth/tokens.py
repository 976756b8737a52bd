"""Tokens of an account, as a token endpoint or a connector's renewal gave them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

ACCESS_TOKEN: Final = "accessToken"  # noqa: S105 - a name
REFRESH_TOKEN: Final = "refreshToken"  # noqa: S105 - a name
ID_TOKEN: Final = "idToken"  # noqa: S105 - a name
_TOKEN: Final = "Token"  # noqa: S105 - the end of a name


def second_name(name: str) -> str:
    """Return the credential that a second token of a sign-in is."""
    return f"{name}{_TOKEN}"


def refresh_name(token: str) -> str:
    """Return the credential that renews the access token that is the credential `token`."""
    return REFRESH_TOKEN if token == ACCESS_TOKEN else f"{token.removesuffix(_TOKEN)}RefreshToken"


@dataclass(frozen=True, slots=True)
class TokenEnds:
    """When a token ends, by the credential that it is, and its refresh token; `None` is not known."""

    token: str
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """
    Tokens in clear: never store, log or return them.

    `values` are credentials by name: `accessToken`, `refreshToken`, `idToken`, and what else the
    connector takes from the answer. `expires_at` is when the access token ends, `None` if that is
    not known. `scopes` are those that were granted, `None` if the provider does not say. `second`
    is about the second token among them, if there is one.
    """

    values: Mapping[str, str] = field(repr=False)
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    scopes: tuple[str, ...] | None = None
    warnings: tuple[str, ...] = ()
    second: TokenEnds | None = None

    def after(self, before: Mapping[str, str]) -> "Tokens":
        """
        Return the tokens with what the answer left out as it was `before`.

        A provider that gives no new refresh token means that the old one stays good.
        """
        kept = {name: value for name, value in before.items() if value}
        new = {name: value for name, value in self.values.items() if value}
        return replace(self, values={**kept, **new})
