import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.actions import run_recorder
from jackfield.engine.run_context import File
from jackfield.http import heartbeat
from jackfield.http.download import download
from tests.api.test_startup import PETDESK
from tests.support.clock import FrozenClock
from tests.support.files import PDF, hub_with_files
from tests.support.running import US, HubWith, Running, running_hub, serving_hub
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

# How often linking asks: whether the key is good, and whose account it is for.
LINKING = 2
CHANNELS = '{"channels": [{"id": 1, "name": "Promotions"}]}'


@pytest.mark.parametrize(
    ("answer", "data"),
    [
        ('{"id": 1}', {"id": 1}),
        ('[{"id": 1}, {}]', [{"id": 1}, {}]),
        ('["a", "b"]', {"items": ["a", "b"]}),
        ("[1, null]", {"items": [1, None]}),
        ('[{"id": 1}, "a"]', {"items": [{"id": 1}, "a"]}),
        ("[[]]", {"items": [[]]}),
        ("[]", []),
        ('"a"', {"value": "a"}),
        ("0", {"value": 0}),
        ("false", {"value": False}),
        ("null", None),
    ],
)
async def test_data_is_an_object_a_list_of_objects_or_null_as_published_clients_want_it(
    hub_with: HubWith, answer: str, data: Any
) -> None:
    async with scripted(reply(answer)) as provider:
        text = PETDESK.replace("https://api.petdesk.example", provider.url)
        async with hub_with({"petdesk": text}) as hub:
            account_id = await hub.link_to("petdesk", {"token": "t" * 20})
            response = await hub.run(account_id, "petdesk_list_animals")

    assert response.status_code == 200, response.text
    assert response.json()["data"] == data


async def test_what_published_clients_send_beside_the_arguments_is_taken(hub: Running) -> None:
    account_id = await hub.link()

    response = await hub.api.post(
        "/actions/rpc?debug=true&run_id=7",
        headers={"x-account-id": account_id},
        json={
            "action": "iterable_list_channels",
            "query": {"page_size": 25, "debug": False},
            "headers": {"x-account-id": account_id, "accept": "application/json"},
            "defender_enabled": True,
            "defender_config": {"enabled": True, "block_high_risk": False},
        },
    )

    assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    ("address", "query"), [("?debug=true", {}), ("", {"debug": True})], ids=["address", "body"]
)
async def test_a_call_that_asks_for_it_says_what_was_sent_and_where_it_is_logged(
    hub: Running, address: str, query: dict[str, Any]
) -> None:
    account_id = await hub.link()

    response = await hub.api.post(
        f"/actions/rpc{address}",
        headers={"x-account-id": account_id},
        json={"action": "iterable_list_channels", "query": query},
    )

    told = response.json()["debug"]
    await hub.hub.write_buffer.flush()
    logged = await hub.api.get(f"/logs/actions/{told['action_run_id']}")
    assert logged.json()["data"]["action_id"] == "iterable_list_channels"
    (step,) = told["steps"]
    assert (step["step_function_name"], step["state"]) == ("request", "done")
    (request,) = step["requests"]
    assert (request["method"], request["status_code"]) == ("GET", 200)
    assert request["url"] == f"{US}/api/channels"
    assert request["headers"]["content-type"].startswith("application/json")
    assert hub.us_key not in response.text


async def test_a_call_says_nothing_of_how_it_went_unless_it_is_asked(hub: Running) -> None:
    account_id = await hub.link()

    response = await hub.run(account_id, "iterable_list_channels", query={"debug": False})

    assert response.json().keys() == {"data", "next"}


async def test_an_index_of_results_is_not_offered_and_says_so(hub: Running) -> None:
    account_id = await hub.link()

    response = await hub.api.post(
        "/actions/rpc?sync=true",
        headers={"x-account-id": account_id},
        json={"action": "iterable_list_channels"},
    )

    assert (response.status_code, response.json()["code"]) == (501, "sync_not_offered")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, ""),
        ({"action": ""}, "action"),
        ({"action": 7}, "action"),
        ({"action": "iterable_list_channels", "query": []}, "query"),
        ({"action": "iterable_list_channels", "body": "x"}, "body"),
        ({"action": "iterable_list_channels", "dry_run": "yes"}, "dry_run"),
    ],
)
async def test_a_call_of_the_wrong_shape_is_named_by_its_path(
    hub: Running, body: dict[str, Any], path: str
) -> None:
    response = await hub.api.post("/actions/rpc", json=body)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["faults"][0]["path"] == path


async def test_a_dry_run_shows_the_request_and_sends_nothing(hub: Running) -> None:
    account_id = await hub.link()
    before = len(hub.sandbox.us.requests)

    response = await hub.run(
        account_id,
        "iterable_create_list",
        body={"name": f"about {hub.us_key}"},
        dry_run=True,
    )

    assert response.json() == {
        "data": {
            "dry_run": True,
            "action": "iterable_create_list",
            "requests": [
                {
                    "method": "POST",
                    "url": "https://api.iterable.com/api/lists",
                    "headers": {
                        "Api-Key": "[redacted]",
                        "Content-Type": "application/json",
                        "Accept": "application/json, text/plain, */*",
                    },
                    "body": {"name": "about [redacted]"},
                }
            ],
        },
        "next": None,
    }
    assert len(hub.sandbox.us.requests) == before
    await hub.hub.write_buffer.flush()
    assert await hub.hub.db.unscoped("select id from runs") == []


async def test_a_dry_run_can_be_asked_for_in_the_query(hub: Running) -> None:
    account_id = await hub.link()

    response = await hub.api.post(
        "/actions/rpc?dry_run=true",
        headers={"x-account-id": account_id},
        json={"action": "iterable_get_list_size", "path": {"listId": 7}},
    )

    (request,) = response.json()["data"]["requests"]
    assert (request["method"], request["body"]) == ("GET", None)
    assert request["url"] == "https://api.iterable.com/api/lists/7/size"


