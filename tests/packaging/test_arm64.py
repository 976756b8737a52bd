"""The image for ARM: of wheels that the locks name, and of nothing that is of one architecture."""

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from tools.aarch64_wheels import LIST, LOCKS, PYTHON

ROOT = Path(__file__).parents[2]
MACHINE = {
    "sys_platform": "linux",
    "platform_machine": "aarch64",
    "platform_system": "Linux",
    "implementation_name": "cpython",
    "python_version": PYTHON,
    "python_full_version": f"{PYTHON}.0",
}


def locked() -> dict[str, set[str]]:
    """Return the hashes of each package with its version that Linux on ARM needs."""
    found: dict[str, set[str]] = {}
    for lock in LOCKS:
        text = (ROOT / lock).read_text("utf-8").replace("\\\n", " ")
        for line in text.splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            needed, *hashes = line.split("--hash=")
            requirement = Requirement(needed)
            if requirement.marker is None or requirement.marker.evaluate(MACHINE):
                name = f"{canonicalize_name(requirement.name)}{requirement.specifier}"
                found.setdefault(name, set()).update(each.strip() for each in hashes)
    return found


def test_every_locked_package_has_a_wheel_for_arm64_or_for_all() -> None:
    """After a lock is renewed, `make lock` writes the list anew."""
    hashes = locked()
    lines = [line.split() for line in LIST.read_text("utf-8").splitlines()]
    names: list[str] = []

    for named, file, digest in lines:
        name, _, version = named.partition("==")
        of_file, version_of_file, _, tags = parse_wheel_filename(file)
        names.append(f"{canonicalize_name(name)}=={version}")
        assert (of_file, str(version_of_file)) == (canonicalize_name(name), version)
        assert {each.platform.rpartition("_")[2] for each in tags} <= {"any", "aarch64"}, file
        assert digest in hashes[names[-1]], file

    assert sorted(names) == sorted(hashes)


def test_nothing_in_the_image_is_of_one_architecture() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")

    assert not re.search(r"x86|amd64|arm64|aarch64|--platform|TARGETARCH", text)
    assert f"python:{PYTHON}-" in text
