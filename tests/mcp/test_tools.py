import json
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from jackfield.sandbox.iterable.server import Sandbox
from tests.mcp.conftest import Ask, post
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub
from tests.support.scripted import reply, scripted

pytestmark = pytest.mark.anyio

SEEDED = "avery.abbott@example.com"


def payload(result: Any) -> Any:
    """Return what a result says, which its text and its structured content say alike."""
    text = json.loads(result["content"][0]["text"])
    assert text == result["structuredContent"]
    return text


async def tools(ask: Ask, account: str, query: str = "") -> dict[str, Any]:
    listed = await ask("tools/list", query=query, x_account_id=account)
    assert "nextCursor" not in listed
    return {tool["name"]: tool for tool in listed["tools"]}


async def test_every_action_of_an_account_is_a_tool(hub: Running, ask: Ask) -> None:
    account = await hub.link()

    listed = await tools(ask, account)

    actions = (await hub.api.get("/actions?filter[connectors]=iterable")).json()["data"][0]
    assert listed.keys() == {action["id"] for action in actions["actions"]}
    assert all(len(name) <= 64 for name in listed)


async def test_a_tool_says_what_it_does_to_the_provider(hub: Running, ask: Ask) -> None:
    account = await hub.link()

    listed = await tools(ask, account)

    assert listed["iterable_list_channels"]["annotations"] == snapshot(
        {
            "title": "List channels",
            "readOnlyHint": True,
            "destructiveHint": False,
            "openWorldHint": True,
        }
    )
    assert listed["iterable_delete_list"]["annotations"]["destructiveHint"] is True
    assert listed["iterable_create_list"]["annotations"]["readOnlyHint"] is False


async def test_arguments_look_as_the_client_asks(hub: Running, ask: Ask) -> None:
    account = await hub.link()

    schemas = {
        style: (await tools(ask, account, f"?param-style={style}"))["iterable_get_list_size"][
            "inputSchema"
        ]
        for style in ("nested", "flat_prefixed", "flat_smart")
    }

    assert schemas["nested"]["required"] == ["path"]
    assert schemas["nested"]["properties"]["path"]["required"] == ["listId"]
    assert schemas["flat_prefixed"]["required"] == ["path_listId"]
    assert schemas["flat_smart"]["required"] == ["listId"]


@pytest.mark.parametrize(
    ("style", "arguments"),
    [
        ("nested", {"query": {"email": SEEDED}}),
        ("nested", {"query": json.dumps({"email": SEEDED})}),
        ("nested", {"email": SEEDED}),
        ("flat_prefixed", {"query_email": SEEDED}),
        ("flat_prefixed", {"email": SEEDED}),
        ("flat_smart", {"email": SEEDED}),
        ("flat_smart", {"query": {"email": SEEDED}}),
    ],
)
async def test_a_tool_runs_its_action(
    hub: Running, ask: Ask, style: str, arguments: dict[str, Any]
) -> None:
    account = await hub.link()

    result = await ask(
        "tools/call",
        {"name": "iterable_get_user_by_email", "arguments": arguments},
        query=f"?param-style={style}",
        x_account_id=account,
    )

    assert result["isError"] is False
    assert payload(result)["isError"] is False
    assert payload(result)["result"]["data"]["email"] == SEEDED
    assert payload(result)["result"]["next"] is None


async def test_pages_are_followed_by_their_cursor(hub: Running, ask: Ask) -> None:
    account = await hub.link()

    async def page(**query: Any) -> Any:
        call = {"name": "iterable_list_campaigns", "arguments": {"query": query}}
        return payload(await ask("tools/call", call, x_account_id=account))["result"]

    first = await page(page_size=3)
    second = await page(page_size=3, next=first["next"])

    assert len(first["data"]) == len(second["data"]) == 3
    assert first["data"][0]["id"] != second["data"][0]["id"]


