"""Which accounts' actions are tools, and how a tool knows whose action it runs."""

import pytest

from tests.mcp.conftest import Ask
from tests.mcp.test_tools import payload, tools
from tests.support.running import Running

pytestmark = pytest.mark.anyio


async def test_two_accounts_of_one_provider_are_told_apart_by_an_argument(
    hub: Running, ask: Ask
) -> None:
    us = await hub.link(label="America", multiple=True)
    eu = await hub.link(key=hub.eu_key, region="eu", label="Europe", multiple=True)
    both = f"{us},{eu}"

    (tool,) = [
        tool
        for tool in (await ask("tools/list", x_account_id=both))["tools"]
        if tool["name"] == "iterable_create_list"
    ]
    named = await ask(
        "tools/call",
        {"name": tool["name"], "arguments": {"account_id": eu, "body": {"name": "Only in Europe"}}},
        x_account_id=both,
    )
    unnamed = await ask(
        "tools/call", {"name": tool["name"], "arguments": {"body": {"name": "x"}}},
        x_account_id=both,
    )  # fmt: skip
    lists = {
        account: (await hub.run(account, "iterable_list_lists")).json()["data"]
        for account in (us, eu)
    }

    choice = tool["inputSchema"]["properties"]["account_id"]
    assert choice["enum"] == [us, eu]
    assert "(Europe)" in choice["description"]
    assert tool["inputSchema"]["required"][0] == "account_id"
    assert payload(named)["isError"] is False
    assert payload(unnamed)["faults"][0]["path"] == "account_id"
    assert "Only in Europe" in [each["name"] for each in lists[eu]]
    assert "Only in Europe" not in [each["name"] for each in lists[us]]


@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize("named", ["acc_0", "", 7, ["acc_0"], {"id": "acc_0"}])
@pytest.mark.parametrize("mode", ["individual", "search_execute"])
async def test_an_account_that_is_not_offered_is_refused_and_none_is_guessed(
    hub: Running, ask: Ask, several: bool, named: object, mode: str
) -> None:
    account = await hub.link(multiple=True)
    offered = f"{account},{await hub.link(multiple=True)}" if several else f"{account},{account}"
    before = len(hub.sandbox.us.requests)
    inputs = {"account_id": named, "body": {"name": "Nobody's"}}
    call = {"name": "iterable_create_list", "arguments": inputs}
    if mode == "search_execute":
        called = {"action_id": call["name"], **inputs}
        call = {"name": "iterable_execute_action", "arguments": called}

    refused = payload(
        await ask("tools/call", call, query=f"?tool-mode={mode}", x_account_id=offered)
    )

    assert (refused["isError"], refused["code"]) == (True, "invalid_inputs")
    assert "account_id" in refused["faults"][0]["path"]
    assert not several or all(each in refused["message"] for each in offered.split(","))
    assert len(hub.sandbox.us.requests) == before


async def test_an_account_that_fails_does_not_take_the_others_with_it(
    hub: Running, ask: Ask
) -> None:
    well, ill = await hub.link(multiple=True), await hub.link(multiple=True)
    await hub.api.post(f"/jackfield/accounts/{ill}/suspend")
    both = f"{ill},{well}"

    begun = await ask("initialize", x_account_id=both)
    ran = await ask("tools/call", {"name": "iterable_list_channels"}, x_account_id=both)
    refused = await ask(
        "tools/call",
        {"name": "iterable_list_channels", "arguments": {"account_id": ill}},
        x_account_id=both,
    )

    assert f"Account {ill}" in begun["instructions"]
    assert payload(ran)["isError"] is False
    assert payload(refused)["statusCode"] == 412


async def test_a_profile_says_which_actions_are_tools(hub: Running, ask: Ask) -> None:
    account = await hub.link()
    profile = (await hub.api.get(f"/accounts/{account}")).json()["connector_profile_id"]
    allowed = {"allowed_actions": ["iterable_list_lists", "iterable_get_list_size"]}
    changed = await hub.api.patch(f"/connector_profiles/{profile}", json=allowed)
    assert changed.status_code == 200, changed.text

    listed = await tools(ask, account)
    found = payload(
        await ask(
            "tools/call",
            {"name": "iterable_search_actions", "arguments": {"query": "create a list"}},
            x_account_id=account,
        )
    )
    refused = await ask(
        "tools/call",
        {"name": "iterable_create_list", "arguments": {"body": {"name": "x"}}},
        x_account_id=account,
    )

    assert set(listed) == set(allowed["allowed_actions"])
    assert {each["action_id"] for each in found["actions"]} <= set(listed)
    assert payload(refused)["code"] == "action_not_allowed"


async def test_an_account_that_was_linked_for_some_actions_has_no_other_tools(
    hub: Running, ask: Ask
) -> None:
    wanted = {"iterable_list_lists", "iterable_get_list_size"}
    account = await hub.link(actions=sorted(wanted))

    listed = await tools(ask, account)
    found = payload(
        await ask(
            "tools/call",
            {"name": "iterable_search_actions", "arguments": {"query": "create a list"}},
            x_account_id=account,
        )
    )

    assert set(listed) == wanted
    assert {each["action_id"] for each in found["actions"]} <= wanted
