import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import KEY
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio


async def proxy(hub: Running, account_id: str, **body: Any) -> httpx2.Response:
    return await hub.api.post("/unified/proxy", headers={"x-account-id": account_id}, json=body)


async def test_an_account_that_was_linked_for_some_actions_sends_no_request_of_ones_own(
    hub: Running,
) -> None:
    limited = await hub.link(actions=["iterable_list_lists"])
    trusted = await hub.link(actions=["iterable_list_lists", "iterable_proxy"], multiple=True)

    refused = await proxy(hub, limited, path="/api/lists")
    taken = await proxy(hub, trusted, path="/api/lists")

    assert (refused.status_code, refused.json()["code"]) == (403, "action_not_allowed")
    assert taken.status_code == 200


async def test_a_request_of_ones_own_is_sent_with_the_accounts_credential(hub: Running) -> None:
    account_id = await hub.link()

    response = await proxy(hub, account_id, path="/api/lists?x=1")

    assert response.status_code == 200
    assert response.json()["status"] == 200
    assert response.json()["headers"]["content-type"].startswith("application/json")
    assert response.json()["data"]["lists"]
    assert response.json()["provider_errors"] is None


async def test_the_account_can_be_named_in_the_body(hub: Running) -> None:
    account_id = await hub.link()

    named = await hub.api.post(
        "/unified/proxy", json={"path": "/api/lists", "headers": {"X-Account-Id": account_id}}
    )
    missing = await hub.api.post("/unified/proxy", json={"path": "/api/lists"})

    assert named.json()["status"] == 200
    assert (missing.status_code, missing.json()["code"]) == (400, "account_missing")


async def test_method_headers_and_body_go_as_they_are_and_the_credential_is_ours(
    echoing: tuple[Running, list[Seen], str],
) -> None:
    hub, seen, account_id = echoing

    response = await proxy(
        hub,
        account_id,
        method="post",
        path="api/lists?name=a%20b&x=${credentials.api_key}",
        headers={"X-Trace": 7, "api-key": "mine", "Host": "evil.test", "Cookie": "a=b"},
        body={"name": "{{credentials.api_key}}", "n": 1},
    )

    assert response.json()["status"] == 200
    (sent,) = seen
    assert sent.line.split()[:2] == [
        "POST",
        "/api/lists?name=a%20b&x=${credentials.api_key}",
    ]
    assert sent.headers["api-key"] == KEY
    assert sent.headers["x-trace"] == "7"
    assert sent.headers["content-type"] == "application/json"
    assert "evil.test" not in sent.headers["host"]
    assert "cookie" not in sent.headers
    assert json.loads(sent.body) == {"name": "{{credentials.api_key}}", "n": 1}


async def test_what_the_provider_echoes_of_the_credential_stays_here(
    echoing: tuple[Running, list[Seen], str],
) -> None:
    hub, _, account_id = echoing

    response = await proxy(hub, account_id, path="/api/lists")

    assert KEY not in response.text
    assert response.json()["headers"]["x-echo"] == "[redacted]"
    assert "set-cookie" not in response.json()["headers"]


@pytest.mark.parametrize(
    ("headers", "body", "sent", "kind"),
    [
        ({}, "plain text", "plain text", "text/plain; charset=utf-8"),
        ({"Content-Type": "application/xml"}, "<a/>", "<a/>", "application/xml"),
        (
            {"content-type": "application/x-www-form-urlencoded"},
            {"a": "1 2", "b": ["x", "y"]},
            "a=1+2&b=x&b=y",
            "application/x-www-form-urlencoded",
        ),
        ({}, [1, 2], "[1,2]", "application/json"),
    ],
)
async def test_a_body_is_written_as_its_content_type_asks(
    echoing: tuple[Running, list[Seen], str],
    headers: dict[str, str],
    body: Any,
    sent: str,
    kind: str,
) -> None:
    hub, seen, account_id = echoing

    await proxy(hub, account_id, method="PUT", path="/x", headers=headers, body=body)

    assert (seen[0].body.decode(), seen[0].headers["content-type"]) == (sent, kind)


async def test_a_refusal_of_the_provider_comes_back_as_it_is(hub: Running) -> None:
    account_id = await hub.link()

    response = await proxy(hub, account_id, path="/api/lists/999999/size")

    body = response.json()
    assert (response.status_code, body["status"]) == (200, 400)
    assert body["provider_errors"][0]["status"] == 400
    assert body["provider_errors"][0]["url"] == "/api/lists/999999/size"
    assert body["provider_errors"][0]["raw"] == body["data"]


async def test_a_refused_credential_puts_the_account_in_doubt(hub: Running) -> None:
    account_id = await hub.link()
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True

    response = await proxy(hub, account_id, path="/api/lists")

    assert response.json()["status"] == 401
    assert (await hub.api.get(f"/accounts/{account_id}")).json()["status"] == "error"


