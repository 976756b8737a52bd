"""What a client and the endpoint agree on before anything is run: challenge, origin, form, revision."""

from typing import Any

import pytest

from jackfield.projects import service as projects
from jackfield.projects.repo import ApiKeys
from tests.mcp.conftest import post
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = pytest.mark.anyio

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
MODERN = "2026-07-28"


@pytest.mark.parametrize(
    ("authorization", "is_told_invalid"),
    [(None, False), ("nonsense", False), ("Bearer jf_sk_wrong", True), ("Basic eDo=", True)],
)
@pytest.mark.parametrize("path", ["/mcp", "/accounts"])
async def test_a_stranger_is_told_each_way_to_send_a_key_and_whether_his_was_one(
    hub: Running, path: str, authorization: str | None, *, is_told_invalid: bool
) -> None:
    headers = {"authorization": authorization} if authorization else {}
    method = "POST" if path == "/mcp" else "GET"

    response = await hub.api.request(method, path, headers=headers, auth=None)

    challenge = response.headers["www-authenticate"]
    assert response.status_code == 401
    assert challenge.startswith("Basic realm=")
    assert 'Bearer realm="Jackfield"' in challenge
    assert ('error="invalid_token"' in challenge) is is_told_invalid


async def test_a_revoked_key_is_told_to_be_invalid(hub: Running) -> None:
    account = await hub.link()
    headers = {"authorization": f"Bearer {await hub.key()}", "x-account-id": account}
    good = await hub.api.post("/mcp", json=LIST, headers=headers, auth=None)
    owner = await projects.ensure_project(hub.hub, TESTER, "default")
    async with hub.hub.db.write(owner.id, TESTER) as tx:
        for key in await ApiKeys(tx).all():
            await ApiKeys(tx).revoke(key.id)

    revoked = await hub.api.post("/mcp", json=LIST, headers=headers, auth=None)

    assert (good.status_code, revoked.status_code) == (200, 401)
    assert 'error="invalid_token"' in revoked.headers["www-authenticate"]


async def test_a_page_of_another_site_is_told_the_setting_that_decides(hub: Running) -> None:
    response = await post(hub, LIST, origin="https://evil.example")

    assert (response.status_code, response.json()["code"]) == (403, "origin_refused")
    assert "JACKFIELD_PUBLIC_URL" in response.json()["message"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json;q=0, text/event-stream", "text/event-stream"),
        ("application/json; q=0.0, */*", "text/event-stream"),
        ("application/*;q=0, */*", "text/event-stream"),
        ("text/event-stream;q=0, application/json;q=0.1", "application/json"),
        ("*/*;q=0, application/json", "application/json"),
        ("APPLICATION/JSON;Q=1", "application/json"),
        ("text/*", "text/event-stream"),
        ("application/json;q=0", None),
        ("*/*;q=0.000", None),
        ("application/jsonl", None),
        ("", None),
    ],
)
async def test_a_form_the_client_does_not_want_is_not_sent(
    hub: Running, accept: str, kind: str | None
) -> None:
    account = await hub.link()

    response = await post(hub, LIST, accept=accept, x_account_id=account)

    assert response.status_code == (406 if kind is None else 200)
    if kind is not None:
        assert response.headers["content-type"].partition(";")[0] == kind


def modern(method: str, **params: Any) -> dict[str, Any]:
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    return {**LIST, "method": method, "params": {**params, "_meta": meta}}


@pytest.mark.parametrize("method", ["ping", "logging/setLevel", "initialize"])
async def test_what_belongs_to_an_introduction_is_no_method_where_there_is_none(
    hub: Running, method: str
) -> None:
    account = await hub.link()
    headers = {"mcp_protocol_version": MODERN, "mcp_method": method}

    response = await post(hub, modern(method), x_account_id=account, **headers)
    before = await post(hub, {**LIST, "method": method}, x_account_id=account)

    assert (response.status_code, response.json()["error"]["code"]) == (404, -32601)
    assert "result" in before.json()


@pytest.mark.parametrize("blank", [" ", "\t", "  \t "])
async def test_blanks_around_a_header_are_no_contradiction(hub: Running, blank: str) -> None:
    account = await hub.link()
    name = "iterable_list_channels"
    headers = {
        "mcp_protocol_version": MODERN + blank,
        "mcp_method": "tools/call" + blank,
        "mcp_name": name + blank,
    }

    response = await post(hub, modern("tools/call", name=name), x_account_id=account, **headers)
    other = await post(
        hub,
        modern("tools/call", name=name),
        x_account_id=account,
        **{**headers, "mcp_name": "iterable_list channels"},
    )

    assert response.json()["result"]["isError"] is False
    assert other.json()["error"]["code"] == -32020
