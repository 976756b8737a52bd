"""A connector whose inputs and fields have every name and shape that clients stumble over."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.mcp.conftest import post
from tests.support.running import HubWith, Running
from tests.support.scripted import ScriptedServer, reply, scripted

LONG_NAME = "n" * 70
LONG_ACTION = "act_" + "a" * 76
# As it stands in the hub: by location, the inputs of an action that echoes them.
ODD_NAMES = ("filter[name]", "$top", "ünïcode", "a[b]", "a<b>", "with space", "имя", LONG_NAME)
HEAD = """\
StackOne: 1.0.0
engine: strict
info: {title: Odd, key: odd, version: 1.0.0, description: Odd things.}
baseUrl: URL
authentication:
  - token:
      type: custom
      label: Token
      authorization: {type: bearer, token: $.credentials.token}
      configFields:
        - {key: token, label: Token, type: password, required: true, secret: true}
actions:
"""


def action(name: str, inputs: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return an action that sends its query and headers as they are, and its body's inputs."""
    sent = [
        {"name": each["name"], "in": each["in"], "value": f"$.inputs['{each['name']}']"}
        | (
            {}
            if each.get("required")
            else {"condition": f"{{{{present(inputs['{each['name']}'])}}}}"}
        )
        for each in inputs
        if each["in"] in ("query", "body", "headers")
    ]
    call = {
        "functionName": "request",
        "parameters": {"url": f"/{name}", "method": more.pop("method", "post"), "args": sent},
    }
    return {
        "actionId": name,
        "label": name.replace("_", " ").capitalize(),
        "description": f"Does {name}.",
        "actionType": "custom",
        "categories": ["documents"],
        "effects": ["write"],
        "inputs": inputs,
        "steps": [{"stepId": "call", "stepFunction": call}],
        "result": {"data": "$.steps.call.output.data"},
        **more,
    }


def given(name: str, at: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "string", "in": at, "description": f"The {at}'s.", **more}


ACTIONS = [
    action("search_it", [given("query", "query", required=True)]),
    action("post_free", [given("body", "body", type="object", required=True)]),
    action(
        "set_hook",
        [given("name", "body", required=True), given("headers", "body", type="object")],
    ),
    action("send_path", [given("path", "query"), given("id", "query")]),
    action("odd_names", [given(name, "query") for name in ODD_NAMES]),
    action(
        "odd_members",
        [
            given(
                "person",
                "body",
                type="object",
                properties=[
                    {"name": "first.name", "type": "string", "required": True},
                    {
                        "name": "mail boxes",
                        "type": "object",
                        "array": True,
                        "properties": [{"name": "@id", "type": "string"}],
                    },
                ],
            )
        ],
    ),
    action(
        "either_or",
        [given("email", "body"), given("userId", "body"), given("reason", "body")],
        details="Only one of two ways. " + "This cannot be taken back. " * 200,
        validationRules=[
            {"rule": "atLeastOneOf", "fields": ["email", "userId"]},
            {"rule": "mutuallyExclusive", "fields": ["email", "userId"]},
            {
                "rule": "requiredIf",
                "field": "reason",
                "condition": {"field": "email", "equals": "a@b.example"},
            },
        ],
    ),
    action(LONG_ACTION, [given("id", "query")]),
]


@dataclass(frozen=True, slots=True)
class Odd:
    """A hub with an account of the connector, and what its provider was asked."""

    hub: Running
    account: str
    provider: ScriptedServer

    async def ask(self, method: str, params: Any = None, query: str = "") -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        response = await post(self.hub, body, query=query, x_account_id=self.account)
        assert response.status_code == 200, response.text
        return response.json()["result"]

    async def call(self, name: str, arguments: Any, query: str = "") -> Any:
        """Call a tool, and return what its result says."""
        params = {"name": name, "arguments": arguments}
        result = await self.ask("tools/call", params, query)
        return json.loads(result["content"][0]["text"])

    async def tools(self, query: str = "") -> dict[str, Any]:
        return {t["name"]: t for t in (await self.ask("tools/list", query=query))["tools"]}

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(each.body) for each in self.provider.seen]


@asynccontextmanager
async def odd_hub(
    hub_with: HubWith,
    actions: list[dict[str, Any]] | None = None,
    answer: str = "{}",
) -> AsyncGenerator[Odd]:
    async with scripted(reply(answer)) as provider:
        lines = "".join(f"  - {json.dumps(each)}\n" for each in actions or ACTIONS)
        text = HEAD.replace("URL", provider.url) + lines
        async with hub_with({"odd": text}) as hub:
            assert hub.hub.catalog.find("odd") is not None, hub.hub.catalog.findings
            yield Odd(hub, await hub.link_to("odd", {"token": "t" * 20}), provider)
