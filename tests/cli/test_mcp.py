"""`jackfield mcp`, line by line; the official client drives it in `tests/clients`."""

import json
from typing import Any

import pytest

from jackfield.client import AsyncHub
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.clients.conftest import link

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

    assert "account_not_found" in json.loads(unknown.out)["error"]["message"]
    assert "no hub answers" in json.loads(nobody.out)["error"]["message"]
    assert (keyless.status, "JACKFIELD_API_KEY" in keyless.err) == (1, True)
