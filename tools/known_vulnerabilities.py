"""
Asks which packages of the locks have a known vulnerability: `script/audit [LOCK …]`.

Ends with 1 if one is known. Without the service that knows them it says so and ends with 0, since
nothing was found; with --strict it ends with 3.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
FOUND: Final = 1
UNKNOWN: Final = 3
# The mirror that packages come from need not know them: what it has not heard of would pass.
SERVICE: Final = "https://api.osv.dev/v1/query"
_LOCKED: Final = re.compile(r"^([\w.-]+)(?:\[[\w,.-]+\])?==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Known:
    """A known vulnerability of a locked package; `mended_in` are the versions without it."""

    package: str
    version: str
    id: str
    mended_in: list[str]
    locks: list[str]


class NotAsked(Exception):
    """The service that knows vulnerabilities gave no answer."""


def locked(locks: list[Path]) -> dict[tuple[str, str], list[str]]:
    """Return the locks that have each version of a package."""
    found: dict[tuple[str, str], list[str]] = {}
    for lock in locks:
        for name, version in _LOCKED.findall(lock.read_text("utf-8")):
            found.setdefault((_canonical(name), version), []).append(lock.name)
    return found


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def ask(packages: list[tuple[str, str]], service: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """
    Yield each known vulnerability with the package and version that has it.

    Raises:
        NotAsked: the service was not reached, or did not answer for each package.
    """
    with tempfile.TemporaryDirectory() as folder:
        # One file has each package once, and two locks may have it in two versions.
        files = [str(each) for each in _written(packages, Path(folder))]
        command = [
            *(sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"),
            *("--no-deps", "--disable-pip", "--vulnerability-service", "osv", "--osv-url", service),
        ]
        answers: list[dict[str, Any]] = []
        for file in files:
            asked = subprocess.run(  # noqa: S603 - named above
                [*command, "-r", file], capture_output=True, text=True, check=False
            )
            try:
                answers += json.loads(asked.stdout)["dependencies"]
            except (ValueError, KeyError):
                raise NotAsked((asked.stderr.strip().splitlines() or ["no answer"])[-1]) from None
    if left := [each["name"] for each in answers if "skip_reason" in each]:
        msg = f"not asked about {', '.join(left)}"
        raise NotAsked(msg)
    for each in answers:
        for vulnerability in each["vulns"]:
            yield _canonical(each["name"]), each["version"], vulnerability


def _written(packages: list[tuple[str, str]], folder: Path) -> Iterator[Path]:
    files: list[dict[str, str]] = []
    for name, version in packages:
        free = next((each for each in files if name not in each), None)
        if free is None:
            files.append(free := {})
        free[name] = version
    for number, versions in enumerate(files):
        file = folder / f"{number}.txt"
        file.write_text("".join(f"{each}=={versions[each]}\n" for each in versions), "utf-8")
        yield file


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/audit", description=__doc__)
    parser.add_argument("locks", nargs="*", type=Path, metavar="LOCK", help="all, if none is named")
    parser.add_argument("--json", action="store_true", help="print an object")
    parser.add_argument("--strict", action="store_true", help="end with 3 if it was not asked")
    parser.add_argument("--service", default=SERVICE, metavar="URL", help="speaks OSV's protocol")
    wanted = parser.parse_args()
    locks = wanted.locks or sorted(ROOT.glob("requirements*.lock"))
    packages = locked(locks)
    problem = None
    known: list[Known] = []
    try:
        known = [
            Known(name, version, each["id"], each["fix_versions"], packages[name, version])
            for name, version, each in ask(sorted(packages), wanted.service)
        ]
    except NotAsked as error:
        problem = str(error)
    if wanted.json:
        told = {"packages": len(packages), "known": [asdict(each) for each in known]}
        print(json.dumps({**told, "not_asked": problem}, indent=2))
    elif problem is not None:
        print(f"Nothing was checked: {problem}", file=sys.stderr)
    else:
        for each in known:
            mended = f"mended in {', '.join(each.mended_in)}" if each.mended_in else "not mended"
            print(f"{each.package} {each.version}: {each.id}, {mended} ({', '.join(each.locks)})")
        print(f"known vulnerabilities: {len(known)}, in {len(packages)} packages", file=sys.stderr)
    if problem is not None:
        sys.exit(UNKNOWN if wanted.strict else 0)
    sys.exit(FOUND if known else 0)


if __name__ == "__main__":
    main()
