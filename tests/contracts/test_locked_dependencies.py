"""What is installed is what was locked, and nothing of it runs while it is installed."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("script/setup", "docs/operating/production.md", "Dockerfile")
LOCKS = (
    "requirements.lock",
    "requirements-otel.lock",
    "requirements-redis.lock",
    "requirements-dev.lock",
    "requirements-build.lock",
    "requirements-chart.lock",
)


@pytest.mark.parametrize("place", PLACES)
def test_every_install_takes_wheels_with_known_hashes_alone(place: str) -> None:
    text = (ROOT / place).read_text(encoding="utf-8")
    installs = re.findall(r"^.*\binstall (?=.*(?:-r |--editable|\.$)).*$", text, re.MULTILINE)

    assert installs
    for line in installs:
        if " -r " in line:
            assert "--require-hashes --only-binary :all:" in line
        else:
            assert "--no-deps --no-build-isolation" in line


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_version_and_a_hash(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line and line[0] not in "# "]

    assert packages
    for line in packages:
        assert re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line[:80]
