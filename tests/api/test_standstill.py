"""The largest request, answer and upload that are taken hold nobody else up."""

import asyncio
import gzip
import json
import secrets
from pathlib import Path
from typing import NamedTuple

import pytest

from jackfield.http.body import MAX_BODY_BYTES
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.clock import FrozenClock
from tests.support.running import HubWith, running_hub
from tests.support.scripted import Answer, Seen, reply, scripted
from tests.support.standstill import MOST_SECONDS, brief_client, longest_standstill

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

KEY = "0123456789abcdef0123456789abcdef"
ECHO = """
StackOne: 1.0.0
engine: strict
info: {title: Acme, key: acme, version: 1.0.0, description: Things.}
baseUrl: https://acme.example
authentication:
  - key:
      type: custom
      label: Key
      authorization: {type: bearer, token: $.credentials.key}
      configFields: [{key: key, label: Key, type: password, required: true, secret: true}]
actions:
"""
SEND = """
  - actionId: {name}
    actionType: custom
    effects: [write]
    label: Send
    description: Send it.
    categories: [documents]
    inputs: [{{name: o, type: object, in: body, required: true, description: It.}}]
    steps: [{{stepId: ask, stepFunction: {{functionName: request, parameters: {{
      method: post, url: /x, args: [
        {{name: Content-Type, in: headers, value: application/{kind}}},
        {{name: o, in: body, value: $.inputs.o}}]}}}}}}]
"""
KINDS = {"json": "json", "form": "x-www-form-urlencoded", "xml": "xml"}
SIZE = 31 * 1024 * 1024
# As many of them are taken.
ROW = b'{"a":"' + b"x" * 124 + b'","b":2}\n'


def answering(body: bytes, *, status: int = 200, kind: str = "application/json") -> Answer:
    """Answer an export of lists with a packed body, and everything else as linking needs it."""
    packed = gzip.compress(body, 1)

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        if "/api/channels" in seen.line:
            await reply('{"channels": [{"id": 1}]}')(writer, seen)
            return
        head = f"HTTP/1.1 {status} OK\r\ncontent-type: {kind}\r\ncontent-encoding: gzip\r\n"
        writer.write(f"{head}content-length: {len(packed)}\r\n\r\n".encode() + packed)
        await writer.drain()

    return answer


class Large(NamedTuple):
    """A body of many pieces, which is made when it is needed: all of them are hundreds of megabytes."""

    head: bytes
    piece: bytes
    times: int
    tail: bytes

    def body(self) -> bytes:
        return self.head + self.piece * self.times + self.tail


NAME = b'{"lists":[{"id":1,"name":"'


