"""Each connector, run against its own sandbox: the provider is all that is simulated."""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import pytest

from jackfield.agents.param_styles import ParamStyle, argument_names_of
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.outputs import output_schema
from tests.sandbox.connector.world import FOLDER, World
from tests.support.running import own_catalog

pytestmark = pytest.mark.anyio


KEYS = sorted({each.name for each in FOLDER.iterdir() if each.is_dir()})


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
async def test_an_account_is_linked_and_every_action_gives_back_what_its_outline_says(
    world: World, key: str
) -> None:
    account = await world.account(key)
    wrong: dict[str, Any] = {}

    for action in own_catalog().get(key).actions:
        inputs = world.sandboxes[key].sample_inputs(action.name)
        answered = await world.hub.run(account, action.id, body=inputs)
        if answered.status_code != 200:
            wrong[action.id] = (inputs, answered.text)
            continue
        schema = output_schema(action)
        if schema is not None and answered.headers["content-type"] == "application/json":
            data = answered.json()["data"]
            # What are no objects is wrapped in one there.
            data = data["items"] if isinstance(data, dict) and set(data) == {"items"} else data
            found = list(jsonschema_rs.Draft202012Validator(schema).iter_errors(data))
            if found:
                wrong[action.id] = [each.message for each in found]

    assert wrong == {}


def as_its_tool_says(action: ActionInfo, inputs: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return inputs by where they go, under the names that the tool's schema has for them."""
    names = argument_names_of(action.compiled, ParamStyle.NESTED)
    nested: dict[str, dict[str, Any]] = {}
    for name, value in inputs.items():
        nested.setdefault(action.compiled.locations[name], {})[names[name]] = value
    return nested


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
async def test_an_agent_runs_every_action_by_its_tool(world: World, key: str) -> None:
    account = await world.account(key)
    headers = {"accept": "application/json, text/event-stream", "x-account-id": account}
    wrong: dict[str, Any] = {}

    for action in own_catalog().get(key).actions:
        inputs = world.sandboxes[key].sample_inputs(action.name)
        call = {"name": action.id, "arguments": as_its_tool_says(action, inputs)}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        answered = await world.hub.api.post("/mcp", json=body, headers=headers)
        assert answered.status_code == 200, answered.text
        if "result" not in answered.json() or answered.json()["result"].get("isError"):
            wrong[action.id] = (inputs, answered.text)

    assert wrong == {}
