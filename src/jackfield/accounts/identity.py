"""Which account at the provider credentials belong to, so that another one is noticed.

A connector says what tells accounts apart (`identity`), or the fields that do are marked as the
account's identifiers. What is found is kept sealed: it is nobody's business, and short numbers
would not stay secret behind a hash.
"""

from typing import Final

import structlog

from jackfield.accounts.provider import ProviderAccount, ProviderTransport, run_context, safe
from jackfield.connectors.auth import AuthMethod
from jackfield.credentials.repo import Credentials as SealedCredentials
from jackfield.db.tx import Tx
from jackfield.kit.errors import ProviderError, ProviderRejected, ProviderUnauthorized
from jackfield.kit.json import Json, decode, encode
from jackfield.kit.secret import Secret
from jackfield.runtime import Hub
from jackfield.vault.cipher import Binding, Vault

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
    place = _binding(tx, owner_id)
    sealed = {_FIELD: vault.seal(Secret(encode(sorted(identity)).decode()), place)}
    await SealedCredentials(tx).replace(
        place.owner_id, sealed if identity else {}, generation=place.generation
    )


async def kept_identity(tx: Tx, vault: Vault, owner_id: str) -> frozenset[str]:
    """Return what `keep_identity` kept; nothing if it was never known."""
    place = _binding(tx, owner_id)
    sealed = (await SealedCredentials(tx).of(place.owner_id)).get(_FIELD)
    if sealed is None:
        return frozenset()
    return frozenset(decode(vault.open(sealed, place).reveal(), list[str]))


async def forget_identity(tx: Tx, owner_id: str) -> None:
    await SealedCredentials(tx).remove(_binding(tx, owner_id).owner_id)


def _binding(tx: Tx, owner_id: str) -> Binding:
    return Binding(tx.project_id, f"identity:{owner_id}", _FIELD, 1)
