import json
from typing import Any

import pytest

from jackfield.projects.models import Scope
from tests.a2a.conftest import post, rpc, said
from tests.support.running import Running

pytestmark = pytest.mark.anyio

ORDER = {"action": "iterable_list_channels"}
SEND = rpc("message/send", said(ORDER))


@pytest.mark.parametrize(
    ("content", "code", "answered"),
    [
        (b"{", -32700, None),
        (b"\xff\xfe", -32700, None),
        (b"[" * 100_000, -32700, None),
        (b"[" * 200 + b"]" * 200, -32600, None),
        (b"7", -32600, None),
        (b"[]", -32600, None),
        (b'{"jsonrpc": "2.0", "method": "message/send"}', -32600, None),
        (b'{"jsonrpc": "2.0", "method": "message/send", "id": {}}', -32600, None),
        (b'{"jsonrpc": "1.0", "method": "message/send", "id": 7}', -32600, 7),
        (b'{"jsonrpc": "2.0", "method": 5, "id": 7}', -32600, 7),
        (b'{"jsonrpc": "2.0", "method": "message/send", "params": [], "id": 7}', -32602, 7),
        (b'{"jsonrpc": "2.0", "method": "message/send", "id": "seven"}', -32602, "seven"),
        (b'{"jsonrpc": "2.0", "method": "no/such", "id": 7}', -32601, 7),
    ],
)
async def test_what_is_no_request_is_a_clear_error(
    hub: Running, content: bytes, code: int, answered: Any
) -> None:
    account = await hub.link()
    headers = {"content-type": "application/json", "x-account-id": account}

    response = await hub.api.post("/", content=content, headers=headers)

    assert response.status_code == 200
    assert (response.json()["error"]["code"], response.json()["id"]) == (code, answered)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"message": {"role": "user", "parts": []}}, -32602),
        (said(), -32602),
        (said(""), -32602),
        (said("x" * 2001), -32602),
        (said({"query": {}}), -32602),
        (said({"action": 7}), -32602),
        (said(ORDER, ORDER), -32602),
        (said({"kind": "picture"}), -32602),
        (said("x", message={"role": "somebody"}), -32602),
        (said("x", message={"kind": "task"}), -32602),
        (said("x", message={"kind": None}), -32602),
        (said("x", message={"contextId": "x" * 256}), -32602),
        (said({"kind": "file", "file": {"uri": "https://example.com"}}), -32005),
        (said("x", configuration={"acceptedOutputModes": ["image/png"]}), -32005),
        (said("x", configuration={"pushNotificationConfig": {"url": "https://x"}}), -32003),
        (said("x", message={"taskId": "t-1"}), -32001),
    ],
)
async def test_a_message_that_cannot_be_taken_is_refused_and_nothing_is_run(
    hub: Running, params: Any, code: int
) -> None:
    account = await hub.link()
    before = len(hub.sandbox.us.requests)

    response = await post(hub, rpc("message/send", params), x_account_id=account)

    assert (response.status_code, response.json()["error"]["code"]) == (200, code)
    assert len(hub.sandbox.us.requests) == before


@pytest.mark.parametrize("version", ["1.0", "99.0", "0.2", "0.30", "three", "0.3, 1.0"])
@pytest.mark.parametrize("method", ["message/send", "message/stream", "tasks/get", "no/such"])
async def test_a_version_that_is_not_spoken_is_refused_and_nothing_is_run(
    hub: Running, method: str, version: str
) -> None:
    account = await hub.link()
    before = len(hub.sandbox.us.requests)

    response = await post(hub, rpc(method, said(ORDER)), x_account_id=account, a2a_version=version)

    content = response.text.removeprefix("data: ")
    error = json.loads(content)["error"]
    assert (error["code"], "A2A 0.3" in error["message"]) == (-32009, True)
    assert len(hub.sandbox.us.requests) == before


@pytest.mark.parametrize("version", ["0.3", "0.3.0", " 0.3.7 ", ""])
async def test_a_version_that_is_spoken_is_answered(hub: Running, version: str) -> None:
    response = await post(hub, SEND, x_account_id=await hub.link(), a2a_version=version)

    assert response.json()["result"]["status"]["state"] == "completed"


