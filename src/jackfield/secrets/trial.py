"""A trial of a keyring on stored secrets: for each key, whether one that it sealed opens."""

from jackfield.kit.ids import ProjectId
from jackfield.vault.cipher import Binding, SealBroken, Vault, key_id

# The columns of a stored secret that a trial needs, in this order.
COLUMNS = ("project_id", "owner_id", "field", "generation", "sealed")


class KeyTrial:
    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._opened: dict[str, bool] = {}

    def add(
        self, project_id: str, owner_id: str, field: str, generation: int, sealed: bytes
    ) -> None:
        """Try a stored secret, unless one of the same key was opened before."""
        key = key_id(sealed)
        if self._opened.setdefault(key, False):
            return
        try:
            self._vault.open(sealed, Binding(ProjectId(project_id), owner_id, field, generation))
        except SealBroken:
            return
        self._opened[key] = True

    @property
    def unopened(self) -> list[str]:
        """The keys of which no secret was opened, although there are some."""
        return sorted(key for key, is_open in self._opened.items() if not is_open)
