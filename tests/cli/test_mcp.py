"""`jackfield mcp`, line by line; the official client drives it in `tests/clients`."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from jackfield.client import AsyncHub
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.clients.conftest import link
from tests.support.scripted import Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


def lines(*messages: Any) -> str:
    return "\n".join(m if isinstance(m, str) else json.dumps(m) for m in messages) + "\n"


async def linked(served: dict[str, str], sandbox: Sandbox) -> str:
    async with AsyncHub(served["URL"], served["API_KEY"]) as client:
        return await link(client, sandbox.us.api_keys["server_side"])


async def test_each_line_is_answered_by_a_line(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox
) -> None:
    account = await linked(served, sandbox)
    introduction = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {}}

    said = await jackfield(
        "mcp",
        "--account",
        account,
        stdin=lines(
            {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": introduction},
            {"jsonrpc": "2.0", "method": "notifications/initialized"},
            "",
            "this is no JSON",
            {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
            {"jsonrpc": "2.0", "id": 2, "method": "no/such"},
        ),
        **served,
    )

    answers = [json.loads(line) for line in said.out.splitlines()]
    by_id = {answer["id"]: answer for answer in answers}
    assert len(answers) == 4
    assert by_id[0]["result"]["protocolVersion"] == "2025-06-18"
    assert by_id[None]["error"]["code"] == -32700
    assert len(by_id[1]["result"]["tools"]) > 100
    assert by_id[2]["error"]["code"] == -32601


async def test_without_an_account_all_that_can_be_used_are_offered(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox
) -> None:
    nothing = await jackfield("mcp", **served)
    await linked(served, sandbox)

    said = await jackfield(
        "mcp", stdin=lines({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}), **served
    )

    assert (nothing.status, "jackfield connect" in nothing.err) == (1, True)
    assert len(json.loads(said.out)["result"]["tools"]) > 100


async def test_a_refusal_of_the_hub_is_an_error_the_client_understands(
    jackfield: Command, served: dict[str, str]
) -> None:
    ping = lines({"jsonrpc": "2.0", "id": 1, "method": "ping"})

    unknown = await jackfield("mcp", "--account", "acc_0", stdin=ping, **served)
    nobody = await jackfield(
        "mcp", "--account", "acc_0", stdin=ping, URL="http://127.0.0.1:1", API_KEY="jf_sk_x"
    )
    keyless = await jackfield("mcp", stdin=ping, URL=served["URL"])

    assert json.loads(unknown.out)["error"]["data"]["code"] == "account_not_found"
    assert "no hub answers" in json.loads(nobody.out)["error"]["message"]
    assert (keyless.status, "JACKFIELD_API_KEY" in keyless.err) == (1, True)


async def test_a_program_whose_hub_comes_later_answers_until_then(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox
) -> None:
    await linked(served, sandbox)
    is_there = asyncio.Event()

    async def come_later(writer: asyncio.StreamWriter, seen: Seen) -> None:
        if not is_there.is_set():
            await reply("<p>starting", status=502, headers={"content-type": "text/html"})(
                writer, seen
            )
            # The first question and its two retries have been refused.
            if len(front.seen) == 3:
                is_there.set()
            return
        method, path, _ = seen.line.split()
        kept = ("authorization", "content-type", "x-account-id")
        headers = {name: seen.headers[name] for name in kept if name in seen.headers}
        async with httpx2.AsyncClient() as http:
            answer = await http.request(
                method, served["URL"] + path, content=seen.body, headers=headers
            )
        await reply(answer.content, status=answer.status_code)(writer, seen)

    ping = {"jsonrpc": "2.0", "id": 0, "method": "ping"}
    async with scripted(come_later) as front:
        said = await jackfield("mcp", stdin=lines(ping), **{**served, "URL": front.url})
    gone = await jackfield("mcp", stdin=lines(ping), URL="http://127.0.0.1:1", API_KEY="k")

    assert said.status == gone.status == 0
    assert json.loads(said.out)["result"] == {}
    assert json.loads(gone.out)["id"] == 0
    assert "no hub answers" in json.loads(gone.out)["error"]["message"]
    assert gone.err.startswith("warning: no hub answers")


async def test_text_is_read_as_utf_8_whatever_the_locale(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox
) -> None:
    account = await linked(served, sandbox)
    call = {"name": "iterable_create_list", "arguments": {"body": {"name": "✓漢 é"}}}
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}

    said = await jackfield(
        "mcp",
        "--account",
        account,
        stdin="\ufeff" + json.dumps(request, ensure_ascii=False) + "\n",
        environment={"PYTHONIOENCODING": "cp1252"},
        **served,
    )
    listed = await jackfield(
        "mcp",
        "--account",
        account,
        stdin=lines(
            {
                "jsonrpc": "2.0",
                "id": 2,
                "method": "tools/call",
                "params": {"name": "iterable_list_lists"},
            }
        ),
        **served,
    )

    assert json.loads(said.out)["result"]["isError"] is False
    assert said.out.isascii()
    names = json.loads(listed.out)["result"]["structuredContent"]["result"]["data"]
    assert "✓漢 é" in {each["name"] for each in names}


async def test_every_line_that_waits_is_answered_with_its_id(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox
) -> None:
    account = await linked(served, sandbox)

    def called(request_id: int, name: str, argument: str) -> str:
        params = f'{{"name": "{name}", "arguments": {{"query": {{"email": "{argument}"}}}}}}'
        head = f'{{"jsonrpc": "2.0", "id": {request_id}, "method": "tools/call"'
        return f'{head}, "params": {params}}}\n'

    user = "iterable_get_user_by_email"
    said = await jackfield(
        "mcp",
        "--account",
        account,
        stdin=called(7, user, "a\\ud83d").encode()
        + called(8, user, "a@").encode().replace(b"a@", b"\xff")
        + called(9, "n\\u4e2d", "a").encode()
        + b'42\n"x"\nnull\n{}\n{"id": 10, "method": 5}\n[]\n{"id": NaN}\n'
        + b"[" * 100_000
        + b"\n"
        + b'{"jsonrpc": "2.0", "id": 11, "result": {}}\n{"method": "notifications/x"}\n'
        + b'{"jsonrpc": "2.0", "id": 12, "method": "ping"}',
        **served,
    )

    answers = [json.loads(line) for line in said.out.splitlines()]
    errors = sorted((each["id"] or 0, each["error"]["code"]) for each in answers if "error" in each)
    assert (said.status, said.err) == (0, "")
    assert [each["id"] for each in answers if "result" in each and each["id"] != 9] == [12]
    assert {(7, -32700), (8, -32700), (10, -32600)} <= set(errors)
    assert [code for request_id, code in errors if request_id == 0] == [-32700] * 2 + [-32600] * 5
    assert {each["id"] for each in answers} == {7, 8, 9, 10, 12, None}
