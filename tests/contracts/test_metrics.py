"""Dashboard, alerts and documentation speak of metrics that there are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from jackfield.metrics.exposition import Exposition
from jackfield.settings import ListenRange
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
# Of Prometheus' own.
LABELS_OF_TARGETS = {"instance", "job", "le"}
METRIC = re.compile(r"\b(?:jackfield|process)_\w+")
DERIVED = re.compile(r"_(?:bucket|count|sum)$")


@pytest.fixture
async def exported(data_dir: Path, clock: FrozenClock, sandbox: Any) -> dict[str, set[str]]:
    """Return the names of all metrics, each with its labels."""
    listen = ListenRange("127.0.0.1", range(1))
    async with running_hub(sandbox, data_dir=data_dir, clock=clock, metrics=listen) as running:
        return await names(running)


async def names(running: Running) -> dict[str, set[str]]:
    counters = running.hub.counters
    assert counters is not None
    text = (await Exposition(running.hub, counters).text()).decode()
    labels = {each.name: set(each.labels) for each in counters.all()}
    queues = {"jackfield_queue_depth": {"queue"}, "jackfield_queue_oldest_seconds": {"queue"}}
    return {
        name: {**labels, **queues}.get(name.removesuffix("_total"), set())
        for name in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)
    }


def alerts() -> list[str]:
    document = yaml.safe_load((ROOT / "deploy/alerts.yaml").read_text("utf-8"))
    return [rule["expr"] for group in document["groups"] for rule in group["rules"]]


def panels() -> list[str]:
    document = json.loads((ROOT / "deploy/grafana/jackfield.json").read_text("utf-8"))
    assert len({each["id"] for each in document["panels"]}) == len(document["panels"])
    shown = [target["expr"] for panel in document["panels"] for target in panel.get("targets", ())]
    variables = [str(each["query"]) for each in document["templating"]["list"]]
    return [*shown, *filter(METRIC.search, variables)]


def labels_in(expression: str) -> Iterator[str]:
    for listed in re.findall(r"\bby \(([^)]*)\)", expression):
        yield from re.split(r",\s*", listed)
    yield from re.findall(r"(\w+)\s*(?:=~|!=|!~|=)\s*\"", expression)


@pytest.mark.parametrize("expressions", [alerts, panels])
async def test_each_expression_is_about_metrics_and_labels_that_there_are(
    exported: dict[str, set[str]], expressions: Any
) -> None:
    written = expressions()

    assert len(written) > 10
    for expression in written:
        used = {DERIVED.sub("", name) for name in METRIC.findall(expression)}
        known = set[str]().union(*(exported[name] for name in used if name in exported))
        assert used <= exported.keys(), expression
        assert used or "up{" in expression
        assert set(labels_in(expression)) <= known | LABELS_OF_TARGETS, expression
        assert expression.count("(") == expression.count(")")


async def test_each_metric_is_documented_and_no_other(exported: dict[str, set[str]]) -> None:
    text = (ROOT / "docs/operating/monitoring.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(jackfield_\w+)` \| ([^|]*) \|", text, re.MULTILINE))

    ours = {name: labels for name, labels in exported.items() if name.startswith("jackfield")}
    assert rows.keys() == ours.keys()
    assert {name: set(re.findall(r"`(\w+)`", row)) for name, row in rows.items()} == {
        **ours, "jackfield_build_info": {"version"}
    }  # fmt: skip


async def test_each_alert_says_what_is_wrong() -> None:
    document = yaml.safe_load((ROOT / "deploy/alerts.yaml").read_text("utf-8"))
    rules = [rule for group in document["groups"] for rule in group["rules"]]

    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
        told = re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))
        assert set(told) <= {*labels_in(rule["expr"]), "instance"}, rule["alert"]
