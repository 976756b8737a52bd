"""The chart's manifests, as Helm renders them (`script/test-chart`): safe, watched and complete."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from tests.packaging.chart import CASES, CHART, MARK, RENDERED, digest

Manifest = Mapping[str, Any]


def rendered(name: str) -> dict[str, Manifest]:
    """Return the manifests of a case, by kind."""
    text = (RENDERED / f"{name}.yaml").read_text("utf-8")
    return {each["kind"]: each for each in yaml.safe_load_all(text) if each}


def pods() -> Iterator[Manifest]:
    for name in CASES:
        found = rendered(name)
        yield from (
            found[kind]["spec"]["template"] for kind in ("Deployment", "Job") if kind in found
        )


@pytest.mark.parametrize("name", CASES)
def test_what_is_kept_was_rendered_from_the_chart_as_it_is(name: str) -> None:
    first = (RENDERED / f"{name}.yaml").read_text("utf-8").splitlines()[0]

    assert first == f"{MARK}{digest()}", "the chart was changed: run script/test-chart"


def test_every_pod_runs_as_the_restricted_profile_of_kubernetes_asks() -> None:
    found = list(pods())

    assert len(found) == 5
    for pod in (each["spec"] for each in found):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]


def test_no_secret_stands_in_a_manifest() -> None:
    for pod in pods():
        (container,) = pod["spec"]["containers"]
        env = {each["name"]: each for each in container["env"]}
        assert env["JACKFIELD_KEYRING"]["value"] == "env:JACKFIELD_KEYRING_CONTENT"
        assert set(env["JACKFIELD_KEYRING_CONTENT"]) == {"name", "valueFrom"}
        assert env["JACKFIELD_DATABASE_URL_FILE"]["value"] == "/etc/jackfield/database-url"
        assert "JACKFIELD_DATABASE_URL" not in env
    assert not any("Secret" in rendered(name) for name in CASES)


def test_what_is_mounted_is_all_that_can_be_written() -> None:
    for pod in pods():
        (container,) = pod["spec"]["containers"]
        writable = {
            each["mountPath"] for each in container["volumeMounts"] if not each.get("readOnly")
        }
        assert writable == {"/var/lib/jackfield", "/tmp"}  # noqa: S108 - of the pod
        assert {each["name"] for each in container["volumeMounts"]} == {
            each["name"] for each in pod["spec"]["volumes"]
        }


def test_pods_are_watched_and_have_time_to_end() -> None:
    spec = rendered("plain")["Deployment"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]

    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    # A database that is away is no reason to kill a hub.
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["startupProbe"]["httpGet"]["path"] == "/healthz"
    assert spec["terminationGracePeriodSeconds"] > 5 + 10


@pytest.mark.parametrize("name", CASES)
def test_every_selector_finds_the_pods_of_the_hub_and_no_others(name: str) -> None:
    found = rendered(name)
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    selectors = [found["Deployment"]["spec"]["selector"]["matchLabels"]]
    selectors.append(found["Service"]["spec"]["selector"])
    selectors.append(found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"])
    if "PodDisruptionBudget" in found:
        selectors.append(found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"])

    for selector in selectors:
        assert selector.items() <= labels.items()
        assert selector["app.kubernetes.io/component"] == "hub"


def test_one_pod_alone_does_not_keep_its_node_from_being_drained() -> None:
    assert "PodDisruptionBudget" in rendered("plain")
    assert "PodDisruptionBudget" not in rendered("single")


def test_the_database_is_migrated_before_pods_of_a_version_start() -> None:
    job = rendered("plain")["Job"]

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["migrate"]
    assert "Job" not in rendered("single")


def test_private_addresses_are_out_of_reach_but_for_the_database() -> None:
    egress = rendered("full")["NetworkPolicy"]["spec"]["egress"]
    blocks = [to["ipBlock"] for rule in egress for to in rule.get("to", []) if "ipBlock" in to]

    assert [each["cidr"] for each in blocks] == ["0.0.0.0/0", "::/0"]
    assert {"10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"} <= set(blocks[0]["except"])
    assert {"fc00::/7", "fe80::/10"} == set(blocks[1]["except"])
    assert {"podSelector": {"matchLabels": {"app": "postgres"}}} in egress[1]["to"]


def test_each_worker_has_a_port_for_metrics_that_the_service_does_not_offer() -> None:
    found = rendered("full")
    (container,) = found["Deployment"]["spec"]["template"]["spec"]["containers"]
    env = {each["name"]: each.get("value") for each in container["env"]}

    assert env["JACKFIELD_METRICS"] == "0.0.0.0:9464-9465"
    assert [each["containerPort"] for each in container["ports"]] == [8080, 9464, 9465]
    assert [each["name"] for each in found["Service"]["spec"]["ports"]] == ["http"]


def test_the_chart_is_of_the_hub_s_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    project = (CHART.parents[2] / "pyproject.toml").read_text("utf-8")

    assert f'version = "{chart["appVersion"]}"' in project
    assert chart["version"]
