"""The MCP server that tokens are for."""

from collections.abc import Callable
from typing import Any

import pytest

from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.sandbox.oauth.client import Answer, Caller

pytestmark = pytest.mark.anyio
Make = Callable[..., Caller]


async def say(
    sandbox: OAuthSandbox,
    caller: Caller,
    method: str,
    params: Any = None,
    scope: str = "notes.read",
) -> Answer:
    client = sandbox.authority.clients.get(caller.id)
    assert client is not None
    token = sandbox.grant(client, "ada", [scope]).access.value
    message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}}
    headers = {"Authorization": f"Bearer {token}"}
    return await caller.ask("POST", "/mcp", headers=headers, json=message)


async def test_request_without_a_token_is_told_where_to_sign_in(client: Make) -> None:
    caller = client()
    refused = await caller.ask("POST", "/mcp", json={})
    place = refused.headers["www-authenticate"].partition('resource_metadata="')[2].rstrip('"')
    about = (await caller.ask("GET", place)).json

    assert refused.status == 401
    assert about["resource"] == f"{caller.url}/mcp"
    assert about["authorization_servers"] == [caller.url]


async def test_tools_are_listed_and_called(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client()
    call = {"name": "add_note", "arguments": {"text": "Hi"}}

    hello = (await say(sandbox, caller, "initialize")).json
    tools = (await say(sandbox, caller, "tools/list")).json["result"]["tools"]
    refused = (await say(sandbox, caller, "tools/call", call)).json["result"]
    added = (await say(sandbox, caller, "tools/call", call, "notes.write")).json["result"]
    unknown = (await say(sandbox, caller, "tools/call", {"name": "x"})).json

    assert hello["result"]["serverInfo"]["name"] == "sandbox"
    assert [each["name"] for each in tools] == ["who_am_i", "add_note"]
    assert refused["isError"]
    assert added["structuredContent"] == {"id": "2", "text": "Hi"}
    assert unknown["error"]["code"] == -32602
