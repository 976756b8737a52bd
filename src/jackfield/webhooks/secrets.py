"""Signing secrets of webhook endpoints: sealed, two at a time during a rotation."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Tx
from jackfield.kit.secret import Secret
from jackfield.secrets.store import SealedSecrets, SecretOwner, remove_secret
from jackfield.vault.cipher import SealBroken, Vault
from jackfield.webhooks import signature
from jackfield.webhooks.models import Endpoint, EndpointId, SigningSecretUnreadable
from jackfield.webhooks.repo import Endpoints
from jackfield.webhooks.signature import Secrets

_CURRENT: Final = "signing_secret"
_PREVIOUS: Final = "previous_signing_secret"
_GENERATION: Final = 1


async def issue(tx: Tx, vault: Vault, endpoint_id: EndpointId) -> Secret:
    """Create the first secret of an endpoint."""
    secret = signature.mint()
    await _keep(tx, vault, endpoint_id, {_CURRENT: secret})
    return secret


async def rotate(
    tx: Tx, vault: Vault, endpoint_id: str, *, overlap: timedelta
) -> tuple[Endpoint, Secret]:
    """
    Create a new secret; the present one signs as well during `overlap`.

    Raises:
        EndpointNotFound: the project has none with this id.
    """
    endpoint = await Endpoints(tx).get(endpoint_id)
    try:
        before = await signing_secrets(tx, vault, endpoint)
    except SigningSecretUnreadable:
        before = None
    until = tx.now + overlap if overlap and before is not None else None
    rotated = replace(endpoint, previous_secret_until=until, updated_at=tx.now)
    secret = signature.mint()
    both = {_CURRENT: secret} | ({_PREVIOUS: before.current} if until and before else {})
    await _keep(tx, vault, endpoint.id, both)
    await Endpoints(tx).save(rotated)
    await record(tx, AuditKind.WEBHOOK_SECRET_ROTATED, endpoint.id, details={"both_until": until})
    return rotated, secret


async def signing_secrets(tx: Tx, vault: Vault, endpoint: Endpoint) -> Secrets:
    """
    Return the secrets that sign an endpoint's deliveries now.

    Raises:
        SigningSecretUnreadable: they are damaged or lost.
    """
    until = endpoint.previous_secret_until
    try:
        stored = await SealedSecrets(tx, vault).get(_owner(tx, endpoint.id))
        current = Secret(stored[_CURRENT])
        if until is None or until <= tx.now:
            return Secrets(current)
        return Secrets(current, Secret(stored[_PREVIOUS]))
    except (SealBroken, KeyError):
        raise SigningSecretUnreadable from None


async def forget_previous(tx: Tx) -> None:
    """Delete previous secrets whose overlap is over."""
    for endpoint in await Endpoints(tx).all():
        until = endpoint.previous_secret_until
        if until is not None and until <= tx.now:
            await remove_secret(tx, endpoint.id, _PREVIOUS)
            await Endpoints(tx).save(replace(endpoint, previous_secret_until=None))


async def _keep(tx: Tx, vault: Vault, endpoint_id: EndpointId, secrets: dict[str, Secret]) -> None:
    values = {name: secret.reveal() for name, secret in secrets.items()}
    await SealedSecrets(tx, vault).put(_owner(tx, endpoint_id), values)


def _owner(tx: Tx, endpoint_id: EndpointId) -> SecretOwner:
    return SecretOwner(tx.project_id, endpoint_id, _GENERATION)
