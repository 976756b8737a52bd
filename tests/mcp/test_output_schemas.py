"""A tool's output schema fits whatever its calls give back: clients refuse what does not."""

import json
from typing import Any

import jsonschema_rs
import pytest

from tests.mcp.odd import Odd, odd_hub
from tests.support.running import HubWith

pytestmark = pytest.mark.anyio

FIELDS: list[dict[str, Any]] = [
    {"targetFieldKey": "id", "type": "string", "expression": "$.id"},
    {"targetFieldKey": "size", "type": "number", "expression": "$.size"},
    {"targetFieldKey": "active", "type": "boolean", "expression": "$.active"},
    {"targetFieldKey": "born", "type": "datetime_string", "expression": "$.born"},
    {"targetFieldKey": "tags", "type": "string", "array": True, "expression": "$.tags"},
    {
        "targetFieldKey": "state",
        "type": "enum",
        "expression": "$.state",
        "enumMapper": {"matcher": [{"matchExpression": "{{state == 'a'}}", "value": "A"}]},
    },
    {
        "targetFieldKey": "kind",
        "type": "enum",
        "custom": True,
        "expression": "$.kind",
        "enumMapper": {"matcher": [{"matchExpression": "{{kind == 'b'}}", "value": "B"}]},
    },
]


def typed(name: str, kind: str) -> dict[str, Any]:
    def step(step_id: str, function: str, version: str, **parameters: Any) -> dict[str, Any]:
        call = {"functionName": function, "version": version, "parameters": parameters}
        return {"stepId": step_id, "stepFunction": call}

    return {
        "actionId": name,
        "label": name,
        "description": "Reads.",
        "actionType": kind,
        "categories": ["documents"],
        "effects": ["read"],
        "inputs": [],
        "fieldConfigs": FIELDS,
        "steps": [
            step("call", "request", "1", url=f"/{name}", method="get"),
            step("map", "map_fields", "2", dataSource="$.steps.call.output.data"),
            step("cast", "typecast", "2", dataSource="$.steps.map.output.data"),
        ],
        "result": {"data": "$.steps.cast.output.data"},
    }


RESHAPED = {
    **typed("get_reshaped", "get"),
    "result": {"data": {"other": "$.steps.map.output.data"}},
}
ACTIONS = [typed("list_things", "list"), typed("get_thing", "get"), RESHAPED]
RECORD = {
    "id": 7,
    "size": "12",
    "active": "false",
    "born": "2020-01-01",
    "tags": ["a", 1],
    "state": "a",
    "kind": {"odd": True},
}


async def structured(odd: Odd, name: str) -> tuple[Any, Any]:
    result = await odd.ask("tools/call", {"name": name, "arguments": {}})
    schema = (await odd.tools())[name].get("outputSchema")
    return result["structuredContent"], schema


@pytest.mark.parametrize("name", ["odd_list_things", "odd_get_thing"])
@pytest.mark.parametrize(
    "answer",
    [
        [RECORD, {"state": "?"}, {}],
        RECORD,
        dict.fromkeys(RECORD),
        {**RECORD, "state": {"deep": []}, "size": "many", "born": "someday"},
        None,
        {},
        [],
        [None, 5],
        "text",
        7,
    ],
)
async def test_the_schema_fits_what_comes_back(name: str, answer: Any, hub_with: HubWith) -> None:
    opened = odd_hub(hub_with, ACTIONS, json.dumps(answer))
    async with opened as odd:
        content, schema = await structured(odd, name)

    jsonschema_rs.validate(schema, content)


async def test_an_enum_is_promised_as_it_is_given_back(hub_with: HubWith) -> None:
    opened = odd_hub(hub_with, ACTIONS, json.dumps(RECORD))
    async with opened as odd:
        content, schema = await structured(odd, "odd_get_thing")
        _, reshaped = await structured(odd, "odd_get_reshaped")

    state = schema["properties"]["result"]["properties"]["data"]["properties"]["state"]
    assert content["result"]["data"]["state"] == {"value": "A", "source_value": "a"}
    assert state["properties"]["value"] == {"type": ["string", "null"]}
    assert reshaped is None
