"""The keyring in an environment variable, for platforms that hand secrets to a process that way."""

from collections.abc import Callable, Hashable

from jackfield.vault.keyring import Keyring, KeyringUnusable, parse, render
from jackfield.vault.keyring_store import StoreStatus, Surroundings


class VariableStore:
    """A variable of the process: it is set anew from outside, by another start."""

    def __init__(self, name: str, variable: Callable[[str], str | None]) -> None:
        self.location = f"env:{name}"
        self._name = name
        self._variable = variable

    def read(self) -> Keyring:
        text = self._variable(self._name)
        if not text:
            msg = (
                f"JACKFIELD_KEYRING names the environment variable {self._name!r}, which is not set"
            )
            raise KeyringUnusable(msg)
        return parse(text.encode(), f"the environment variable {self._name!r}")

    def create(self, keyring: Keyring) -> None:
        del keyring
        raise self._fixed()

    def replace(self, old: Keyring, new: Keyring) -> None:
        del old, new
        raise self._fixed()

    def revision(self) -> Hashable:
        return None

    def document(self, keyring: Keyring) -> bytes:
        return render(keyring)

    def status(self) -> StoreStatus:
        return StoreStatus("variable", is_writable=False, details={"variable": self._name})

    def _fixed(self) -> KeyringUnusable:
        return KeyringUnusable(
            f"the keyring is in the environment variable {self._name!r}, which only another start "
            "of the hub can change"
        )


def open_store(rest: str, surroundings: Surroundings) -> VariableStore:
    return VariableStore(rest, surroundings.variable)