@pytest.mark.parametrize(
    "where",
    [
        {"url": "https://evil.test"},
        {"url": "https://api.iterable.com.evil.test"},
        {"url": "https://api.iterable.com@evil.test"},
        {"url": "https://evil.test#@api.iterable.com"},
        {"url": "https://evil.test\\@api.iterable.com"},
        {"url": "http://api.iterable.com"},
        {"url": "http://169.254.169.254/latest"},
        {"url": "http://127.0.0.1:9901"},
        {"url": "file:///etc/passwd"},
        {"url": "//evil.test"},
        {"url": "api.iterable.com"},
    ],
)
async def test_credentials_go_to_no_host_the_connector_does_not_declare(
    hub: Running, where: dict[str, str]
) -> None:
    account_id = await hub.link()
    before = len(hub.sandbox.us.requests)

    response = await proxy(hub, account_id, path="/api/lists", **where)

    assert (response.status_code, response.json()["code"]) == (400, "host_not_declared")
    assert len(hub.sandbox.us.requests) == before


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(path=st.text(alphabet="/\\@:.?#%[]a0 \t\r\nε", max_size=12))
async def test_no_path_leads_to_another_host(
    echoing: tuple[Running, list[Seen], str], path: str
) -> None:
    hub, seen, account_id = echoing
    seen.clear()

    response = await proxy(hub, account_id, path=path, dry_run=True)

    assert response.status_code in (200, 400, 422), response.text
    if response.status_code == 200:
        (request,) = response.json()["data"]["requests"]
        assert request["url"].startswith("https://api.iterable.com/")
    assert seen == []


async def test_another_region_of_the_same_connector_may_be_asked(
    echoing: tuple[Running, list[Seen], str],
) -> None:
    hub, _, account_id = echoing

    response = await proxy(
        hub, account_id, url="https://api.eu.iterable.com/api", path="/lists", dry_run=True
    )

    (request,) = response.json()["data"]["requests"]
    assert request["url"] == "https://api.eu.iterable.com/api/lists"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"method": "TRACE"}, "method"),
        ({"path": "https://evil.test/x"}, "path"),
        ({"path": 7}, "path"),
        ({"headers": {"bad name": "x"}}, "headers"),
        ({"headers": {"x": "a\r\nhost: evil.test"}}, "headers"),
        ({"headers": {"x": {}}}, "headers[...]"),
    ],
)
async def test_what_is_no_request_is_named_by_its_path(
    hub: Running, body: dict[str, Any], path: str
) -> None:
    account_id = await hub.link()

    response = await proxy(hub, account_id, **body)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["faults"][0]["path"] == path
    assert "evil" not in response.json()["message"]


async def test_a_dry_run_shows_the_request_without_the_credential(
    echoing: tuple[Running, list[Seen], str],
) -> None:
    hub, seen, account_id = echoing

    response = await proxy(hub, account_id, method="delete", path="/api/lists/7", dry_run=True)

    assert response.json()["data"] == {
        "dry_run": True,
        "requests": [
            {
                "method": "DELETE",
                "url": "https://api.iterable.com/api/lists/7",
                "headers": {"Api-Key": "[redacted]"},
                "body": None,
            }
        ],
    }
    assert seen == []


async def test_a_profile_that_allows_some_actions_allows_no_proxy_unless_it_says_so(
    hub: Running,
) -> None:
    account_id = await hub.link()
    profile = (await hub.api.get(f"/accounts/{account_id}")).json()["connector_profile_id"]
    path = f"/connector_profiles/{profile}"

    await hub.api.patch(path, json={"allowed_actions": ["iterable_list_lists"]})
    refused = await proxy(hub, account_id, path="/api/lists")
    await hub.api.patch(path, json={"allowed_actions": ["iterable_proxy"]})
    allowed = await proxy(hub, account_id, path="/api/lists")

    assert (refused.status_code, refused.json()["code"]) == (403, "action_not_allowed")
    assert allowed.json()["status"] == 200


async def test_bytes_that_are_no_text_come_as_base64(
    data_dir: Path, clock: FrozenClock, sandbox: Any
) -> None:
    linked = reply('{"channels": []}')
    turns = [linked, linked, reply(b"\xff\x00\xfe", headers={"content-type": "image/x"})]

    async def switch(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await (turns.pop(0) if len(turns) > 1 else turns[0])(writer, seen)

    async with (
        scripted(switch) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        account_id = await hub.link(key=KEY)
        response = await proxy(hub, account_id, path="/image")

    assert response.json()["data"] == "/wD+"
    assert response.json()["encoding"] == "base64"


async def test_another_projects_account_cannot_be_told_from_none(hub: Running) -> None:
    account_id = await hub.link()
    theirs = await hub.key(project="theirs")

    async def ask(account: str) -> dict[str, Any]:
        response = await hub.api.post(
            "/unified/proxy",
            auth=(theirs, ""),
            headers={"x-account-id": account},
            json={"path": "/api/lists"},
        )
        body = response.json()
        return {"status": response.status_code, "code": body["code"], "said": body["message"]}

    assert await ask(account_id) == await ask("acc_0")
