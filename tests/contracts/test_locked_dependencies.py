"""What is installed is what was locked, and nothing of it runs while it is installed."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("script/setup", "docs/operating/production.md", "Dockerfile")
LOCKS = (
    "requirements.lock",
    "requirements-otel.lock",
    "requirements-redis.lock",
    "requirements-aws.lock",
    "requirements-azure.lock",
    "requirements-gcp.lock",
    "requirements-hashicorp.lock",
    "requirements-pkcs11.lock",
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


def test_each_extra_has_a_lock_of_versions_that_go_with_those_of_the_others() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]

    assert {f"requirements-{extra}.lock" for extra in extras} <= set(LOCKS)
    versions: dict[str, set[str]] = {}
    for lock in ("requirements.lock", *(f"requirements-{extra}.lock" for extra in extras)):
        for name, version in locked(lock).items():
            versions.setdefault(name, set()).add(version)
    assert {name: each for name, each in versions.items() if len(each) > 1} == {}


def test_what_every_hub_installs_has_no_client_of_a_key_service() -> None:
    clients = {"botocore", "google-cloud-kms", "azure-identity", "hvac", "python-pkcs11"}

    assert not clients & locked("requirements.lock").keys()
    assert clients <= locked("requirements-dev.lock").keys()


def locked(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)(?:\[[\w,.-]+\])?==(\S+)", text, re.MULTILINE))
