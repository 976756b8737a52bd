"""What sealing and opening a credential takes.

`python -m bench.vault`
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime

from jackfield.kit.ids import ProjectId
from jackfield.kit.secret import Secret
from jackfield.vault.cipher import Binding, Vault
from jackfield.vault.keyring import Keyring

_ROUNDS, _TIMES = 5, 1000


def measure() -> dict[str, float]:
    """Return microseconds, the best of several rounds."""
    now = datetime.now(UTC)
    vault = Vault(Keyring.mint(now))
    binding = Binding(ProjectId.new(now), "acc_1", "credentials", 1)
    secret = Secret("0123456789abcdef" * 4)
    key = os.urandom(32)
    sealed = vault.seal(secret, binding, key)
    return {
        "seal": _best(lambda: vault.seal(secret, binding, key)),
        "open": _best(lambda: vault.open(sealed, binding, key)),
    }


def _best(work: Callable[[], object]) -> float:
    fastest = float("inf")
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        for _ in range(_TIMES):
            work()
        fastest = min(fastest, time.perf_counter() - started)
    return fastest / _TIMES * 1e6


if __name__ == "__main__":
    for name, took in measure().items():
        print(f"{name:8}{took:8.1f} µs")
