"""An account's credentials, sealed and open."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jackfield.accounts.models import Account
from jackfield.connectors.auth import AuthMethod
from jackfield.kit.ids import ProjectId
from jackfield.kit.redaction import Redactor
from jackfield.profiles.setup import NO_SETUP, Setup
from jackfield.secrets.store import SealedBundle, SecretOwner, open_bundle
from jackfield.vault.cipher import Vault


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a connector's auth method asks for, in clear: never to be kept, logged or returned.

    With them is what the operator set up for all accounts. `redactor` masks what of it is secret
    wherever it turns up.
    """

    values: Mapping[str, str]
    redactor: Redactor

    @classmethod
    def of(
        cls, method: AuthMethod, values: Mapping[str, str], *, setup: Setup = NO_SETUP
    ) -> "Credentials":
        return _joined(values, secrets_of(method, values).values(), setup)


def secrets_of(method: AuthMethod, values: Mapping[str, str]) -> dict[str, str]:
    secret = {field.key for field in method.config_fields if field.secret}
    return {name: value for name, value in values.items() if name in secret}


def owner_of(project_id: ProjectId, account: Account) -> SecretOwner:
    return SecretOwner(project_id, account.id, account.generation)


def open_sealed(
    vault: Vault, bundle: SealedBundle, account: Account, *, setup: Setup = NO_SETUP
) -> Credentials:
    """
    Open an account's secrets, and join them with what of the credentials is no secret.

    Raises:
        SealBroken: it is not what was sealed for this account and generation.
    """
    secrets = open_bundle(vault, bundle)
    return _joined({**account.setup_information, **secrets}, secrets.values(), setup)


def _joined(values: Mapping[str, str], secrets: Iterable[str], setup: Setup) -> Credentials:
    if setup is NO_SETUP:
        return Credentials(values, Redactor(secrets))
    return Credentials({**setup.values, **values}, Redactor((*secrets, *setup.secrets)))
