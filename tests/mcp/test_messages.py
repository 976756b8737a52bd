"""Messages of JSON-RPC at `/mcp`, one and several."""

from typing import Any

import pytest

from tests.mcp.conftest import LIST, post
from tests.support.running import Running

pytestmark = pytest.mark.anyio


async def test_a_notification_is_accepted_without_an_answer(hub: Running) -> None:
    account = await hub.link()
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}

    response = await post(hub, note, x_account_id=account)

    assert (response.status_code, response.content) == (202, b"")


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