@pytest.mark.parametrize(
    ("name", "arguments", "status", "code"),
    [
        ("iterable_get_list_size", {}, 422, "invalid_inputs"),
        ("iterable_get_list_size", {"path": 7}, 422, "invalid_inputs"),
        ("iterable_get_list_size", {"path": {"listId": "many"}}, 422, "invalid_inputs"),
        ("iterable_get_list_size", {"path": {"listId": 999_999}}, 502, "provider_rejected"),
        ("iterable_get_nothing", {}, 404, "action_not_found"),
        ("nothing", {}, 404, "action_not_found"),
        ("ledgerline_get_company", {}, 404, "action_not_found"),
    ],
)
async def test_what_a_model_can_mend_is_a_result_it_can_read(
    hub: Running, ask: Ask, name: str, arguments: dict[str, Any], status: int, code: str
) -> None:
    account = await hub.link()

    result = await ask("tools/call", {"name": name, "arguments": arguments}, x_account_id=account)

    assert result["isError"] is True
    told = payload(result)
    assert (told["isError"], told["statusCode"], told["code"]) == (True, status, code)


async def test_a_run_is_logged_as_a_models(hub: Running, ask: Ask) -> None:
    account = await hub.link()
    await ask("tools/call", {"name": "iterable_list_channels"}, x_account_id=account)
    await hub.hub.write_buffer.flush()

    runs = await hub.hub.db.unscoped("select action_id, source from runs")

    assert runs == [{"action_id": "iterable_list_channels", "source": "mcp"}]


async def test_two_tools_stand_for_all_of_a_provider(hub: Running, ask: Ask) -> None:
    account = await hub.link()
    query = "?tool-mode=search_execute"

    listed = await tools(ask, account, query)
    found = payload(
        await ask(
            "tools/call",
            {"name": "iterable_search_actions", "arguments": {"query": "how big is a lst"}},
            query=query,
            x_account_id=account,
        )
    )
    best = found["actions"][0]
    lists = (await hub.run(account, "iterable_list_lists")).json()["data"]
    ran = await ask(
        "tools/call",
        {
            "name": "iterable_execute_action",
            "arguments": {
                "action_id": best["action_id"],
                "path": {"listId": lists[0]["id"]},
                "session_id": "ignored",
            },
        },
        query=query,
        x_account_id=account,
    )

    assert list(listed) == ["iterable_search_actions", "iterable_execute_action"]
    assert best["action_id"] == "iterable_get_list_size"
    assert best["input_schema"]["required"] == ["path"]
    assert 0 < best["similarity_score"] <= 1
    assert payload(ran)["isError"] is False


@pytest.mark.parametrize(
    ("name", "arguments", "path"),
    [
        ("iterable_search_actions", {}, "query"),
        ("iterable_search_actions", {"query": "x", "top_k": 0}, "top_k"),
        ("iterable_search_actions", {"query": "x" * 2001}, "query"),
        ("iterable_execute_action", {}, "action_id"),
    ],
)
async def test_a_search_or_execution_that_says_too_little_is_told_what_is_missing(
    hub: Running, ask: Ask, name: str, arguments: dict[str, Any], path: str
) -> None:
    account = await hub.link()

    result = await ask("tools/call", {"name": name, "arguments": arguments}, x_account_id=account)

    assert payload(result)["faults"][0]["path"] == path


async def test_an_unknown_action_is_an_error_the_model_reads(hub: Running, ask: Ask) -> None:
    account = await hub.link()
    call = {"name": "iterable_execute_action", "arguments": {"action_id": "iterable_get_nothing"}}

    result = await ask("tools/call", call, x_account_id=account)

    assert (result["isError"], payload(result)["statusCode"]) == (True, 404)


