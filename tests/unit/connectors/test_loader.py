import gc
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.connectors.diagnostics import InvalidConnector
from jackfield.connectors.loading.discovery import own_folder
from jackfield.connectors.loading.loader import load
from tests.unit.connectors.conftest import ACTION, MAIN

Write = Callable[..., Path]


@pytest.mark.slow
def test_a_large_connector_loads(write: Write) -> None:
    count = 1_400_000 // len(ACTION)
    actions = "".join(ACTION.replace("list_things", f"list_{number}") for number in range(count))

    connector = load(write(MAIN + "  - $ref: acme.many\n", many=actions))

    assert len(connector.actions) == count + 1


def test_a_deep_document_is_refused(write: Write) -> None:
    deep = "".join(f"{'  ' * level}k:\n" for level in range(120))

    with pytest.raises(InvalidConnector, match="levels deep"):
        load(write(deep))


def test_a_connectors_errors_are_a_clients_faults(write: Write) -> None:
    with pytest.raises(InvalidConnector) as invalid:
        load(write(MAIN.replace("method: get", "method: fetch")))

    assert invalid.value.status == 422
    assert [fault.path for fault in invalid.value.faults] == [
        "actions[0].steps[0].stepFunction.parameters.method"
    ]


def test_defaults_follow_the_errors_of_every_request(write: Write) -> None:
    custom = "{ receivedStatus: 404, targetStatus: 400 }"
    text = MAIN.replace("method: get", f"method: get\n            customErrors: [{custom}]")
    text += "defaults:\n  customErrors: [{ receivedStatus: 401, targetStatus: 403 }]\n"

    document = load(write(text)).compilation.document

    parameters = document["actions"][0]["steps"][0]["stepFunction"]["parameters"]
    assert [each["receivedStatus"] for each in parameters["customErrors"]] == [404, 401]
    assert "defaults" not in document


def test_defaults_are_meant_for_probes_of_permissions_too(write: Write) -> None:
    probe = "{ key: a, label: A, tags: [t], request: { url: /a, method: get } }"
    text = MAIN.replace("actions:", f"      permissions: [{probe}]\nactions:")
    text += "defaults:\n  customErrors: [{ receivedStatus: 401, targetStatus: 403 }]\n"

    [method] = load(write(text)).auth_methods

    [read] = method.permissions
    assert [each["receivedStatus"] for each in read.request["customErrors"]] == [401]


def test_a_version_may_be_written_as_a_number(write: Write) -> None:
    text = MAIN.replace("functionName: request", "functionName: request\n          version: 1")

    connector = load(write(text))

    assert connector.actions[0].compiled.id == "acme_list_things"


def test_a_built_file_is_a_connector_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / "acme_v1-0-0.s1.yaml"
    file.write_text(MAIN, encoding="utf-8")

    assert load(file).key == "acme"


@pytest.mark.parametrize("file", ["iterable", "fernwood", "ledgerline", "signpost"])
def test_loading_leaves_the_cycle_collector_as_it_was(file: str) -> None:

    gc.enable()

    load(own_folder() / file / f"{file}.connector.s1.yaml")

    assert gc.isenabled()


def test_all_of_iterable_loads_in_time() -> None:
    file = own_folder() / "iterable" / "iterable.connector.s1.yaml"
    started = time.process_time()

    connector = load(file)

    # Ten times the budget: this notices a change of order, not a slow machine.
    assert time.process_time() - started < 2.5
    assert len(connector.actions) == 157
