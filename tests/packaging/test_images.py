"""The image and the services of `compose.yaml`: nothing but what the hub needs, and no right more."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def steps() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile with their arguments."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    found = [line.partition(" ") for line in lines if line.strip()]
    return [(name, " ".join(rest.split())) for name, _, rest in found]


def last_stage() -> dict[str, str]:
    found = steps()
    start = max(place for place, (name, _) in enumerate(found) if name == "FROM")
    return dict(found[start + 1 :])


def service(name: str) -> dict[str, Any]:
    return compose()["services"][name]


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def test_the_image_runs_as_a_user_that_is_not_root_and_is_known_by_number() -> None:
    assert last_stage()["USER"] == "65532:65532"


def test_the_image_has_no_tool_that_installs_and_only_what_was_built() -> None:
    found = steps()

    assert ("COPY", "--from=build /opt/jackfield /opt/jackfield") in found
    assert any(name == "RUN" and "pip uninstall" in rest for name, rest in found)
    assert not [name for name, _ in found if name == "ADD"]
    assert not any("apt" in rest or "curl" in rest for _, rest in found)


def test_the_health_check_of_the_image_tells_a_hub_from_none() -> None:
    check = re.search(r"\[.*\]", last_stage()["HEALTHCHECK"])
    assert check is not None
    command = yaml.safe_load(check[0])
    port = re.search(r":(\d+)/healthz", command[-1])
    assert port is not None
    assert port[1] in last_stage()["CMD"]
    assert port[1] == last_stage()["EXPOSE"]

    # No hub is at port 9, where packets are discarded.
    gone = command[-1].replace(f":{port[1]}/", ":9/")
    ran = subprocess.run([sys.executable, *command[1:-1], gone], check=False, capture_output=True)

    assert ran.returncode == 1


def test_the_build_sees_only_what_it_copies() -> None:
    seen = (ROOT / ".dockerignore").read_text("utf-8").split()
    copied = [
        word
        for name, rest in steps()
        if name == "COPY" and "--from" not in rest
        for word in rest.split()[:-1]
    ]

    assert seen.count("*") == 1
    assert {f"!{each}" for each in copied} <= set(seen)
    for each in copied:
        assert list(ROOT.glob(each)), each


@pytest.mark.parametrize("name", ["hub", "migrate"])
def test_a_service_of_the_hub_may_write_to_its_volume_alone(name: str) -> None:
    found = service(name)

    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert found["volumes"] == ["hub:/var/lib/jackfield"]


def test_the_hub_is_reached_on_this_machine_alone_and_the_database_by_the_hub_alone() -> None:
    assert all(port.startswith("127.0.0.1:") for port in service("hub")["ports"])
    assert "ports" not in service("database")
    assert service("database")["networks"] == ["database"]
    assert compose()["networks"]["database"] == {"internal": True}


def test_secrets_come_from_files_that_are_not_in_the_repository() -> None:
    settings = service("hub")["environment"]

    assert settings["JACKFIELD_DATABASE_URL_FILE"] == "/run/secrets/database-url"
    assert not any("PASSWORD" in name for name in settings)
    for secret in compose()["secrets"].values():
        assert not (ROOT / secret["file"]).exists()
    assert "/secrets/" in (ROOT / ".gitignore").read_text("utf-8").split()


def test_the_hub_starts_once_its_database_is_migrated() -> None:
    assert service("hub")["depends_on"]["migrate"] == {
        "condition": "service_completed_successfully"
    }
    assert service("migrate")["depends_on"]["database"] == {"condition": "service_healthy"}
