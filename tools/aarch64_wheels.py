"""Writes which wheels the image for ARM is made of: `python tools/aarch64_wheels.py`, after the locks."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
LIST: Final = ROOT / "deploy" / "aarch64-wheels.txt"
LOCKS: Final = ("requirements.lock", "requirements-build.lock")
# The image's own: see the Dockerfile.
PYTHON: Final = "3.13"
_GLIBC: Final = ("manylinux2014_aarch64", "manylinux_2_17_aarch64", "manylinux_2_28_aarch64")


def resolved() -> list[dict[str, Any]]:
    """Ask pip what it would install for ARM, of wheels with locked hashes alone."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"),
            *("--disable-pip-version-check", "--target", folder, "--report", str(report)),
            *("--require-hashes", "--only-binary", ":all:"),
            *("--python-version", PYTHON, "--implementation", "cp"),
            *(word for each in _GLIBC for word in ("--platform", each)),
            *(word for each in LOCKS for word in ("-r", str(ROOT / each))),
        ]
        subprocess.run(command, check=True)  # noqa: S603 - named above
        return json.loads(report.read_text("utf-8"))["install"]


def main() -> None:
    lines = sorted(
        f"{each['metadata']['name'].lower()}=={each['metadata']['version']} "
        f"{each['download_info']['url'].rpartition('/')[2]} "
        f"sha256:{each['download_info']['archive_info']['hashes']['sha256']}"
        for each in resolved()
    )
    LIST.write_text("\n".join([*lines, ""]), "utf-8")


if __name__ == "__main__":
    main()