@pytest.mark.parametrize("how", ["address", "call"])
async def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(
    hub: Running, ask: Ask, how: str
) -> None:
    account = await hub.link()
    call: dict[str, Any] = {
        "name": "iterable_create_list",
        "arguments": {"body": {"name": "Never made"}},
    }
    if how == "call":
        call["_meta"] = {"jackfield/dry-run": True}
    before = len(hub.sandbox.us.requests)

    result = await ask(
        "tools/call", call, query="?dry-run=true" if how == "address" else "", x_account_id=account
    )

    (request,) = payload(result)["result"]["data"]["requests"]
    assert request["method"].upper() == "POST"
    assert request["url"].endswith("/api/lists")
    assert hub.us_key not in json.dumps(result)
    assert len(hub.sandbox.us.requests) == before


async def test_a_call_with_an_idempotency_key_is_run_once(hub: Running, ask: Ask) -> None:
    account = await hub.link()
    call: dict[str, Any] = {
        "name": "iterable_create_list",
        "arguments": {"body": {"name": "Made once"}},
        "_meta": {"jackfield/idempotency-key": "one-list"},
    }
    other = {**call, "arguments": {"body": {"name": "Another"}}}
    before = len(hub.sandbox.us.requests)

    first = await ask("tools/call", call, x_account_id=account)
    second = await ask("tools/call", call, x_account_id=account)
    refused = await ask("tools/call", other, x_account_id=account)
    wrong = {**call, "_meta": {"jackfield/idempotency-key": 7}}
    no_key = await ask("tools/call", wrong, x_account_id=account)

    assert payload(first)["isError"] is False
    assert first == second
    assert payload(refused)["code"] == "idempotency_mismatch"
    assert payload(no_key)["code"] == "invalid_idempotency_key"
    assert len(hub.sandbox.us.requests) == before + 1


@pytest.mark.database
async def test_a_file_comes_as_a_link_that_needs_no_key_and_expires(
    hub: Running, clock: FrozenClock
) -> None:
    from jackfield.actions.files import service as files  # noqa: PLC0415
    from jackfield.engine.run_context import File  # noqa: PLC0415

    link = await files.link(
        hub.hub, hub.project.id, TESTER, File(b"%PDF-1.7", "application/pdf", "pay slip.pdf")
    )

    fetched = await hub.api.get(link.url, auth=None)
    wrong = await hub.api.get(link.url + "x", auth=None)
    clock.advance(minutes=15)
    late = await hub.api.get(link.url, auth=None)

    assert (fetched.status_code, fetched.content) == (200, b"%PDF-1.7")
    assert fetched.headers["content-type"] == "application/pdf"
    assert "pay%20slip.pdf" in fetched.headers["content-disposition"]
    assert "sandbox" in fetched.headers["content-security-policy"]
    assert (wrong.status_code, late.status_code) == (404, 404)


async def test_a_provider_that_echoes_the_key_does_so_to_no_model(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    key = "0123456789abcdef0123456789abcdef"
    turns = [reply('{"channels": []}'), reply(f'{{"msg": "Api-Key: {key}"}}', status=400)]

    async def switch(writer: Any, seen: Any) -> None:
        await (turns.pop(0) if len(turns) > 1 else turns[0])(writer, seen)

    async with (
        scripted(switch) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        account = await hub.link(key=key)
        body = {"id": 1, "method": "tools/call", "params": {"name": "iterable_list_channels"}}
        response = await post(hub, body, x_account_id=account)

    assert response.json()["result"]["isError"] is True
    assert key not in response.text
    assert "[redacted]" in response.text


async def test_a_refused_call_frees_its_key_whatever_another_call_of_the_batch_has_written(
    hub: Running,
) -> None:
    account = await hub.link()

    def call(arguments: dict[str, Any], **meta: str) -> dict[str, Any]:
        params = {"name": "iterable_create_list", "arguments": arguments, "_meta": meta}
        return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}

    key = {"jackfield/idempotency-key": "second"}
    written = call({"body": {"name": "First"}})
    _, refused = (
        await post(hub, [written, call({"body": {}}, **key)], x_account_id=account)
    ).json()
    mended = await post(hub, call({"body": {"name": "Second"}}, **key), x_account_id=account)

    assert payload(refused["result"])["code"] == "invalid_inputs"
    assert payload(mended.json()["result"])["isError"] is False
