"""A trial of a keyring on stored secrets: for each key, whether it unwraps one of them."""

from jackfield.kit.ids import ProjectId
from jackfield.vault.cipher import Binding, Vault, key_id

# The columns of a stored secret that a trial needs, in this order.
COLUMNS = ("project_id", "owner_id", "field", "generation", "sealed")


class KeyTrial:
    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._opened: dict[str, bool] = {}

    def add(
        self, project_id: str, owner_id: str, field: str, generation: int, sealed: bytes
    ) -> None:
        """Try a stored secret, unless one of the same key was before, and opens."""
        key = key_id(sealed)
        if self._opened.setdefault(key, False):
            return
        # Their shredding keys are elsewhere.
        place = Binding(ProjectId(project_id), owner_id, field, generation)
        self._opened[key] = self._vault.unwraps(sealed, place)

    @property
    def unopened(self) -> list[str]:
        """The keys of which no secret was opened, although there are some."""
        return sorted(key for key, is_open in self._opened.items() if not is_open)
