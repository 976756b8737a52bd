"""Answers that cannot be written back as they came, or that say half of what they should."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.api.test_writes import ACME
from tests.support.clock import FrozenClock
from tests.support.running import HubWith, Running, running_hub, serving_hub
from tests.support.scripted import Answer, Seen, reply, scripted

pytestmark = pytest.mark.anyio

KEY = "0123456789abcdef0123456789abcdef"
GOOD = '{"channels": [{"id": 1}]}'
ROWS = b"".join(b"user%d@x.com\n" % number for number in range(2000))


@asynccontextmanager
async def answering(
    data_dir: Path, sandbox: Sandbox, then: Answer, *, listening: bool = False
) -> AsyncGenerator[tuple[Running, str]]:
    """Run a hub with one account, whose provider answers everything else with `then`."""
    linked = asyncio.Event()

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await (then if linked.is_set() else reply(GOOD))(writer, seen)

    async with (
        scripted(answer) as provider,
        (
            serving_hub(sandbox, data_dir=data_dir, provider=provider.url)
            if listening
            else running_hub(sandbox, data_dir=data_dir, clock=FrozenClock(), provider=provider.url)
        ) as hub,
    ):
        account_id = await hub.link(key=KEY)
        linked.set()
        yield hub, account_id


async def run(hub: Running, account_id: str, action: str, **places: Any) -> httpx2.Response:
    return await hub.api.post(
        "/actions/rpc",
        headers={"x-account-id": account_id},
        json={"action": f"iterable_{action}", **places},
    )


async def proxy(hub: Running, account_id: str) -> dict[str, Any]:
    response = await hub.api.post(
        "/unified/proxy", headers={"x-account-id": account_id}, json={"path": "/raw"}
    )
    assert response.status_code == 200, response.text
    return response.json()


def with_header(name: bytes, value: bytes, body: bytes = b"{}", status: int = 200) -> Answer:
    async def answer(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        writer.write(
            b"HTTP/1.1 %d X\r\n%b: %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%b" % (status, name, value, len(body), body)
        )

    return answer


@pytest.mark.parametrize(
    "body", ['{"lists": [{"name": "\\ud83d"}]}', '{"lists": [{"\\ud83d": 1}]}']
)
async def test_half_a_character_of_the_provider_reaches_the_caller_as_a_mark(
    data_dir: Path, sandbox: Sandbox, body: str
) -> None:
    async with answering(data_dir, sandbox, reply(body)) as (hub, account_id):
        response = await run(hub, account_id, "list_lists")

    assert response.status_code == 200
    assert "\ufffd" in json.dumps(response.json(), ensure_ascii=False)


NOTED = """
  - {actionId: note, actionType: custom, effects: [read], label: Note, description: d,
     categories: [documents],
     steps: [{stepId: ask, stepFunction: {functionName: request,
              parameters: {method: get, url: /note}}}],
     result: {data: $.steps.ask.output.data.data, note: $.steps.ask.output.data.note}}
