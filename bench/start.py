"""How long a hub takes to its first answer, what it holds then, and how long `--help` takes.

`python -m bench.start [--rounds 3]`. The hub has the connectors that come with it. In each round it
starts twice: without its cache, so that all connectors are read anew, and with it.
"""

import argparse
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.processes import (
    free_port,
    processor_seconds,
    proportional_megabytes,
    resident_megabytes,
    running,
    wait_for,
    wait_until_said,
)
from bench.served_hub import JACKFIELD, settings_of

_ROUNDS = 3


@dataclass(frozen=True)
class Started:
    """The quickest of several starts, and the most that any held afterwards."""

    seconds: float
    processor_seconds: float
    resident_mb: float
    proportional_mb: float


@dataclass(frozen=True)
class Figures:
    """The first start reads the connectors anew, a later one has them from the cache."""

    first: Started
    later: Started
    help_ms: float


def measure(rounds: int = _ROUNDS) -> Figures:
    first: list[Started] = []
    later: list[Started] = []
    with tempfile.TemporaryDirectory() as name:
        # Makes the database and the keyring, which a hub is once without.
        _start(Path(name))
        for _ in range(rounds):
            shutil.rmtree(Path(name) / "data" / "cache")
            first.append(_start(Path(name)))
            later.append(_start(Path(name)))
    return Figures(_best(first), _best(later), min(_help() for _ in range(rounds)) * 1e3)


def _start(folder: Path) -> Started:
    port = free_port()
    command = [*JACKFIELD, "serve", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        started = time.perf_counter()
        with running(command, env=settings_of(folder), output=log) as process:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            seconds = time.perf_counter() - started
            wait_until_said(folder / "log", "listens on")
            return Started(
                seconds,
                processor_seconds(process.pid),
                resident_megabytes(process.pid),
                proportional_megabytes(process.pid),
            )


def _best(starts: list[Started]) -> Started:
    return Started(
        min(each.seconds for each in starts),
        min(each.processor_seconds for each in starts),
        max(each.resident_mb for each in starts),
        max(each.proportional_mb for each in starts),
    )


def _help() -> float:
    started = time.perf_counter()
    subprocess.run([*JACKFIELD, "--help"], check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=_ROUNDS)
    found = measure(options.parse_args().rounds)
    for what, each in (("first start", found.first), ("later start", found.later)):
        print(
            f"{what} {each.seconds:.2f} s, {each.processor_seconds:.2f} s of processor time; "
            f"then {each.resident_mb:.1f} MB resident, {each.proportional_mb:.1f} MB proportional"
        )
    print(f"--help {found.help_ms:.0f} ms")


if __name__ == "__main__":
    main()