async def test_a_dry_run_is_checked_like_any_other(hub: Running) -> None:
    account_id = await hub.link()
    await hub.api.post(f"/jackfield/accounts/{account_id}/suspend")

    paused = await hub.run(account_id, "iterable_list_channels", dry_run=True)
    await hub.api.post(f"/jackfield/accounts/{account_id}/resume")
    wrong = await hub.run(account_id, "iterable_get_list_size", path={"listId": "x"}, dry_run=True)

    assert (paused.status_code, wrong.status_code) == (412, 422)


async def hang(_writer: asyncio.StreamWriter, _seen: Seen) -> None:
    await asyncio.Event().wait()


async def test_a_request_ends_with_its_life_and_says_when_to_try_again(
    data_dir: Path, clock: FrozenClock, sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [*[reply(CHANNELS)] * LINKING, hang]

    async def switch(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await (turns.pop(0) if len(turns) > 1 else turns[0])(writer, seen)

    monkeypatch.setattr(run_recorder, "LIFE_SECONDS", 0.2)
    async with (
        scripted(switch) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        account_id = await hub.link(key="k" * 32)
        response = await hub.run(account_id, "iterable_list_channels")

    assert (response.status_code, response.json()["code"]) == (408, "request_timeout")
    assert response.headers["retry-after"] == "60"


@pytest.fixture
async def slow(
    data_dir: Path, clock: FrozenClock, sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[tuple[Running, asyncio.Event]]:
    """Run a hub whose provider answers once it is let, and that beats often meanwhile."""
    let = asyncio.Event()
    linking = list(range(LINKING))

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        if linking:
            linking.pop()
        else:
            await let.wait()
        if seen.line.startswith("GET /api/lists"):
            await reply('{"msg": "no such list"}', status=400)(writer, seen)
        else:
            await reply(CHANNELS)(writer, seen)

    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.05)
    async with (
        scripted(answer) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        yield hub, let


async def ask_with_heartbeat(hub: Running, account_id: str, **body: Any) -> httpx2.Response:
    return await hub.api.post(
        "/actions/rpc",
        headers={"x-account-id": account_id, "prefer": "heartbeat"},
        json=body,
    )


async def test_lines_keep_a_connection_alive_until_the_answer_is_there(
    slow: tuple[Running, asyncio.Event],
) -> None:
    hub, let = slow
    account_id = await hub.link(key="k" * 32)
    asyncio.get_running_loop().call_later(0.3, let.set)

    response = await ask_with_heartbeat(hub, account_id, action="iterable_list_channels")

    assert response.status_code == 200
    assert response.headers["preference-applied"] == "heartbeat"
    assert response.headers["x-request-id"].startswith("req_")
    assert response.text.startswith("\n\n")
    assert response.json()["data"][0]["name"] == "Promotions"


async def test_an_error_after_the_first_line_is_told_in_the_body(
    slow: tuple[Running, asyncio.Event],
) -> None:
    hub, let = slow
    account_id = await hub.link(key="k" * 32)
    asyncio.get_running_loop().call_later(0.2, let.set)

    response = await ask_with_heartbeat(
        hub, account_id, action="iterable_get_list_size", path={"listId": 7}
    )

    assert response.status_code == 200
    assert response.json()["statusCode"] == 502
    assert response.json()["code"] == "provider_rejected"
    assert response.json()["request_id"] == response.headers["x-request-id"]


async def test_a_quick_answer_has_its_own_status_even_with_a_heartbeat(hub: Running) -> None:
    account_id = await hub.link()

    done = await ask_with_heartbeat(hub, account_id, action="iterable_list_channels")
    refused = await ask_with_heartbeat(hub, account_id, action="iterable_nothing")

    assert (done.status_code, done.headers["preference-applied"]) == (200, "heartbeat")
    assert not done.text.startswith("\n")
    assert (refused.status_code, refused.json()["code"]) == (404, "action_not_found")


async def test_a_file_comes_as_the_bytes_it_is(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Any
) -> None:
    async with hub_with_files(sandbox, tmp_path, data_dir=data_dir, clock=clock) as (hub, account):
        response = await hub.run(account, "acme_download_report")

    assert response.status_code == 200, response.text
    assert response.content == PDF
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")


async def test_a_call_is_answered_over_a_real_connection_with_heartbeats(
    data_dir: Path, sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [reply(CHANNELS)]

    async def late(writer: asyncio.StreamWriter, seen: Seen) -> None:
        if turns:
            await turns.pop()(writer, seen)
            return
        await asyncio.sleep(0.3)
        await reply(CHANNELS)(writer, seen)

    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.05)
    async with (
        scripted(late) as provider,
        serving_hub(sandbox, data_dir=data_dir, provider=provider.url) as hub,
    ):
        account_id = await hub.link(key="k" * 32)
        response = await ask_with_heartbeat(hub, account_id, action="iterable_list_channels")

    assert response.text.startswith("\n\n")
    assert response.json()["data"][0]["name"] == "Promotions"


@pytest.mark.parametrize(
    "named",
    ["text/plain\r\nset-cookie: a=b", "text/plain\n", "te\u00e9xt", "\u65e5\u672c", "", "x" * 300],
)
def test_a_type_that_no_header_can_carry_is_not_passed_on(named: str) -> None:
    response = download(File(b"content", named, "report"))

    assert response.headers["content-type"] == "application/octet-stream"
    assert "set-cookie" not in response.headers
    assert response.body == b"content"