"""


async def test_half_a_character_beside_the_data_of_a_result_is_replaced(hub_with: HubWith) -> None:
    async with scripted(reply('{"data": [{"id": 7}], "note": "no \\ud83d"}')) as provider:
        text = ACME.format(url=provider.url).replace("engine: strict\n", "") + NOTED
        async with hub_with({"acme": text}) as hub:
            account_id = await hub.link_to("acme", {"token": "t" * 20})
            response = await hub.run(account_id, "acme_note")

    assert response.json() == {"data": [{"id": 7}], "note": "no \ufffd", "next": None}


@pytest.mark.parametrize("status", [400, 401, 404])
async def test_half_a_character_in_a_refusal_is_told_as_any_refusal(
    data_dir: Path, sandbox: Sandbox, status: int
) -> None:
    refusal = reply('{"msg": "no \\ud83d"}', status=status)
    async with answering(data_dir, sandbox, refusal) as (hub, account_id):
        response = await run(hub, account_id, "list_lists")

    assert "no \ufffd" in response.json()["message"]
    assert response.json()["request_id"]


async def test_a_refused_link_with_half_a_character_is_a_refusal_and_noted(
    data_dir: Path, sandbox: Sandbox
) -> None:
    refusal = reply('{"msg": "bad \\ud83d", "code": "x"}', status=401)
    async with (
        scripted(refusal) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=FrozenClock(), provider=provider.url) as hub,
    ):
        session = await hub.session()
        response = await hub.submit(session["token"], {"api_key": KEY, "region": "us"})

    assert response.status_code == 400
    assert "\ufffd" in response.text


@pytest.mark.parametrize("status", [200, 400])
async def test_a_header_that_is_no_utf8_is_passed_on_by_the_proxy(
    data_dir: Path, sandbox: Sandbox, status: int
) -> None:
    odd = with_header(b"x-request-id", b"caf\xe9", status=status)
    async with answering(data_dir, sandbox, odd) as (hub, account_id):
        answer = await proxy(hub, account_id)

    assert answer["headers"]["x-request-id"] == "café"


async def test_a_header_that_is_no_utf8_does_not_hide_a_refusal(
    data_dir: Path, sandbox: Sandbox
) -> None:
    odd = with_header(b"x-request-id", b"caf\xe9", b'{"msg": "nope"}', status=400)
    async with answering(data_dir, sandbox, odd) as (hub, account_id):
        response = await run(hub, account_id, "list_lists")

    assert response.json()["provider_errors"][0]["headers"]["x-request-id"] == "café"


@pytest.mark.parametrize(
    ("body", "kind", "data", "encoding"),
    [
        (b"1.10", "text/plain", "1.10", None),
        (b"null", "text/plain", "null", None),
        (b'"quoted"', "text/plain; charset=utf-8", '"quoted"', None),
        (b'{"a": 1}', "text/plain", {"a": 1}, None),
        (b"1.5", "application/json", 1.5, None),
        (b"null", "application/json", None, None),
        (b"caf\xe9", "text/plain; charset=iso-8859-1", "café", None),
        (b"caf\xe9", "text/plain", "Y2Fm6Q==", "base64"),
        (b'{"name":"caf\xe9"}', "application/json", "eyJuYW1lIjoiY2Fm6SJ9", "base64"),
        (b'{"name":"caf\xe9"}', "application/json; charset=latin1", {"name": "café"}, None),
        (b'{"n": 1e999}', "application/json", '{"n": 1e999}', None),
        (b'{"n": 7615917337495251231}', "application/json", {"n": 7615917337495251231}, None),
    ],
)
async def test_the_proxy_gives_a_body_back_as_what_it_is(
    data_dir: Path, sandbox: Sandbox, body: bytes, kind: str, data: object, encoding: str | None
) -> None:
    provider = reply(body, headers={"content-type": kind})
    async with answering(data_dir, sandbox, provider) as (hub, account_id):
        answer = await proxy(hub, account_id)

    assert (answer["data"], answer.get("encoding")) == (data, encoding)


@pytest.mark.parametrize("action", ["get_list_users", "get_campaign_metrics"])
async def test_an_error_in_place_of_rows_is_no_success(
    data_dir: Path, sandbox: Sandbox, action: str
) -> None:
    places = {
        "get_list_users": {"query": {"listId": 1}},
        "get_campaign_metrics": {"query": {"campaignId": [1]}},
    }[action]
    provider = reply('{"msg":"try later","code":"GenericError","params":null}')
    async with answering(data_dir, sandbox, provider) as (hub, account_id):
        response = await run(hub, account_id, action, **places)

    assert (response.status_code, response.json()["code"]) == (502, "provider_answer_unreadable")
    assert "try later" in response.json()["message"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html><title>Maintenance</title></html>", "text/html"),
        (b"<!doctype html><title>Maintenance</title>", "application/x-json-stream"),
    ],
)
async def test_a_page_in_place_of_a_streamed_export_is_an_error(
    data_dir: Path, sandbox: Sandbox, body: bytes, kind: str
) -> None:
    provider = reply(body, headers={"content-type": kind})
    order = {
        "action": "iterable_export_data_json",
        "query": {"dataTypeName": "user", "range": "All"},
    }
    async with answering(data_dir, sandbox, provider, listening=True) as (hub, account_id):
        response = await hub.api.post(
            "/actions/rpc?stream=true", headers={"x-account-id": account_id}, json=order
        )

    assert (response.status_code, response.json()["code"]) == (502, "provider_answer_unreadable")


@pytest.mark.slow
async def test_half_a_packed_export_never_ends_as_a_whole_one(
    data_dir: Path, sandbox: Sandbox
) -> None:
    packer = zlib.compressobj(wbits=31)
    cut = packer.compress(ROWS) + packer.flush(zlib.Z_SYNC_FLUSH)
    provider = reply(cut, headers={"content-type": "text/plain", "content-encoding": "gzip"})
    order = {"action": "iterable_get_list_users", "query": {"listId": 1}}
    async with answering(data_dir, sandbox, provider, listening=True) as (hub, account_id):
        gathered = await run(hub, account_id, "get_list_users", query={"listId": 1})
        with pytest.raises(httpx2.HTTPError):
            async with hub.api.stream(
                "POST",
                "/actions/rpc?stream=true",
                headers={"x-account-id": account_id},
                json=order,
            ) as response:
                response.raise_for_status()
                async for _ in response.aiter_bytes():
                    pass

    assert gathered.status_code == 503
    assert gzip.decompress(gzip.compress(ROWS)) == ROWS


@pytest.mark.parametrize(
    "body", ['{"success": false, "error": {"message": "no"}}', "{}", '{"channels": null}']
)
async def test_a_link_does_not_pass_on_a_success_that_is_none(
    data_dir: Path, sandbox: Sandbox, body: str
) -> None:
    async with (
        scripted(reply(body)) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=FrozenClock(), provider=provider.url) as hub,
    ):
        session = await hub.session()
        response = await hub.submit(session["token"], {"api_key": KEY, "region": "us"})
        accounts = await hub.api.get("/accounts")

    assert response.status_code >= 500
    assert accounts.json() == []


@pytest.mark.parametrize("status", [402, 404, 408, 409, 410, 422, 451])
@pytest.mark.parametrize("kind", ["application/json", "text/html"])
async def test_a_refusal_that_is_not_about_the_key_leaves_a_healthy_account_as_it_is(
    data_dir: Path, sandbox: Sandbox, status: int, kind: str
) -> None:
    refusal = reply('{"msg": "not here"}', status=status, headers={"content-type": kind})
    async with answering(data_dir, sandbox, refusal) as (hub, account_id):
        checked = await hub.api.post(f"/jackfield/accounts/{account_id}/check")
        account = (await hub.api.get(f"/accounts/{account_id}")).json()
        ran = await run(hub, account_id, "list_lists")

    assert checked.status_code >= 500, checked.text
    assert (account["status"], ran.status_code != 412) == ("active", True)


async def test_a_check_that_could_not_tell_does_not_condemn_after_a_refused_action(
    data_dir: Path, sandbox: Sandbox
) -> None:
    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        status = 404 if "/api/channels" in seen.line else 401
        await reply('{"msg": "no"}', status=status)(writer, seen)

    async with answering(data_dir, sandbox, answer) as (hub, account_id):
        refused = await run(hub, account_id, "list_lists")
        account = (await hub.api.get(f"/accounts/{account_id}")).json()

    assert refused.json()["code"] == "provider_unauthorized"
    assert account["status"] == "active"


@pytest.mark.parametrize("status", [408, 409, 501, 505])
async def test_a_link_is_not_called_wrong_for_what_is_not_about_it(
    data_dir: Path, sandbox: Sandbox, status: int
) -> None:
    async with (
        scripted(reply('{"msg": "later"}', status=status)) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=FrozenClock(), provider=provider.url) as hub,
    ):
        session = await hub.session()
        response = await hub.submit(session["token"], {"api_key": KEY, "region": "us"})

    assert response.json()["code"] != "credential_rejected"
    assert response.status_code >= 500


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<html><title>No</title>" + "x" * 1_000_000, "text/html"),
        (json.dumps({"msg": "No", "rest": ["x" * 100] * 5000}), "application/json"),
    ],
)
async def test_a_long_refusal_does_not_fill_the_memory_of_a_model(
    data_dir: Path, sandbox: Sandbox, body: str, kind: str
) -> None:
    refusal = reply(body, status=400, headers={"content-type": kind})
    call = {"name": "iterable_list_lists", "arguments": {}}
    order = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    async with answering(data_dir, sandbox, refusal) as (hub, account_id):
        told = await hub.api.post("/mcp", json=order, headers={"x-account-id": account_id})

    assert told.json()["result"]["isError"] is True
    assert "No" in told.text
    assert len(told.content) < 40_000
