"""Tokens of an account, as a token endpoint or a connector's renewal gave them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

ACCESS_TOKEN: Final = "accessToken"  # noqa: S105 - a name
REFRESH_TOKEN: Final = "refreshToken"  # noqa: S105 - a name
ID_TOKEN: Final = "idToken"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Tokens:
    """
    Tokens in clear: never store, log or return them.

    `values` are credentials by name: `accessToken`, `refreshToken`, `idToken`, and what else the
    connector takes from the answer. `expires_at` is when the access token ends, `None` if that is
    not known. `scopes` are those that were granted, `None` if the provider does not say.
    """

    values: Mapping[str, str] = field(repr=False)
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    scopes: tuple[str, ...] | None = None
    warnings: tuple[str, ...] = ()

    def after(self, before: Mapping[str, str]) -> "Tokens":
        """
        Return the tokens with what the answer left out as it was `before`.

        A provider that gives no new refresh token means that the old one stays good.
        """
        kept = {name: value for name, value in before.items() if value}
        new = {name: value for name, value in self.values.items() if value}
        return Tokens(
            {**kept, **new}, self.expires_at, self.refresh_expires_at, self.scopes, self.warnings
        )
