"""Keys of the vault as the database knows them, and the processes that hold them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jackfield.kit.errors import HubError
from jackfield.vault.keyring import Keyring

# The turn of a key that sealed before turns were counted.
_BEFORE_TURNS: Final = 0


class KeyInUse(HubError):
    """The key is still needed: it seals, something is sealed with it, or a process seals with it."""

    code = "key_in_use"


class KeyNotEverywhere(HubError):
    """A process of the hub does not have the new key, or still seals with the old one."""

    code = "key_not_everywhere"


class RotationRunning(HubError):
    """Another rotation runs, or was killed less than half a minute ago."""

    code = "rotation_running"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """
    A key that seals, has sealed or is announced.

    The one with the highest `turn` seals; one without a turn is announced: a rotation has found it
    with every process.
    """

    id: str
    proof: bytes
    turn: int | None
    sealing_since: datetime | None


@dataclass(frozen=True, slots=True)
class HubProcess:
    """A process that holds keys, and what it last said of them."""

    id: str
    host: str
    pid: int
    keys: frozenset[str]
    sealing: str
    roll_call: int
    seen_at: datetime

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How many secrets are sealed with a key, in a format."""

    key: str
    format: int
    secrets: int


@dataclass(frozen=True, slots=True)
class RecoveryCopy:
    """A copy of the keyring, the key that opens it, and the ids of the keys in it."""

    recipient: str
    keys: frozenset[str]
    copy: bytes


def sealing_key(keyring: Keyring, turns: Mapping[str, int | None]) -> str:
    """Return the id of the key that seals: the database says, and until then the keyring."""
    known = [(turn, key) for key, turn in turns.items() if turn is not None]
    turn, key = max(known, default=(_BEFORE_TURNS, ""))
    return key if turn > _BEFORE_TURNS else keyring.current
