import json
from typing import Any

import pytest

from tests.mcp.conftest import LIST, Ask, post
from tests.support.running import Running

pytestmark = pytest.mark.anyio


async def test_a_client_that_introduces_itself_learns_who_answers(hub: Running, ask: Ask) -> None:
    account = await hub.link()
    params = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x"}}

    result = await ask("initialize", params, x_account_id=account)

    assert result["protocolVersion"] == "2025-06-18"
    assert result["serverInfo"]["name"] == "jackfield"
    assert result["capabilities"]["tools"] == {"listChanged": False}


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        ("2025-03-26", "2025-03-26"),
        ("2025-11-25", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
        (None, "2025-11-25"),
    ],
)
async def test_a_revision_is_agreed_on(
    hub: Running, ask: Ask, offered: str | None, agreed: str
) -> None:
    account = await hub.link()

    result = await ask("initialize", {"protocolVersion": offered}, x_account_id=account)

    assert result["protocolVersion"] == agreed


async def test_a_revision_without_introduction_is_complete_in_each_request(hub: Running) -> None:
    account = await hub.link()
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }

    async def send(method: str, **headers: str) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": meta}}
        headers = {"mcp_protocol_version": "2026-07-28", "mcp_method": method, **headers}
        return await post(hub, body, x_account_id=account, **headers)

    discovered = (await send("server/discover")).json()["result"]
    listed = (await send("tools/list")).json()["result"]
    disagreeing = await send("tools/list", mcp_method="tools/call")
    unknown = await send("no/such")

    assert "2026-07-28" in discovered["supportedVersions"]
    assert discovered["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "jackfield"
    assert (listed["resultType"], listed["cacheScope"]) == ("complete", "private")
    assert len(listed["tools"]) > 100
    assert (disagreeing.status_code, disagreeing.json()["error"]["code"]) == (400, -32020)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, -32601)


async def test_an_unknown_revision_is_refused_with_those_there_are(hub: Running) -> None:
    account = await hub.link()

    response = await post(hub, LIST, x_account_id=account, mcp_protocol_version="1999-01-01")

    assert (response.status_code, response.json()["error"]["code"]) == (400, -32022)
    assert "2025-06-18" in response.json()["error"]["data"]["supported"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_there_is_no_stream_to_open_and_no_session_to_end(hub: Running, method: str) -> None:
    response = await hub.api.request(method, "/mcp")

    assert response.status_code == 405
    assert response.json() == {
        "jsonrpc": "2.0",
        "id": None,
        "error": {"code": -32000, "message": "Only POST is supported for stateless MCP."},
    }


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/json, text/event-stream", "application/json"),
        ("text/event-stream", "text/event-stream"),
    ],
)
async def test_the_answer_has_a_form_the_client_takes(hub: Running, accept: str, kind: str) -> None:
    account = await hub.link()
    ping = {"jsonrpc": "2.0", "id": 7, "method": "ping"}

    response = await post(hub, ping, accept=accept, x_account_id=account)

    assert response.headers["content-type"].partition(";")[0] == kind
    text = response.text.partition("data: ")[2] if "event-stream" in kind else response.text
    assert json.loads(text) == {"jsonrpc": "2.0", "id": 7, "result": {}}


async def test_a_client_that_takes_neither_form_is_told_so(hub: Running) -> None:
    response = await post(hub, LIST, accept="text/html")

    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")


async def test_only_json_is_read(hub: Running) -> None:
    response = await hub.api.post("/mcp", content=b"a=1", headers={"content-type": "text/plain"})

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


async def test_an_unknown_style_is_named(hub: Running) -> None:
    account = await hub.link()

    response = await post(hub, LIST, query="?param-style=round", x_account_id=account)

    assert response.status_code == 422
    assert response.json()["error"]["data"]["faults"][0]["path"] == "query.param-style"


async def test_the_address_may_end_in_a_slash(hub: Running) -> None:
    account = await hub.link()
    headers = {"accept": "application/json", "x-account-id": account}

    responses = [await hub.api.post(path, json=LIST, headers=headers) for path in ("/mcp", "/mcp/")]
    stranger = await hub.api.post("/mcp/", json=LIST, headers=headers, auth=None)

    assert responses[0].status_code == 200
    assert responses[0].json() == responses[1].json()
    assert stranger.status_code == 401


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [({}, 400, -32602), ({"_meta": {}}, 400, -32602), ("x", 400, -32602)],
)
async def test_what_a_revision_without_introduction_lacks_is_a_bad_request(
    hub: Running, params: Any, status: int, code: int
) -> None:
    account = await hub.link()
    headers = {"mcp_protocol_version": "2026-07-28", "mcp_method": "tools/list"}

    response = await post(hub, {**LIST, "params": params}, x_account_id=account, **headers)

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("named", ["2026-07-28", "2099-01-01", "2025-06-18"])
async def test_a_client_may_introduce_itself_under_any_revision(hub: Running, named: str) -> None:
    account = await hub.link()
    body = {**LIST, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}}

    response = await post(hub, body, x_account_id=account, mcp_protocol_version=named)

    assert response.json()["result"]["protocolVersion"] == "2025-06-18"


async def test_an_event_is_one_line_for_clients_that_split_at_every_line_end(hub: Running) -> None:
    account = await hub.link()
    name = "a\u2028b\u2029c\u0085d"
    ping = {"jsonrpc": "2.0", "id": name, "method": "ping"}

    response = await post(hub, ping, accept="text/event-stream", x_account_id=account)

    lines = response.text.splitlines()
    assert lines[0] == "event: message"
    assert json.loads(lines[1].removeprefix("data: "))["id"] == name
    assert lines[2:] == [""]
