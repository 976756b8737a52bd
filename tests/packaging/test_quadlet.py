"""The quadlet: keys that Podman 4.5 knows, and the image's own rights."""

import json
import re
from pathlib import Path

import pytest

from tests.packaging.test_images import last_stage

QUADLET = Path(__file__).parents[2] / "deploy" / "jackfield.container"
# Of Podman 4.5; others make the generator refuse the whole file.
KNOWN = {
    "AddCapability", "AddDevice", "Annotation", "AutoUpdate", "ContainerName", "DropCapability",
    "Environment", "EnvironmentFile", "EnvironmentHost", "Exec", "ExposeHostPort", "Group",
    "HealthCmd", "HealthInterval", "HealthOnFailure", "HealthRetries", "HealthStartPeriod",
    "HealthStartupCmd", "HealthTimeout", "HostName", "Image", "IP", "IP6", "Label", "LogDriver",
    "Mount", "Network", "NoNewPrivileges", "Notify", "PodmanArgs", "PublishPort", "ReadOnly",
    "Rootfs", "RunInit", "SeccompProfile", "Secret", "Timezone", "Tmpfs", "User", "UserNS",
    "Volume",
}  # fmt: skip


@pytest.fixture(scope="module")
def sections() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in QUADLET.read_text("utf-8").splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = found.setdefault(heading[1], {})
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            assert name not in section, name
            section[name] = value
    return found


def test_the_quadlet_has_keys_that_podman_knows(sections: dict[str, dict[str, str]]) -> None:
    assert list(sections) == ["Unit", "Container", "Service", "Install"]
    assert set(sections["Container"]) <= KNOWN


def test_the_quadlet_gives_the_container_the_rights_of_the_image_and_no_more(
    sections: dict[str, dict[str, str]],
) -> None:
    container, image = sections["Container"], last_stage()

    assert f"{container['User']}:{container['Group']}" == image["USER"]
    assert (container["ReadOnly"], container["NoNewPrivileges"]) == ("true", "true")
    assert container["DropCapability"] == "all"
    assert container["Volume"].partition(":")[2] == image["VOLUME"]
    assert container["PublishPort"] == f"127.0.0.1:8080:{image['EXPOSE']}"
    assert "AddCapability" not in container


def test_the_quadlet_asks_after_the_hub_as_the_image_does(
    sections: dict[str, dict[str, str]],
) -> None:
    own = re.search(r"\[.*\]", last_stage()["HEALTHCHECK"])
    assert own is not None
    container = sections["Container"]

    assert json.loads(container["HealthCmd"]) == json.loads(own[0])
    assert container["HealthOnFailure"] == "kill"
    assert sections["Service"]["Restart"] == "on-failure"


def test_a_stop_of_the_quadlet_waits_longer_than_requests_under_way_may_take(
    sections: dict[str, dict[str, str]],
) -> None:
    waits = re.search(r"--stop-timeout=(\d+)", sections["Container"]["PodmanArgs"])

    assert waits is not None
    assert 10 < int(waits[1]) < int(sections["Service"]["TimeoutStopSec"])
