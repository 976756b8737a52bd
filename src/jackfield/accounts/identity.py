"""Which account at the provider credentials belong to, so that another one is noticed.

A connector says what tells accounts apart (`identity`), or the fields that do are marked as the
account's identifiers. What is found is kept sealed: it is nobody's business, and short numbers
would not stay secret behind a hash.
"""

from typing import Final

import structlog

from jackfield.accounts.provider import ProviderAccount, ProviderTransport, run_context, safe
from jackfield.connectors.auth import AuthMethod
from jackfield.db.tx import Tx
from jackfield.kit.errors import ProviderError, ProviderRejected, ProviderUnauthorized
from jackfield.kit.json import Json, decode, encode
from jackfield.runtime import Hub
from jackfield.secrets.store import SealedSecrets, SecretOwner, remove_secrets
from jackfield.vault.cipher import Vault

_SECONDS: Final = 30
_FIELD: Final = "identity"

_log = structlog.get_logger()


async def find_identity(hub: Hub, account: ProviderAccount, method: AuthMethod) -> frozenset[str]:
    """
    Find out which account at the provider the credentials belong to; nothing if they do not tell.

    Raises:
        ProviderError: the provider could not be asked.
    """
    connector, credentials = account.connector, account.credentials
    if method.identity is None:
        return frozenset(
            f"{field.key}/{value}"
            for field in method.config_fields
            if field.identifies_account and (value := credentials.values.get(field.key))
        )
    output: Json = None
    if method.identity.compiled is not None:
        transport = ProviderTransport(hub.egress, connector.compiled, credentials, seconds=_SECONDS)
        call = run_context(hub, account, transport, deadline=_SECONDS, flow="test_action")
        try:
            output = (await method.identity.compiled.run(call)).data
        except (ProviderUnauthorized, ProviderRejected) as refused:
            # The credentials are good, but not for this.
            _log.warning("identity_not_told", connector=connector.key, code=refused.code)
            return frozenset()
        except ProviderError as error:
            raise safe(error, credentials) from None
    return method.identity.read(credentials.values, output)


async def keep_identity(tx: Tx, vault: Vault, owner_id: str, identity: frozenset[str]) -> None:
    """Keep `identity` as the one of the account, or pending link, `owner_id`."""
    values = {_FIELD: encode(sorted(identity)).decode()} if identity else {}
    await SealedSecrets(tx, vault).put(_owner(tx, owner_id), values)


async def kept_identity(tx: Tx, vault: Vault, owner_id: str) -> frozenset[str]:
    """Return what `keep_identity` kept; nothing if it was never known."""
    kept = (await SealedSecrets(tx, vault).get(_owner(tx, owner_id))).get(_FIELD)
    return frozenset() if kept is None else frozenset(decode(kept, list[str]))


async def forget_identity(tx: Tx, owner_id: str) -> None:
    await remove_secrets(tx, _owner(tx, owner_id).id)


def _owner(tx: Tx, owner_id: str) -> SecretOwner:
    return SecretOwner(tx.project_id, f"identity:{owner_id}", 1)
