"""What `script/release` makes: a wheel, and a bill of all that is installed with it."""

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def released(folder: Path) -> dict[str, bytes]:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1767225600"}  # noqa: TID251 - a shell's
    subprocess.run(
        [str(ROOT / "script" / "release"), str(folder)],
        check=True,
        capture_output=True,
        env=environment,
    )
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def locked() -> dict[str, str]:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return released(tmp_path_factory.mktemp("dist"))


def bill(release: dict[str, bytes]) -> Any:
    (found,) = [content for name, content in release.items() if name.endswith(".cdx.json")]
    return json.loads(found)


def test_the_bill_names_every_locked_package_with_its_version_and_hashes(
    release: dict[str, bytes],
) -> None:
    found = bill(release)["components"]

    assert {each["name"]: each["version"] for each in found} == locked()
    for each in found:
        assert each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}"
        hashes = [one for place in each["externalReferences"] for one in place["hashes"]]
        assert hashes, each["name"]
        assert {one["alg"] for one in hashes} == {"SHA-256"}


def test_the_bill_is_of_the_hub_and_names_no_machine(release: dict[str, bytes]) -> None:
    subject = bill(release)["metadata"]["component"]

    assert (subject["name"], subject["licenses"][0]["license"]["id"]) == ("jackfield", "Apache-2.0")
    assert str(ROOT).encode() not in b"".join(release.values())


def test_the_checksums_are_those_of_all_files(release: dict[str, bytes]) -> None:
    listed = dict(line.split("  ")[::-1] for line in release["SHA256SUMS"].decode().splitlines())
    others = {name: content for name, content in release.items() if name != "SHA256SUMS"}

    assert len(others) == 2
    assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in others.items()}


def test_the_same_commit_gives_the_same_bytes(release: dict[str, bytes], tmp_path: Path) -> None:
    assert released(tmp_path / "again") == release
