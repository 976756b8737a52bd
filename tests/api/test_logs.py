"""The logs of what was run, in the form of each generation of clients."""

import io
import json
from typing import Any

import pytest

from jackfield.projects.models import EVERY_SCOPE, Scope
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def ran(hub: Running) -> str:
    """Run an action that works, one that the provider refuses, and a request of one's own."""
    account_id = await hub.link()
    await hub.run(account_id, "iterable_list_channels")
    await hub.hub.sleep(1)
    await hub.run(account_id, "iterable_get_list_size", path={"listId": 999_999})
    await hub.hub.sleep(1)
    await hub.api.post(
        "/unified/proxy", headers={"x-account-id": account_id}, json={"path": "/api/lists"}
    )
    await hub.hub.write_buffer.flush()
    return account_id


async def get(hub: Running, path: str, status: int = 200) -> dict[str, Any]:
    response = await hub.api.get(path)
    assert response.status_code == status, response.text
    return response.json()


async def post(hub: Running, path: str, body: Any = None, status: int = 200) -> dict[str, Any]:
    response = await hub.api.post(path, json=body or {})
    assert response.status_code == status, response.text
    return response.json()


async def test_calls_are_listed_newest_first_with_how_they_ended(hub: Running) -> None:
    account_id = await ran(hub)

    rows = (await get(hub, "/requests/logs"))["data"]

    assert [(row["path"], row["action"], row["status"]) for row in rows] == [
        ("/unified/proxy", "proxy", 200),
        ("/actions/rpc", "iterable_get_list_size", 502),
        ("/actions/rpc", "iterable_list_channels", 200),
    ]
    assert {row["account_id"] for row in rows} == {account_id}
    assert [row["success"] for row in rows] == [True, False, True]
    assert "step_requests" not in rows[0]


async def test_a_call_shows_the_requests_it_made_if_asked(hub: Running) -> None:
    await ran(hub)

    rows = (await get(hub, "/requests/logs?include=step_logs"))["data"]
    steps = (await get(hub, "/requests/logs/steps"))["data"]

    assert [step["url"] for step in rows[2]["step_requests"]] == [
        "https://api.iterable.com/api/channels"
    ]
    assert [step["status"] for step in steps] == [200, 400, 200]
    assert {step["http_method"] for step in steps} == {"GET"}


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ("success=false", ["iterable_get_list_size"]),
        ("filter[success]=false", ["iterable_get_list_size"]),
        ("status_codes=502,404", ["iterable_get_list_size"]),
        ("actions=proxy,iterable_list_channels", ["proxy", "iterable_list_channels"]),
        ("source_types=PROXY", ["proxy"]),
        ("providers=fernwood", []),
        ("services=hris", []),
        ("http_methods=get", []),
        ("account_ids=acc_0", []),
        ("start_date=2999-01-01T00:00:00Z", []),
        ("end_date=2000-01-01T00:00:00", []),
    ],
)
async def test_calls_can_be_narrowed_down(hub: Running, query: str, actions: list[str]) -> None:
    await ran(hub)

    rows = (await get(hub, f"/requests/logs?{query}"))["data"]

    assert [row["action"] for row in rows] == actions


