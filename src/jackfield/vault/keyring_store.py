"""
The port of keyring providers: a place that holds a keyring, such as a file or a key service.

It gives the keys once, at the start, and again after `revision` has changed: no call ever waits for
a key service.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from jackfield.kit.secret import Secret
from jackfield.vault.keyring import Keyring, KeyringUnusable


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a provider may use of the process: its variables, and what the settings say."""

    variable: Callable[[str], str | None]
    data_dir: Path
    # The passphrase, PIN or token of a key service.
    secret: Secret | None = None
    # Where a wrapped keyring is: a path, or `env:NAME`.
    wrapped: str | None = None

    @property
    def wrapped_keyring(self) -> str:
        return self.wrapped or str(self.data_dir / "keyring.wrapped.json")


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What `vault status` says of a place: its kind, and details without a secret, by name."""

    kind: str
    is_writable: bool
    details: Mapping[str, str] = field(default_factory=dict[str, str])


class KeyringStore(Protocol):
    """A place that holds a keyring. Its methods block, and may wait for a key service."""

    location: str

    def read(self) -> Keyring | None:
        """
        Return the keyring, or `None` if there is none yet.

        Raises:
            KeyringUnusable: it is damaged, not to be had, or other users may read it.
        """
        ...

    def create(self, keyring: Keyring) -> None:
        """
        Keep the first keyring, safely on disk before this returns; one that is there is never replaced.

        Raises:
            KeyringUnusable: it cannot be kept, or there is one.
        """
        ...

    def replace(self, old: Keyring, new: Keyring) -> None:
        """
        Keep `new` in place of `old`, whole or not at all.

        Raises:
            KeyringChanged: what is there is not `old`.
            KeyringUnusable: it cannot be kept.
        """
        ...

    def revision(self) -> Hashable:
        """
        Return what changes when another keyring is kept. Cheap: asked every second, and never of a service.

        Raises:
            KeyringUnusable: the place cannot be looked at.
        """
        ...

    def document(self, keyring: Keyring) -> bytes:
        """
        Return what this place holds for a keyring: in clear, or wrapped by its service.

        Raises:
            KeyringUnusable: its service does not wrap it.
        """
        ...

    def status(self) -> StoreStatus: ...


class KeyringChanged(KeyringUnusable):
    """The keyring was changed by another process meanwhile; begin again."""

    code = "keyring_changed"
