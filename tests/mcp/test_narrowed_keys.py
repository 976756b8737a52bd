"""Narrowed keys over the protocols for agents: they see and run what they may, and nothing else."""

from typing import Any

import pytest

from tests.support.narrowed import asked, mint
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]
PAGE = "https://app.acme.example"


async def tool(
    hub: Running, key: str, method: str, query: str, origin: str | None = None, **params: Any
) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return await asked(hub, key, "POST", f"/mcp?{query}", origin=origin, json=body)


async def test_a_narrowed_key_lists_finds_and_runs_its_own_tools_alone(hub: Running) -> None:
    await hub.api.patch("/jackfield/project", json={"tool_feedback": True})
    account = await hub.link()
    key = (await mint(hub, actions=["iterable_list_c*"]))["key"]
    at = f"x-account-id={account}"
    create = {"action_id": "iterable_create_list", "body": {"name": "VIP"}}

    listed = (await tool(hub, key, "tools/list", at)).json()["result"]["tools"]
    ran = await tool(hub, key, "tools/call", at, name="iterable_list_channels", arguments={})
    found = await tool(
        hub, key, "tools/call", f"{at}&tool-mode=search_execute",
        name="iterable_search_actions", arguments={"query": "create a list"},
    )  # fmt: skip
    refused = [
        await tool(hub, key, "tools/call", at, name="iterable_create_list", arguments={}),
        await tool(
            hub, key, "tools/call", f"{at}&tool-mode=search_execute",
            name="iterable_execute_action", arguments=create,
        ),
    ]  # fmt: skip

    assert listed
    assert all(each["name"].startswith("iterable_list_c") for each in listed)
    assert ran.json()["result"]["isError"] is False
    actions = found.json()["result"]["structuredContent"]["actions"]
    assert all(each["action_id"].startswith("iterable_list_c") for each in actions)
    for each in refused:
        assert each.json()["result"]["structuredContent"]["code"] == "action_not_allowed"


async def test_a_number_of_calls_holds_for_tools_and_messages(hub: Running) -> None:
    account = await hub.link()
    key = (await mint(hub, calls=2))["key"]
    call = {"name": "iterable_list_channels", "arguments": {}}
    part = {"kind": "data", "data": {"action": "iterable_list_channels"}}
    message = {"kind": "message", "messageId": "m-1", "role": "user", "parts": [part]}
    sent = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": message}}

    done = [
        await tool(hub, key, "tools/call", f"x-account-id={account}", **call),
        await asked(hub, key, "POST", "/", json=sent, headers={"x-account-id": account}),
        await tool(hub, key, "tools/call", f"x-account-id={account}", **call),
        await asked(hub, key, "POST", "/", json=sent, headers={"x-account-id": account}),
    ]

    assert [("calls_used_up" in each.text) for each in done] == [False, False, True, True]


async def test_another_customers_account_is_unknown_to_every_protocol(hub: Running) -> None:
    rival = await hub.link(origin_owner_id="rival", origin_owner_name="Rival Ltd.")
    key = (await mint(hub, origin_owner_id="acme"))["key"]

    tools = await tool(hub, key, "tools/list", f"x-account-id={rival}")
    card = await asked(
        hub, key, "GET", "/agent/authenticatedExtendedCard", headers={"x-account-id": rival}
    )

    assert tools.json()["error"]["data"]["code"] == "account_not_found"
    assert (card.status_code, card.json()["code"]) == (404, "account_not_found")


async def test_a_page_of_an_allowed_origin_uses_tools_with_a_narrowed_key_alone(
    hub: Running,
) -> None:
    account = await hub.link()
    await hub.api.patch("/jackfield/project", json={"allowed_origins": [PAGE]})
    key = (await mint(hub))["key"]
    at = f"x-account-id={account}"
    asks = {"access-control-request-method": "POST", "origin": PAGE}

    for path in ("/mcp", "/"):
        preflight = await hub.api.options(path, headers=asks)
        assert preflight.status_code == 204
        assert "authorization" in preflight.headers["access-control-allow-headers"]
    listed = await tool(hub, key, "tools/list", at, PAGE)
    ordinary = await tool(hub, hub.api_key, "tools/list", at, PAGE)
    elsewhere = await tool(hub, key, "tools/list", at, "https://evil.example")

    assert (listed.status_code, listed.headers["access-control-allow-origin"]) == (200, PAGE)
    assert (ordinary.status_code, ordinary.json()["code"]) == (403, "origin_refused")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "page_not_allowed")
