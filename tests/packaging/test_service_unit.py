"""The unit for systemd: it is one, and leaves the hub no right that it does not use."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy" / "jackfield.service"
SYSTEMD = shutil.which("systemd-analyze")
# Of 10; a service that nothing is said of has 9.6.
MOST_EXPOSED = 1.6


def settings() -> dict[str, str]:
    text = UNIT.read_text("utf-8")
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))


def test_the_hub_may_write_to_its_state_directory_alone() -> None:
    found = settings()

    assert found["ProtectSystem"] == "strict"
    assert found["StateDirectory"] == "jackfield"
    assert "ReadWritePaths" not in found
    assert found["CapabilityBoundingSet"] == ""


def test_a_stop_waits_longer_than_requests_under_way_may_take() -> None:
    assert int(settings()["TimeoutStopSec"]) > 10


@pytest.mark.skipif(SYSTEMD is None, reason="systemd is not installed")
def test_little_is_exposed() -> None:
    assert SYSTEMD is not None
    ran = subprocess.run(
        [SYSTEMD, "security", "--offline=true", str(UNIT)],
        check=False,
        capture_output=True,
        text=True,
    )
    level = re.search(r"exposure level for \S+: (\d+\.\d+)", ran.stdout)

    assert level is not None, ran.stdout + ran.stderr
    assert float(level[1]) <= MOST_EXPOSED
