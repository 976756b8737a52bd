import json
from typing import Any

import pytest
from inline_snapshot import snapshot

from tests.mcp.conftest import Ask, post
from tests.support.running import Running

pytestmark = pytest.mark.anyio

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


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


async def test_a_notification_is_accepted_without_an_answer(hub: Running) -> None:
    account = await hub.link()
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}

    response = await post(hub, note, x_account_id=account)

    assert (response.status_code, response.content) == (202, b"")


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


@pytest.mark.parametrize(
    "authorization", [None, "Basic eDo=", "Bearer jf_sk_wrong", "jf_sk_wrong", "nonsense"]
)
async def test_a_stranger_is_refused(hub: Running, authorization: str | None) -> None:
    account = await hub.link()
    headers = {"authorization": authorization} if authorization else {}

    response = await hub.api.post(
        "/mcp", json=LIST, headers={"x-account-id": account, **headers}, auth=None
    )

    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    assert "Basic" in response.headers["www-authenticate"]


@pytest.mark.parametrize("form", ["Bearer {}", "{}"])
async def test_a_key_is_taken_in_each_form_clients_send(hub: Running, form: str) -> None:
    account, key = await hub.link(), await hub.key()

    response = await hub.api.post(
        "/mcp",
        json=LIST,
        headers={"x-account-id": account, "authorization": form.format(key)},
        auth=None,
    )

    assert response.status_code == 200


async def test_a_key_must_be_allowed_to_run_actions(hub: Running) -> None:
    from jackfield.projects.models import Scope  # noqa: PLC0415

    account, key = await hub.link(), await hub.key(scopes=frozenset({Scope.ACCOUNTS_READ}))

    response = await hub.api.post(
        "/mcp", json=LIST, headers={"x-account-id": account}, auth=(key, "")
    )

    assert (response.status_code, response.json()["code"]) == (403, "missing_scope")


async def test_the_account_is_named_in_the_address_or_a_header_which_wins(hub: Running) -> None:
    account = await hub.link()

    statuses = [
        (await post(hub, LIST, query=query, **headers)).status_code
        for query, headers in [
            ("", {}),
            (f"?x-account-id={account}", {}),
            (f"?account_id={account}", {}),
            ("?x-account-id=acc_0", {"x_account_id": account}),
            (f"?x-account-id={account}", {"x_account_id": "acc_0"}),
        ]
    ]

    assert statuses == [400, 200, 200, 200, 400]


async def test_a_missing_account_is_named_in_words_clients_know(hub: Running) -> None:
    response = await post(hub, LIST)

    assert response.json()["error"]["message"] == snapshot(
        "Missing x-account-id header or query parameter in request."
    )


async def test_another_projects_account_cannot_be_told_from_none(hub: Running) -> None:
    account = await hub.link()
    theirs = await hub.key(project="theirs")

    def told(response: Any) -> tuple[int, str, str]:
        error = response.json()["error"]
        return response.status_code, error["data"]["code"], error["message"]

    answers = [
        told(
            await hub.api.post("/mcp", json=LIST, headers={"x-account-id": each}, auth=(theirs, ""))
        )
        for each in (account, "acc_0")
    ]

    assert answers[0] == answers[1]
    assert answers[0][:2] == (400, "account_not_found")


async def test_a_paused_account_is_refused_with_what_to_do(hub: Running) -> None:
    account = await hub.link()
    await hub.api.post(f"/jackfield/accounts/{account}/suspend")

    response = await post(hub, LIST, x_account_id=account)

    error = response.json()["error"]
    assert (response.status_code, error["data"]["code"]) == (412, "account_not_usable")
    assert "resume it" in error["message"]


