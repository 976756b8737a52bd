"""How long a hub takes to its first answer, what it holds then, and how long `--help` takes.

`python -m bench.start`
"""

import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.processes import resident_megabytes
from bench.served_hub import JACKFIELD, serving

_ROUNDS = 3


@dataclass(frozen=True)
class Figures:
    """The best of several starts: the first reads the connectors anew, the others from the cache."""

    first_seconds: float
    later_seconds: float
    memory_mb: float
    help_ms: float


def measure() -> Figures:
    starts: list[float] = []
    memory = 0.0
    with tempfile.TemporaryDirectory() as name:
        for _ in range(_ROUNDS):
            # Nothing listens there: a start asks no provider.
            with serving(Path(name), "http://127.0.0.1:9") as hub:
                starts.append(hub.ready_seconds)
                memory = resident_megabytes(hub.pid)
    return Figures(starts[0], min(starts[1:]), memory, min(_help() for _ in range(_ROUNDS)) * 1e3)


def _help() -> float:
    started = time.perf_counter()
    subprocess.run([*JACKFIELD, "--help"], check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    found = measure()
    print(
        f"start {found.first_seconds:.2f} s, then {found.later_seconds:.2f} s; {found.memory_mb:.0f} MB"
    )
    print(f"--help {found.help_ms:.0f} ms")
