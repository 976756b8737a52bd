"""The store of sealed secrets: an account's credentials, a webhook's signing secret, and all others.

Each field is sealed alone, bound to its project, owner, name and generation. No other module makes
a `Binding`: this one decides where a secret may be opened, and with whose shredding key. Each account
has one, each link and sign-in under way, and each project for all else. They are in the database
alone, and in the one file that each backup replaces: once a key is destroyed, nothing opens what
needed it, in whatever copy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from jackfield.db.tx import Tx
from jackfield.kit.ids import ProjectId
from jackfield.kit.secret import Secret
from jackfield.secrets.repo import SecretRows, ShreddingKeys
from jackfield.vault.cipher import Binding, Vault

# Links that wait to be confirmed, sign-ins, and codes that were sent for one.
_UNTIL_THEY_END: Final = ("pln_", "cat_", "cod_")
# What has credentials of customers.
_OF_CUSTOMERS: Final = ("acc_", *_UNTIL_THEY_END)


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
    """All secrets of one owner, by field, as ciphertext, with their shredding key: may be cached."""

    owner: SecretOwner
    fields: Mapping[str, bytes] = field(repr=False)
    shredding_key: bytes = field(repr=False)


class SealedSecrets:
    """The secrets of the transaction's project, sealed and opened by `vault`."""

    def __init__(self, tx: Tx, vault: Vault) -> None:
        self._rows = SecretRows(tx)
        self._keys = ShreddingKeys(tx)
        self._vault = vault

    async def put(self, owner: SecretOwner, values: Mapping[str, str]) -> None:
        """Seal `values`, by field, and replace all secrets of the owner by them."""
        if not values:
            await self._rows.remove(owner.id)
            return
        keyed = shredded_with(owner.id)
        key = await self._keys.get(keyed)
        sealed = {
            name: self._vault.seal(Secret(value), binding_of(owner, name), key)
            for name, value in values.items()
        }
        await self._rows.replace(owner.id, sealed, generation=owner.generation, shredded_with=keyed)

    async def get(self, owner: SecretOwner) -> dict[str, str]:
        """
        Open all secrets of the owner, by field; empty if it has none.

        Raises:
            SealBroken: they were not sealed for this owner and generation.
        """
        return open_bundle(self._vault, await self.sealed(owner))

    async def sealed(self, owner: SecretOwner) -> SealedBundle:
        """Return the owner's secrets without opening them."""
        found = await self._rows.of(owner.id)
        return SealedBundle(owner, found.sealed, found.shredding_key)


async def remove_secrets(tx: Tx, *owner_ids: str) -> None:
    """Delete the secrets of owners, of all generations; an account alone keeps its shredding key."""
    await SecretRows(tx).remove(*owner_ids)
    for owner_id in owner_ids:
        if owner_id.startswith(_UNTIL_THEY_END):
            await ShreddingKeys(tx).destroy(owner_id)


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
        place = binding_of(owner, name)
        opened[name] = vault.open(sealed, place, bundle.shredding_key).reveal()
    return opened


def binding_of(owner: SecretOwner, name: str) -> Binding:
    """Return the place of an owner's field: only there a secret opens."""
    return Binding(owner.project_id, owner.id, name, owner.generation)


def shredded_with(owner_id: str) -> str:
    """Return whose shredding key an owner's secrets need: its account or link, or '' for the project."""
    # The tokens and the identity of an account are its own: `identity:acc_…`.
    id_ = owner_id.rpartition(":")[2]
    return id_ if id_.startswith(_OF_CUSTOMERS) else ""