async def test_an_account_that_is_one_persons_needs_that_person(hub: Running) -> None:
    account = await hub.link(origin_username="ada")
    shared = await hub.link(origin_username="ada", shared=True, multiple=True)

    statuses = [
        (await post(hub, LIST, x_account_id=each, **headers)).status_code
        for each, headers in [
            (account, {}),
            (account, {"x_end_user_id": "eve"}),
            (account, {"x_end_user_id": "ada"}),
            (shared, {}),
        ]
    ]

    assert statuses == [400, 400, 200, 200]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, -32700),
        (b"\xff\xfe", 400, -32700),
        (b"[" * 100_000, 400, -32600),
        (b"7", 400, -32600),
        (b"[]", 400, -32600),
        (b'{"method": 5, "id": 1}', 400, -32600),
        (b"{}", 400, -32600),
        (b'{"id": 1}', 400, -32600),
        (b'{"id": true, "method": "ping"}', 400, -32600),
        (b'{"id": null, "method": "ping"}', 400, -32600),
        (b'{"id": 1, "method": "tools/list", "params": "x"}', 200, -32602),
        (b'{"id": 1, "method": "tools/list", "params": [1]}', 200, -32602),
        (b'{"id": 1, "method": "ping", "params": 5}', 200, -32602),
        (b'{"id": 1, "method": "tools/list", "params": {"cursor": "bogus"}}', 200, -32602),
        (b'{"id": 1, "method": "tools/list", "params": {"cursor": ""}}', 200, -32602),
        (b'{"id": 1, "method": "tools/list", "params": {"cursor": 5}}', 200, -32602),
        (b'{"jsonrpc": "2.0", "id": [], "method": "ping"}', 400, -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "no/such"}', 200, -32601),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call"}', 200, -32602),
        (
            b'{"id": 1, "method": "tools/call", "params": {"name": "x", "arguments": []}}',
            200,
            -32602,
        ),
    ],
)
async def test_what_is_no_request_is_a_clear_error(
    hub: Running, content: bytes, status: int, code: int
) -> None:
    account = await hub.link()

    response = await hub.api.post(
        "/mcp",
        content=content,
        headers={"content-type": "application/json", "x-account-id": account},
    )

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_a_client_that_sends_an_empty_id_is_answered_without_one(hub: Running) -> None:
    account = await hub.link()

    response = await post(hub, {**LIST, "id": {}}, x_account_id=account)

    assert (response.status_code, response.json()["id"]) == (200, None)
    assert response.json()["result"]["tools"]


async def test_a_batch_is_answered_in_one(hub: Running) -> None:
    account = await hub.link()
    batch = [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": "a", "method": "ping"},
        {"jsonrpc": "2.0", "id": 2, "method": "no/such"},
    ]

    answers = (await post(hub, batch, x_account_id=account)).json()

    assert [each["id"] for each in answers] == ["a", 2]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("https://hub.test", 200),
        ("http://localhost:6274", 200),
        ("null", 403),
    ],
)
async def test_a_page_of_another_site_is_refused(hub: Running, origin: str, status: int) -> None:
    account = await hub.link()

    response = await post(hub, LIST, x_account_id=account, origin=origin)

    assert response.status_code == status


async def test_an_unknown_style_is_named(hub: Running) -> None:
    account = await hub.link()

    response = await post(hub, LIST, query="?param-style=round", x_account_id=account)

    assert response.status_code == 422
    assert response.json()["error"]["data"]["faults"][0]["path"] == "query.param-style"


@pytest.mark.parametrize("request_id", [1, 0, -5, "", "ключ", 2**53 + 1, 1.5])
async def test_an_answer_has_the_id_it_was_asked_with(hub: Running, request_id: Any) -> None:
    account = await hub.link()

    fine = await post(hub, {**LIST, "id": request_id}, x_account_id=account)
    broken = await post(hub, {"id": request_id, "method": 5}, x_account_id=account)
    lost = await post(hub, {**LIST, "id": request_id}, x_account_id="acc_0")

    assert [each.json()["id"] for each in (fine, broken, lost)] == [request_id] * 3


@pytest.mark.parametrize("query", ["", "?x-account-id=acc_0", "?param-style=round"])
async def test_a_refusal_is_one_that_clients_of_the_protocol_read(hub: Running, query: str) -> None:
    response = await post(hub, LIST, query=query)

    refused = response.json()
    assert response.status_code in (400, 422)
    assert (refused["jsonrpc"], refused["id"]) == ("2.0", 1)
    assert refused["error"]["message"] == refused["error"]["data"]["message"]


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


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"mcp_protocol_version": "2025-03-26"}, 200),
        ({"mcp_protocol_version": "2025-06-18"}, 400),
        ({"mcp_protocol_version": "2025-11-25"}, 400),
        ({"mcp_protocol_version": "2026-07-28"}, 400),
    ],
)
async def test_a_batch_is_refused_where_the_revision_has_none(
    hub: Running, headers: dict[str, str], status: int
) -> None:
    account = await hub.link()

    response = await post(hub, [LIST], x_account_id=account, **headers)

    assert response.status_code == status
    if status == 400:
        assert response.json()["error"]["code"] == -32600


async def test_a_clients_answers_are_accepted_and_not_run(hub: Running) -> None:
    account = await hub.link()

    for answer in ({"id": 1, "result": {}}, {"id": 1, "error": {"code": 1, "message": ""}}):
        response = await post(hub, {"jsonrpc": "2.0", **answer}, x_account_id=account)

        assert (response.status_code, response.content) == (202, b"")


async def test_an_event_is_one_line_for_clients_that_split_at_every_line_end(hub: Running) -> None:
    account = await hub.link()
    name = "a\u2028b\u2029c\u0085d"
    ping = {"jsonrpc": "2.0", "id": name, "method": "ping"}

    response = await post(hub, ping, accept="text/event-stream", x_account_id=account)

    lines = response.text.splitlines()
    assert lines[0] == "event: message"
    assert json.loads(lines[1].removeprefix("data: "))["id"] == name
    assert lines[2:] == [""]
