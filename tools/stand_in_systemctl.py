"""Starts and stops the service of a unit file without systemd, as `systemctl` would."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

SECONDS = 60.0


def settings(unit: Path) -> dict[str, list[str]]:
    """Return the values of each key of a unit, in the order that they stand there."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text("utf-8").splitlines():
        key, is_set, value = line.partition("=")
        if is_set and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def environment(unit: dict[str, list[str]]) -> dict[str, str]:
    """Return what the service has in its environment: the unit's, and nothing of ours but PATH."""
    lines = list(unit.get("Environment", []))
    for file in unit.get("EnvironmentFile", []):
        lines += Path(file).read_text("utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {"PATH": os.defpath, **{name: value.strip("\"'") for name, _, value in pairs}}


def start(unit: dict[str, list[str]], pid: Path, log: Path) -> None:
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - the command of a unit of ours
            shlex.split(unit["ExecStart"][0]),
            env=environment(unit),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    pid.write_text(str(process.pid), "utf-8")


def stop(pid: Path) -> None:
    """End the service, and wait until it has ended."""
    if not pid.exists():
        return
    number = int(pid.read_text("utf-8"))
    pid.unlink()
    try:
        os.kill(number, signal.SIGTERM)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            os.kill(number, 0)
            if _is_defunct(number):
                return
            time.sleep(0.05)
    except ProcessLookupError:
        return
    message = f"the service still runs {SECONDS:.0f} seconds after SIGTERM"
    raise SystemExit(message)


def _is_defunct(number: int) -> bool:
    """Whether it has ended, and its parent has not noticed."""
    try:
        return Path(f"/proc/{number}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def main(root: Path, *arguments: str) -> None:
    verb, pid = arguments[0], root / "service.pid"
    unit = root / "etc/systemd/system/jackfield.service"
    if verb in {"stop", "restart"}:
        stop(pid)
    if verb in {"enable", "start", "restart"}:
        start(settings(unit), pid, root / "service.log")
    elif verb not in {"stop", "daemon-reload"}:
        message = f"no stand-in for systemctl {verb}"
        raise SystemExit(message)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
