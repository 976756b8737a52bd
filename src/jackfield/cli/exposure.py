"""Exposure of an installation on its machine: who else could read its files or its memory."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_OTHERS_READ: Final = stat.S_IRGRP | stat.S_IROTH
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_PATTERNS: Final = ("jackfield.db*", "keyring*.json*", "*.backup", "*.passphrase", "*.key")
# What a process is called by its arguments.
_HUB: Final = re.compile(rb"jackfield\0(?:[^\0]+\0)*?(?:serve|worker)\0")
_TRACER: Final = re.compile(r"^TracerPid:\s*(\d+)$", re.MULTILINE)
_MACHINE: Final = Path("/")


@dataclass(frozen=True, slots=True)
class Exposure:
    """One way in. `is_open` where another user has it now; with advice alone, it is worth closing."""

    name: str
    is_open: bool
    detail: str
    advice: str = ""


def exposures(
    data_dir: Path, files: Iterable[Path] = (), *, machine: Path = _MACHINE
) -> Iterator[Exposure]:
    """Look at the files of an installation, at its processes, and at the machine."""
    yield _files(data_dir)
    yield _secret_files(files)
    yield _user()
    yield _debuggers(machine)
    yield _swap(machine)


def _files(data_dir: Path) -> Exposure:
    own = [each for pattern in _PATTERNS for each in data_dir.glob(pattern)]
    found = [each for each in own if _mode(each) & (_OTHERS_READ | _OTHERS_WRITE)]
    if _mode(data_dir) & _OTHERS_WRITE:
        found.append(data_dir)
    if not found:
        return Exposure("files", is_open=False, detail="for their owner alone")
    names = " ".join(sorted({str(each) for each in found}))
    detail = f"other users may read or replace {names}"
    return Exposure("files", is_open=True, detail=detail, advice=f"run: chmod go= {names}")


def _secret_files(files: Iterable[Path]) -> Exposure:
    # Noted only: what mounts them in a container gives them modes of its own.
    found = sorted(str(each) for each in files if _mode(each) & (_OTHERS_READ | _OTHERS_WRITE))
    if not found:
        return Exposure("secret files", is_open=False, detail="for their owner alone")
    advice = f"unless a container has them to itself, run: chmod go= {' '.join(found)}"
    return Exposure("secret files", is_open=False, detail=" ".join(found), advice=advice)


def _mode(file: Path) -> int:
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return 0


def _user() -> Exposure:
    if os.geteuid() != 0:
        return Exposure("user", is_open=False, detail="not root")
    advice = "run the hub, and its commands, as a user of its own"
    return Exposure("user", is_open=False, detail="this command runs as root", advice=advice)


def _debuggers(machine: Path) -> Exposure:
    traced = dict(_tracers(machine / "proc"))
    if traced:
        pairs = ", ".join(f"{tracer} looks into {pid}" for pid, tracer in sorted(traced.items()))
        advice = "find out whose it is: it reads the keys in memory"
        return Exposure("debuggers", is_open=True, detail=f"process {pairs}", advice=advice)
    scope = _text(machine / "proc/sys/kernel/yama/ptrace_scope")
    if scope == "0":
        detail = "none is attached; kernel.yama.ptrace_scope is 0"
        advice = "set it to 1: programs of one user could look into each other"
        return Exposure("debuggers", is_open=False, detail=detail, advice=advice)
    return Exposure("debuggers", is_open=False, detail="none is attached")


def _tracers(proc: Path) -> Iterator[tuple[str, str]]:
    """Yield the processes of hubs that are traced, with what traces them."""
    for each in proc.glob("[0-9]*"):
        try:
            if _HUB.search((each / "cmdline").read_bytes()) is None:
                continue
        except OSError:
            continue  # It has ended.
        match = _TRACER.search(_text(each / "status"))
        if match is not None and match[1] != "0":
            yield each.name, match[1]


def _swap(machine: Path) -> Exposure:
    used = [line.split()[0] for line in _text(machine / "proc/swaps").splitlines()[1:]]
    # In memory, compressed.
    disks = [each for each in used if not each.startswith("/dev/zram")]
    if not disks:
        return Exposure("swap", is_open=False, detail="none on a disk")
    advice = "encrypt it, or switch it off: keys in memory may be written there"
    return Exposure("swap", is_open=False, detail=" ".join(disks), advice=advice)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""