@pytest.mark.parametrize(
    ("large", "status"),
    [
        pytest.param(Large(b'{"lists":[', b"[],", 240_000, b"[]]}"), 200, id="empty lists"),
        pytest.param(Large(b'{"lists":[', b"[],", 10_000_000, b"[]]}"), 200, id="too many"),
        pytest.param(Large(NAME, b"a ", SIZE // 2, b'"}]}'), 200, id="one text"),
        pytest.param(
            Large(NAME, rb"\n\ud83d\ude00", SIZE // 14, b'"}]}'), 200, id="one text of escapes"
        ),
        pytest.param(Large(b'{"msg":"', b"a ", SIZE // 2, b'"}'), 200, id="long words of an error"),
        pytest.param(Large(b"", b"a ", SIZE // 2, b""), 400, id="a refusal of text"),
        pytest.param(Large(b"[", b"[],", 10_000_000, b"[]]"), 400, id="a refusal of lists"),
        pytest.param(Large(b"[", b"[],", 200_000, b"[]]"), 400, id="a refusal that is whole"),
        pytest.param(
            Large(f'{{"key":"{KEY}",'.encode(), b'"a":1,', 5_000_000, b'"b":1}'), 200, id="echo"
        ),
    ],
)
async def test_a_large_answer_holds_nobody_up(
    sandbox: Sandbox, data_dir: Path, clock: FrozenClock, large: Large, status: int
) -> None:
    answer = answering(large.body(), status=status)
    async with (
        scripted(answer) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        account_id = await hub.link(key=KEY)
        order = {"path": "/api/lists", "method": "GET"}

        async def work() -> None:
            ran = await hub.run(account_id, "iterable_list_lists")
            passed_on = await hub.api.post(
                "/unified/proxy", json=order, headers={"x-account-id": account_id}
            )
            assert ran.status_code < 503
            assert passed_on.status_code < 503
            # Searched as they came: to decode them would hold up the loop for the test's own sake.
            assert KEY.encode() not in ran.content
            assert KEY.encode() not in passed_on.content

        assert await longest_standstill(work) < MOST_SECONDS


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_a_large_result_for_an_agent_holds_nobody_up(
    sandbox: Sandbox, data_dir: Path, clock: FrozenClock, accept: str
) -> None:
    size = SIZE // 2
    answer = answering(b'{"lists":[{"id":1,"name":"' + b'a\\"' * (size // 3) + b'"}]}')
    tool = {"name": "iterable_list_lists", "arguments": {}}
    skill = {"action": "iterable_list_lists"}
    parts = [{"kind": "data", "data": skill}]
    told = {"kind": "message", "role": "user", "messageId": "m", "parts": parts}
    async with (
        scripted(answer) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        headers = {"x-account-id": await hub.link(key=KEY), "accept": accept}

        async def work() -> None:
            for path, method, params in (
                ("/mcp", "tools/call", tool),
                ("/", "message/send", {"message": told}),
                ("/", "message/stream", {"message": told}),
            ):
                call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
                response = await hub.api.post(path, json=call, headers=headers)
                assert len(response.content) > size // 2

        assert await longest_standstill(work) < MOST_SECONDS


@pytest.mark.parametrize(
    ("action", "kind", "line"),
    [
        pytest.param("iterable_export_data_json", "application/x-ndjson", ROW, id="rows"),
        pytest.param("iterable_export_data_json", "application/x-ndjson", b"{}\n", id="many rows"),
        pytest.param("iterable_get_list_users", "text/plain", b"a" * 140 + b"@b.c\n", id="lines"),
        pytest.param("iterable_get_list_users", "text/plain", b"a@b.c\n", id="many lines"),
        pytest.param("iterable_get_list_users", "text/plain", b"a" * SIZE, id="one line"),
        pytest.param("iterable_get_campaign_metrics", "text/csv", ROW, id="table"),
        pytest.param("iterable_get_campaign_metrics", "text/csv", b"a,b\n", id="many lines of it"),
        pytest.param("iterable_get_campaign_metrics", "text/csv", b"a,", id="many columns"),
        pytest.param("iterable_get_campaign_metrics", "text/csv", b"a" * SIZE, id="one cell"),
    ],
)
async def test_a_large_answer_of_rows_holds_nobody_up(
    sandbox: Sandbox, data_dir: Path, clock: FrozenClock, action: str, kind: str, line: bytes
) -> None:
    answer = answering(line * (SIZE // len(line)), kind=kind)
    inputs = {
        "iterable_get_list_users": {"query": {"listId": 1}},
        "iterable_get_campaign_metrics": {"query": {"campaignId": [1]}},
        "iterable_export_data_json": {"query": {"dataTypeName": "user", "range": "Today"}},
    }[action]
    async with (
        scripted(answer) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        headers = {"x-account-id": await hub.link(key=KEY)}
        call = {"action": action, **inputs}

        async def work() -> None:
            async with brief_client(hub) as client:
                response = await client.post("/actions/rpc", json=call, headers=headers)
            assert response.status_code in (200, 502), response.text[:300]

        assert await longest_standstill(work) < MOST_SECONDS


@pytest.mark.parametrize(
    "member",
    [
        pytest.param(b'{"email":"a@b.c","dataFields":{"a":1}},', id="rows"),
        pytest.param(b'"some text of a list",', id="texts"),
        pytest.param(b"1,", id="numbers"),
    ],
)
async def test_the_largest_request_holds_nobody_up(
    sandbox: Sandbox, data_dir: Path, clock: FrozenClock, member: bytes
) -> None:
    head, tail = b'{"action":"iterable_bulk_update_users","body":{"users":[', b"{}]}}"
    body = head + member * ((MAX_BODY_BYTES - len(head) - len(tail)) // len(member)) + tail
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        account_id = await hub.link()
        headers = {"content-type": "application/json", "x-account-id": account_id}

        async def work() -> None:
            for path in ("/actions/rpc", "/logs/actions", "/mcp", "/"):
                response = await hub.api.post(path, content=body, headers=headers)
                assert response.status_code < 500

        assert await longest_standstill(work) < MOST_SECONDS


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            {f"secret_a_b_c_{number}_{'d_' * 40}": 1 for number in range(25_000)}, id="names"
        ),
        pytest.param({"a": "b=&% \u00fc" * 1_000_000}, id="one text"),
        pytest.param({"password_" * 1_000_000: "c"}, id="one name"),
    ],
)
async def test_a_large_body_that_is_masked_and_kept_holds_nobody_up(
    hub_with: HubWith, content: dict[str, object]
) -> None:
    raw = json.dumps(content)
    document = ECHO + "".join(SEND.format(name=name, kind=kind) for name, kind in KINDS.items())
    async with (
        scripted(reply(raw)) as provider,
        hub_with({"acme": document}, rewrite={"https://acme.example": provider.url}) as hub,
    ):
        await hub.api.patch("/jackfield/project", json={"advanced_logs": True})
        account_id = await hub.link_to("acme", {"key": KEY})
        headers = {"content-type": "application/json", "x-account-id": account_id}
        asked = [
            (f"/actions/rpc{query}", f'{{"action":"acme_{name}","body":{{"o":{raw}}}}}')
            for name in KINDS
            for query in ("", "?dry_run=true")
        ]
        order = f'{{"path":"/x","method":"post","body":{raw}}}'
        asked += [("/unified/proxy", order), ("/unified/proxy?dry_run=true", order)]

        async def work() -> None:
            for path, body in asked:
                response = await hub.api.post(path, content=body.encode(), headers=headers)
                # A name of millions of characters is refused as an XML element's.
                refused = response.status_code == 500 and response.json()["code"] == "invalid_step"
                assert response.status_code < 500 or refused, response.text[:300]

        assert await longest_standstill(work) < MOST_SECONDS


async def test_a_long_secret_in_a_small_answer_holds_nobody_up(hub_with: HubWith) -> None:
    echoed = ""

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await reply(json.dumps({"echo": echoed}))(writer, seen)

    document = ECHO + SEND.format(name="json", kind="json")
    async with (
        scripted(answer) as provider,
        hub_with({"acme": document}, rewrite={"https://acme.example": provider.url}) as hub,
    ):

        async def work() -> None:
            nonlocal echoed
            # Another one each time: what it took to look for it is kept.
            key = secrets.token_hex(500)
            echoed = "".join(f"%{ord(each):02x}" for each in key)
            account_id = await hub.link_to("acme", {"key": key}, multiple=True)
            response = await hub.run(account_id, "acme_json", body={"o": {}})
            assert (response.status_code, echoed in response.text) == (200, False)

        assert await longest_standstill(work) < MOST_SECONDS


@pytest.mark.parametrize("inside", ["a {}", "a{}a"])
async def test_a_short_secret_many_times_in_an_answer_holds_nobody_up(
    hub_with: HubWith, inside: str
) -> None:
    key = "user"
    # Just less than what is large by its size.
    echoed = json.dumps({"rows": [inside.format(key)] * 14_000})
    document = ECHO + SEND.format(name="json", kind="json")
    async with (
        scripted(reply(echoed)) as provider,
        hub_with({"acme": document}, rewrite={"https://acme.example": provider.url}) as hub,
    ):
        account_id = await hub.link_to("acme", {"key": key})
        headers = {"x-account-id": account_id}

        async def work() -> None:
            response = await hub.run(account_id, "acme_json", body={"o": {}})
            assert (response.status_code, "[redacted]" in response.text) == (200, inside == "a {}")
            order = {"path": "/x", "method": "post"}
            await hub.api.post("/unified/proxy", json=order, headers=headers)

        assert await longest_standstill(work) < MOST_SECONDS