@pytest.mark.parametrize("order", ["provider", "status", "eventDatetime", "duration"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
async def test_pages_of_calls_meet_without_gap_or_overlap(
    hub: Running, order: str, direction: str
) -> None:
    await ran(hub)
    wanted = f"/requests/logs?order_by={order}&order_direction={direction}"
    whole = (await get(hub, wanted))["data"]

    found: list[str] = []
    cursor = ""
    for _ in range(4):
        page = await get(hub, f"{wanted}&page_size=1{cursor}")
        found += [row["request_id"] for row in page["data"]]
        if page["next"] is None:
            break
        cursor = f"&next={page['next']}"

    assert found == [row["request_id"] for row in whole]
    assert len(found) == 3


async def test_a_cursor_of_another_order_is_refused(hub: Running) -> None:
    await ran(hub)
    page = await get(hub, "/requests/logs?page_size=1")

    refused = await get(hub, f"/requests/logs?order_by=status&next={page['next']}", 422)

    assert refused["faults"][0]["path"] == "query.next"


async def test_one_call_is_found_by_the_id_of_its_request(hub: Running) -> None:
    account_id = await hub.link()
    response = await hub.run(account_id, "iterable_list_channels")
    await hub.hub.write_buffer.flush()

    log = (await get(hub, f"/requests/logs/{response.headers['x-request-id']}"))["data"]
    missing = await get(hub, "/requests/logs/req_0", 404)

    assert (log["action"], log["status"]) == ("iterable_list_channels", 200)
    assert missing["code"] == "run_not_found"


async def test_bodies_are_kept_only_where_the_project_wants_them_and_hold_no_secret(
    hub: Running,
) -> None:
    account_id = await hub.link()
    first = await hub.run(account_id, "iterable_list_channels")
    assert (
        await hub.api.patch("/jackfield/project", json={"advanced_logs": True})
    ).status_code == 200
    second = await hub.run(
        account_id, "iterable_get_user_by_email", query={"email": f"{hub.us_key}@example.com"}
    )
    await hub.hub.write_buffer.flush()

    without = await hub.api.get(
        f"/requests/logs/{first.headers['x-request-id']}?include=advanced_logs"
    )
    kept = await hub.api.get(
        f"/requests/logs/{second.headers['x-request-id']}?include=advanced_logs"
    )

    assert without.json()["data"]["request"] is None
    log = kept.json()["data"]
    assert log["request"]["body"]["query"] == {"email": "[redacted]@example.com"}
    assert log["response"]["status_code"] == second.status_code
    assert hub.us_key not in kept.text


async def test_requests_to_the_platform_are_listed_by_what_they_were_about(hub: Running) -> None:
    account_id = await hub.link()
    await hub.api.get(f"/accounts/{account_id}")
    await hub.hub.sleep(1)
    await hub.api.get("/accounts/acc_0")
    await hub.hub.write_buffer.flush()

    rows = (await get(hub, "/requests/platform-logs?categories=accounts"))["data"]
    sessions = (await get(hub, "/requests/platform-logs?categories=connect_sessions"))["data"]

    assert [(row["path"], row["status"], row["success"]) for row in rows] == [
        ("/accounts/acc_0", 404, False),
        (f"/accounts/{account_id}", 200, True),
    ]
    assert [row["account_id"] for row in rows] == ["acc_0", account_id]
    assert [(row["http_method"], row["status"]) for row in sessions] == [("POST", 201)]


async def test_a_run_is_in_the_log_of_runs_alone_whichever_way_it_came(hub: Running) -> None:
    account_id = await ran(hub)
    headers = {"x-account-id": account_id}
    rpc = {"jsonrpc": "2.0", "id": 1}
    part = {"kind": "data", "data": {"action": "iterable_list_channels"}}
    message = {"kind": "message", "messageId": "m-1", "role": "user", "parts": [part]}
    tool = {"name": "iterable_list_channels", "arguments": {}}
    await hub.hub.sleep(1)
    await hub.api.post(
        "/mcp", headers=headers, json={**rpc, "method": "tools/call", "params": tool}
    )
    await hub.hub.sleep(1)
    await hub.api.post(
        "/", headers=headers, json={**rpc, "method": "message/send", "params": {"message": message}}
    )
    await hub.api.get("/agent/authenticatedExtendedCard", headers=headers)
    await hub.hub.write_buffer.flush()

    runs = (await get(hub, "/requests/logs"))["data"]
    requests = (await get(hub, "/requests/platform-logs"))["data"]
    await hub.hub.write_buffer.flush()

    assert [(row["source_type"], row["path"]) for row in runs] == [
        ("A2A", "/"),
        ("MCP", "/mcp"),
        ("PROXY", "/unified/proxy"),
        ("API", "/actions/rpc"),
        ("API", "/actions/rpc"),
    ]
    paths = {row["path"] for row in requests}
    assert "/agent/authenticatedExtendedCard" in paths
    assert not paths & {"/", "/mcp", "/unified/proxy", "/actions/rpc"}
    assert requests == (await get(hub, "/requests/platform-logs"))["data"]


async def test_runs_are_listed_in_the_newer_form_with_their_number(hub: Running) -> None:
    account_id = await ran(hub)

    answer = await post(hub, "/logs/actions", {"page_size": 2})
    second = await post(hub, "/logs/actions", {"page_size": 2, "page": 2})

    assert answer["total"] == 3
    assert answer["query"] == {"page": 1, "page_size": 2}
    assert [row["action_id"] for row in (*answer["data"], *second["data"])] == [
        "proxy",
        "iterable_get_list_size",
        "iterable_list_channels",
    ]
    (run,) = second["data"]
    assert run["log_type"] == "action"
    assert run["account_id"] == account_id
    assert run["connector_key"] == "iterable"
    assert run["origin_owner_id"] == "acme"
    assert run["mode"] == "production"
    assert run["auth_type"] == "API_KEY"


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 3),
        ({"success": False}, 1),
        ({"status_code": [502]}, 1),
        ({"status_code": "502"}, 1),
        ({"status_code": ["none"]}, 0),
        ({"action": "proxy", "action_id": ["iterable_list_channels"]}, 0),
        ({"action": ["proxy", "iterable_list_channels"], "action_id": "proxy"}, 1),
        ({"category": "marketing"}, 3),
        ({"category": "nothing_of_the_kind"}, 0),
        ({"provider": "iterable", "connector_key": ["iterable"]}, 3),
        ({"source_type": ["API"]}, 2),
        ({"origin_owner_id": ["other"]}, 0),
        ({"mode": "production"}, 3),
        ({"resource": "employees"}, 0),
        ({"start_time": "2999-01-01T00:00:00Z"}, 0),
        ({"end_time": "2999-01-01T00:00:00Z"}, 3),
    ],
)
async def test_runs_can_be_narrowed_down(hub: Running, filters: dict[str, Any], count: int) -> None:
    await ran(hub)

    answer = await post(hub, "/logs/actions", {"filters": filters})

    assert (len(answer["data"]), answer["total"]) == (count, count)


