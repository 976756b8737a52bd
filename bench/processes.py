"""Processes that a bench starts, and what the system says of them."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

_PATIENCE_SECONDS = 60


@contextlib.contextmanager
def running(
    command: list[str], *, env: Mapping[str, str] | None = None, output: BinaryIO | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=env, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


def wait_for(url: str) -> None:
    """Wait until a server takes connections and answers, whatever its answer is."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.02)
        else:
            return
    sys.exit(f"nothing answers at {url}")


def wait_until_said(log: Path, words: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while words not in log.read_text():
        if time.monotonic() > deadline:
            sys.exit(f"the log never said {words!r}")
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process and its children have used, those that ended too."""
    seconds = 0.0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        seconds += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return seconds


def resident_megabytes(pid: int, what: str = "VmRSS") -> float:
    """Return what a process and its children hold now, or with `VmHWM` held at most."""
    held = 0
    for each in family(pid):
        match = re.search(rf"{what}:\s+(\d+)", Path(f"/proc/{each}/status").read_text())
        assert match is not None
        held += int(match[1])
    return held / 1024


def proportional_megabytes(pid: int) -> float:
    """Return what a process and its children hold now, where what they share counts once."""
    held = 0
    for each in family(pid):
        match = re.search(
            r"^Pss:\s+(\d+)", Path(f"/proc/{each}/smaps_rollup").read_text(), re.MULTILINE
        )
        assert match is not None
        held += int(match[1])
    return held / 1024


def family(pid: int) -> list[int]:
    """Return a process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]
