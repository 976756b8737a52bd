"""The place of a process's keyring, and what the process remembers of it between two looks."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from jackfield.vault.keyring import Keyring
from jackfield.vault.keyring_store import KeyringStore


@dataclass(slots=True)
class HeldKeys:
    """The keys of a process: `document` is the keyring as it is kept, `process` the process's id."""

    store: KeyringStore
    revision: Hashable
    document: Keyring
    process: str
    # Until when keys that were taken out still open, by id: for what was read before.
    leaving: dict[str, float] = field(default_factory=dict[str, float])
    # The key that seals, once it was found missing.
    missing: str | None = None
    # What was last said of them, and when.
    said: object = None
    said_at: float = 0.0