@pytest.mark.parametrize(
    ("method", "here"),
    [
        ("SendMessage", "message/send"),
        ("SendStreamingMessage", "message/stream"),
        ("GetTask", "tasks/get"),
    ],
)
async def test_a_method_of_a_later_version_is_told_by_its_name_here(
    hub: Running, method: str, here: str
) -> None:
    error = (await post(hub, rpc(method, said(ORDER)))).json()["error"]

    assert (error["code"], f"'{here}'" in error["message"]) == (-32601, True)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("tasks/get", {"id": "t-1"}, -32001),
        ("tasks/get", {}, -32602),
        ("tasks/cancel", {"id": "t-1"}, -32001),
        ("tasks/pushNotificationConfig/set", {}, -32003),
        ("tasks/pushNotificationConfig/get", {"id": "t-1"}, -32003),
        ("tasks/pushNotificationConfig/list", {"id": "t-1"}, -32003),
        ("tasks/pushNotificationConfig/delete", {"id": "t-1"}, -32003),
        ("tasks/list", {}, -32601),
    ],
)
async def test_what_the_card_does_not_offer_is_refused_in_the_protocols_words(
    hub: Running, method: str, params: Any, code: int
) -> None:
    response = await post(hub, rpc(method, params))

    assert (response.status_code, response.json()["error"]["code"]) == (200, code)


@pytest.mark.parametrize("authorization", [None, "Basic eDo=", "Bearer jf_sk_wrong", "nonsense"])
async def test_a_stranger_is_refused(hub: Running, authorization: str | None) -> None:
    account = await hub.link()
    headers = {"authorization": authorization} if authorization else {}

    response = await hub.api.post(
        "/", json=SEND, headers={"x-account-id": account, **headers}, auth=None
    )

    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    assert "Basic" in response.headers["www-authenticate"]


async def test_a_key_must_be_allowed_to_run_actions(hub: Running) -> None:
    account, key = await hub.link(), await hub.key(scopes=frozenset({Scope.ACCOUNTS_READ}))

    response = await hub.api.post("/", json=SEND, headers={"x-account-id": account}, auth=(key, ""))

    assert (response.status_code, response.json()["code"]) == (403, "missing_scope")


async def test_a_key_is_taken_as_bearer_too(hub: Running) -> None:
    account, key = await hub.link(), await hub.key()
    headers = {"x-account-id": account, "authorization": f"Bearer {key}"}

    response = await hub.api.post("/", json=SEND, headers=headers, auth=None)

    assert response.json()["result"]["status"]["state"] == "completed"


async def test_accounts_that_cannot_be_used_are_refused_with_the_reason(hub: Running) -> None:
    paused = await hub.link()
    await hub.api.post(f"/jackfield/accounts/{paused}/suspend")

    refused = [
        (await post(hub, SEND, **headers)).json()["error"]
        for headers in ({}, {"x_account_id": "acc_0"}, {"x_account_id": paused})
    ]

    assert [each["code"] for each in refused] == [-32602] * 3
    assert [each["data"]["code"] for each in refused] == [
        "account_missing",
        "account_not_found",
        "account_not_usable",
    ]


async def test_another_projects_account_cannot_be_told_from_none(hub: Running) -> None:
    account = await hub.link()
    theirs = await hub.key(project="theirs")

    answers = [
        (
            await hub.api.post("/", json=SEND, headers={"x-account-id": each}, auth=(theirs, ""))
        ).json()["error"]
        for each in (account, "acc_0")
    ]

    assert answers[0] == answers[1]
    assert answers[0]["data"]["statusCode"] == 404


async def test_an_account_of_the_address_is_not_taken(hub: Running) -> None:
    account = await hub.link()

    response = await hub.api.post(f"/?x-account-id={account}", json=SEND)

    assert response.json()["error"]["data"]["code"] == "account_missing"


async def test_only_json_is_read(hub: Running) -> None:
    response = await hub.api.post("/", content=b"a=1", headers={"content-type": "text/plain"})

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
async def test_the_root_still_leads_people_to_the_dashboard(hub: Running, accept: str) -> None:
    shown = await hub.api.get("/", headers={"accept": accept}, auth=None)
    put = await hub.api.put("/", json={}, auth=None)

    assert (shown.status_code, shown.headers["location"]) == (303, "/dashboard")
    assert put.status_code == 405
