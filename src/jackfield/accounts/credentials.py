"""An account's credentials, sealed and open."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jackfield.accounts.models import Account
from jackfield.connectors.auth import AuthMethod
from jackfield.kit.ids import ProjectId
from jackfield.kit.redaction import Redactor
from jackfield.kit.secret import Secret
from jackfield.profiles.setup import NO_SETUP, Setup
from jackfield.vault.cipher import Binding, Vault


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


def seal(
    vault: Vault, secrets: Mapping[str, str], *, project_id: ProjectId, account: Account
) -> dict[str, bytes]:
    """Seal `secrets` for the generation that `account` is at."""
    return {
        name: vault.seal(Secret(value), Binding(project_id, account.id, name, account.generation))
        for name, value in secrets.items()
    }


def open_sealed(
    vault: Vault,
    sealed: Mapping[str, bytes],
    *,
    project_id: ProjectId,
    account: Account,
    setup: Setup = NO_SETUP,
) -> Credentials:
    """
    Open what `seal` made, and join it with what of the credentials is no secret.

    Raises:
        SealBroken: it is not what was sealed for this account and generation.
    """
    secrets = {
        name: vault.open(value, Binding(project_id, account.id, name, account.generation)).reveal()
        for name, value in sealed.items()
    }
    return _joined({**account.setup_information, **secrets}, secrets.values(), setup)


def _joined(values: Mapping[str, str], secrets: Iterable[str], setup: Setup) -> Credentials:
    if setup is NO_SETUP:
        return Credentials(values, Redactor(secrets))
    return Credentials({**setup.values, **values}, Redactor((*secrets, *setup.secrets)))
