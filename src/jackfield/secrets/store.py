"""The store of sealed secrets: an account's credentials, a webhook's signing secret, and all others.

Each field is sealed alone, bound to its project, owner, name and generation. No other module makes
a `Binding`: this one decides where a secret may be opened.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jackfield.db.tx import Tx
from jackfield.kit.ids import ProjectId
from jackfield.kit.secret import Secret
from jackfield.secrets.repo import SecretRows
from jackfield.vault.cipher import Binding, Vault


@dataclass(frozen=True, slots=True)
class SecretOwner:
    """
    The owner of secrets: the id of a row, and how often its secrets have been replaced.

    A secret that was sealed for another generation does not open. An owner whose secrets are never
    replaced as a whole stays at one generation.
    """

    project_id: ProjectId
    id: str
    generation: int


@dataclass(frozen=True, slots=True)
class SealedBundle:
    """All secrets of one owner, by field, as ciphertext: may be cached."""

    owner: SecretOwner
    fields: Mapping[str, bytes] = field(repr=False)


class SealedSecrets:
    """The secrets of the transaction's project, sealed and opened by `vault`."""

    def __init__(self, tx: Tx, vault: Vault) -> None:
        self._rows = SecretRows(tx)
        self._vault = vault

    async def put(self, owner: SecretOwner, values: Mapping[str, str]) -> None:
        """Seal `values`, by field, and replace all secrets of the owner by them."""
        sealed = {
            name: self._vault.seal(Secret(value), binding_of(owner, name))
            for name, value in values.items()
        }
        await self._rows.replace(owner.id, sealed, generation=owner.generation)

    async def get(self, owner: SecretOwner) -> dict[str, str]:
        """
        Open all secrets of the owner, by field; empty if it has none.

        Raises:
            SealBroken: they were not sealed for this owner and generation.
        """
        return open_bundle(self._vault, await self.sealed(owner))

    async def sealed(self, owner: SecretOwner) -> SealedBundle:
        """Return the owner's secrets without opening them."""
        return SealedBundle(owner, await self._rows.of(owner.id))


async def remove_secrets(tx: Tx, *owner_ids: str) -> None:
    """Delete the secrets of owners, of all generations."""
    await SecretRows(tx).remove(*owner_ids)


async def remove_secret(tx: Tx, owner_id: str, name: str) -> None:
    """Delete the one of an owner's secrets that is called `name`."""
    await SecretRows(tx).remove_field(owner_id, name)


def open_bundle(vault: Vault, bundle: SealedBundle) -> dict[str, str]:
    """
    Open secrets, by field.

    Raises:
        SealBroken: they were not sealed for this owner and generation.
    """
    owner, opened = bundle.owner, dict[str, str]()
    for name, sealed in bundle.fields.items():
        opened[name] = vault.open(sealed, binding_of(owner, name)).reveal()
    return opened


def binding_of(owner: SecretOwner, name: str) -> Binding:
    """Return the place of an owner's field: only there a secret opens."""
    return Binding(owner.project_id, owner.id, name, owner.generation)