async def test_one_run_is_shown_with_its_steps_and_requests(hub: Running) -> None:
    await ran(hub)
    run_id = (await post(hub, "/logs/actions"))["data"][1]["action_run_id"]

    run = (await get(hub, f"/logs/actions/{run_id}?expand=connector"))["data"]
    steps = (await get(hub, f"/logs/actions/{run_id}/steps"))["data"]
    first = (await get(hub, f"/logs/actions/{run_id}/steps/0"))["data"]
    none = await get(hub, f"/logs/actions/{run_id}/steps/7", 404)
    request = (await get(hub, f"/logs/provider/{run_id}.0"))["data"]
    bodies = (await get(hub, f"/logs/actions/{run_id}/advanced"))["data"]
    defender = (await get(hub, f"/logs/actions/{run_id}/defender"))["data"]

    assert run["connector"]["name"] == "Iterable"
    assert run["connector"]["logo"].endswith("/connectors/iterable/icon")
    assert steps[0] == first
    assert (first["step_index"], first["success"], first["status_code"]) == (0, False, 400)
    assert none["code"] == "log_not_found"
    assert request["path"] == "/api/lists/999999/size"
    assert bodies == {"action_run_id": run_id, "inputs": None, "output": None, "exchanges": None}
    assert defender["enabled"] is False


