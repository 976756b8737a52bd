"""An account's credentials in clear, and the place of its sealed ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from msgspec import Struct

from jackfield.accounts.models import Account
from jackfield.connectors.auth import AuthMethod
from jackfield.engine.oauth.tokens import Tokens
from jackfield.kit.ids import ProjectId
from jackfield.kit.redaction import Redactor
from jackfield.profiles.setup import NO_SETUP, Setup
from jackfield.secrets.store import SecretOwner


class Credentials(Struct, frozen=True):
    """The values of an account's auth method in clear: never store, log or return them.

    The operator's setup for all accounts is among them. `redactor` masks those that are secret.
    Those of a decoy are sent nowhere.
    """

    values: Mapping[str, str]
    redactor: Redactor
    is_decoy: bool = False

    def __repr__(self) -> str:
        return f"Credentials({', '.join(self.values)})"

    @classmethod
    def of(
        cls,
        values: Mapping[str, str],
        *,
        secrets: Iterable[str],
        setup: Setup = NO_SETUP,
        is_decoy: bool = False,
    ) -> Self:
        """Join an account's own values, of which `secrets` are secret, with the setup."""
        if setup is NO_SETUP:
            return cls(values, Redactor(secrets), is_decoy)
        return cls({**setup.values, **values}, Redactor((*secrets, *setup.secrets)), is_decoy)


@dataclass(frozen=True, slots=True)
class NewCredentials:
    """Verified credentials to be stored: values by field of `method`, and the tokens of a sign-in."""

    method: AuthMethod
    values: Mapping[str, str] = field(repr=False)
    tokens: Tokens | None = field(default=None, repr=False)

    @property
    def secrets(self) -> dict[str, str]:
        return secrets_of(self.method, self.values)

    @property
    def public(self) -> dict[str, str]:
        secret, tenants = self.secrets, self.method.tenants
        shown = {name: value for name, value in self.values.items() if name not in secret}
        if tenants is None or self.tokens is None:
            return shown
        return {**shown, **tenants.shown_of(self.tokens.values)}


def secrets_of(method: AuthMethod, values: Mapping[str, str]) -> dict[str, str]:
    secret = {field.key for field in method.config_fields if field.secret}
    return {name: value for name, value in values.items() if name in secret}


def owner_of(project_id: ProjectId, account: Account) -> SecretOwner:
    return SecretOwner(project_id, account.id, account.generation)
