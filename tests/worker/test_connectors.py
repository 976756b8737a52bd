"""Connectors that change while the hub runs."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from dirty_equals import IsPartialDict

from jackfield.sandbox.iterable.server import Sandbox
from jackfield.worker.connectors import reload
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, deliver, subscribe
from tests.support.running import Running, running_hub

pytestmark = pytest.mark.anyio

ACME = """\
StackOne: 1.0.0
engine: strict
info: {title: Acme, key: acme, version: 1.0.0, description: Things.}
baseUrl: https://api.acme.example
authentication:
  - token:
      type: custom
      label: Token
      authorization: {type: bearer, token: $.credentials.token}
      configFields:
        - {key: token, label: Token, type: password, required: true, secret: true}
actions:
  - actionId: list_things
    label: List things
    description: List things.
    categories: [documents]
    actionType: list
    effects: [read]
    inputs: []
    steps:
      - stepId: list
        stepFunction: {functionName: request, parameters: {url: /things, method: get}}
    result: {data: $.steps.list.output.data}
"""


async def test_a_connector_that_comes_changes_and_breaks_is_followed_while_the_hub_runs(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    folder = tmp_path / "connectors"
    folder.mkdir()
    file = folder / "acme" / "acme.connector.s1.yaml"
    async with running_hub(sandbox, data_dir=data_dir, clock=clock, connectors=folder) as hub:

        async def offered() -> dict[str, str]:
            session = await hub.session()
            headers = {"x-hub-session-token": session["token"]}
            rows = (await hub.api.get("/hub/connectors", headers=headers)).json()["integrations"]
            return {row["provider"]: row["name"] for row in rows}

        before = await offered()
        nothing = await reload(hub.hub)
        file.parent.mkdir()
        file.write_text(ACME, encoding="utf-8")
        found = await reload(hub.hub)
        come = await offered()
        file.write_text(ACME.replace("title: Acme", "title: Acme Two"), encoding="utf-8")
        await reload(hub.hub)
        changed = await offered()
        file.write_text("actions: [", encoding="utf-8")
        await reload(hub.hub)
        broken = await offered()

    assert (nothing, found) == (False, True)
    assert "acme" not in before
    assert come["acme"] == "Acme"
    assert changed["acme"] == broken["acme"] == "Acme Two"


async def test_a_receiver_is_told_of_a_connectors_new_version_once(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Sandbox, receiver: Receiver
) -> None:
    folder = tmp_path / "connectors"
    file = folder / "acme" / "acme.connector.s1.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(ACME, encoding="utf-8")

    def running() -> AbstractAsyncContextManager[Running]:
        return running_hub(
            sandbox,
            data_dir=data_dir,
            clock=clock,
            connectors=folder,
            allow_private_networks=True,
        )

    async with running() as hub:
        await subscribe(hub, receiver.url, ["connector.updated"])
        # A profile that was made a moment ago counts as well.
        listed = await hub.api.get("/connector_profiles?connector_key=acme")
        await hub.api.delete(f"/connector_profiles/{listed.json()['data'][0]['id']}")
        await hub.api.post("/connector_profiles", json={"connector_key": "acme"})
        file.write_text(ACME.replace("Things.", "All things."), encoding="utf-8")
        await reload(hub.hub)
        file.write_text(ACME.replace("1.0.0, d", "1.1.0, d"), encoding="utf-8")
        await reload(hub.hub)
        await reload(hub.hub)
    # What changed while it did not run is told when it starts.
    file.write_text(ACME.replace("1.0.0, d", "2.0.0, d"), encoding="utf-8")
    async with running() as hub:
        await deliver(hub)

    assert receiver.told[0] == IsPartialDict(
        record_type="connector", record_id="acme", provider="acme"
    )
    assert list(receiver.told[0]) == [
        "project_id",
        "event",
        "event_date",
        "record_type",
        "record_id",
        "provider",
        "version",
        "previous_version",
        "sent_at",
    ]
    versions = [(each["previous_version"], each["version"]) for each in receiver.told]
    assert sorted(versions) == [("1.0.0", "1.1.0"), ("1.1.0", "2.0.0")]