async def test_what_was_sent_is_shown_redacted_where_it_is_kept(hub: Running) -> None:
    await hub.api.patch("/jackfield/project", json={"advanced_logs": True})
    await ran(hub)
    run_id = (await post(hub, "/logs/actions"))["data"][2]["action_run_id"]

    whole = await hub.api.get(f"/logs/actions/{run_id}/advanced")
    step = await hub.api.get(f"/logs/actions/{run_id}/steps/0/advanced")
    request = await hub.api.get(f"/logs/provider/{run_id}.0/advanced")

    (exchange,) = whole.json()["data"]["exchanges"]
    assert exchange["response"]["body"].startswith('{"channels"')
    assert step.json()["data"]["exchanges"] == [exchange]
    assert request.json()["data"]["exchanges"] == [exchange]
    for response in (whole, step, request):
        assert hub.us_key not in response.text


@pytest.mark.parametrize("path", ["/logs/steps", "/logs/provider"])
async def test_pages_of_steps_and_requests_meet_without_gap_or_overlap(
    hub: Running, path: str
) -> None:
    await ran(hub)
    whole = await post(hub, path)

    pages = [await post(hub, path, {"page": number, "page_size": 2}) for number in (1, 2, 3)]

    assert whole["total"] == len(whole["data"]) >= 3
    assert [row for page in pages for row in page["data"]] == whole["data"]


async def test_runs_are_counted_together_and_by_what_they_have_in_common(hub: Running) -> None:
    await ran(hub)

    totals = (await post(hub, "/logs/stats/aggregate"))["data"]
    groups = (await post(hub, "/logs/stats/dimensions", {"dimensions": ["action_id", "success"]}))[
        "data"
    ]
    refused = await post(hub, "/logs/stats/dimensions", {"dimensions": ["id; drop"]}, 422)

    assert (totals["total"], totals["success_count"], totals["error_count"]) == (3, 2, 1)
    assert {each["dimensions"]["action_id"]: each["success_count"] for each in groups} == {
        "proxy": 1,
        "iterable_get_list_size": 0,
        "iterable_list_channels": 1,
    }
    assert refused["faults"][0]["path"] == "dimensions"


async def test_another_projects_runs_cannot_be_told_from_none(hub: Running) -> None:
    await ran(hub)
    run_id = (await post(hub, "/logs/actions"))["data"][0]["action_run_id"]
    theirs = await hub.key(project="theirs")

    listed = await hub.api.post("/logs/actions", auth=(theirs, ""), json={})
    one = await hub.api.get(f"/logs/actions/{run_id}", auth=(theirs, ""))
    none = await hub.api.get("/logs/actions/run_0", auth=(theirs, ""))

    assert listed.json()["total"] == 0
    assert (one.status_code, one.json()["message"]) == (404, none.json()["message"])


async def test_logs_need_their_scope(hub: Running) -> None:
    key = await hub.key(scopes=EVERY_SCOPE - {Scope.LOGS_READ})

    response = await hub.api.post("/logs/actions", auth=(key, ""), json={})

    assert (response.status_code, response.json()["code"]) == (403, "missing_scope")


async def test_a_line_of_the_hubs_log_says_who_asked_for_what(
    hub: Running, log_lines: io.StringIO
) -> None:
    account = await hub.link()
    headers = {"x-account-id": account}
    call = {"name": "iterable_list_channels", "arguments": {}}
    log_lines.truncate(0)

    await hub.run(account, "iterable_list_channels")
    await hub.api.post(
        "/mcp",
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call},
        headers=headers,
    )
    await hub.api.post("/unified/proxy", json={"method": "get", "path": "/x"}, headers=headers)

    lines = [json.loads(line) for line in log_lines.getvalue().strip("\0").splitlines()]
    asked = [line for line in lines if line["event"] == "request"]
    assert {line["account_id"] for line in asked} == {account}
    assert [line.get("action_id") for line in asked][:2] == ["iterable_list_channels"] * 2
    assert all(line["key_id"].startswith("key_") for line in asked)
    assert all(line["project_id"] == hub.project.id for line in asked)
