"""The largest request, answer and upload that are taken hold nobody else up."""

import asyncio
import gzip
from pathlib import Path

import pytest

from jackfield.http.body import MAX_BODY_BYTES
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.clock import FrozenClock
from tests.support.running import running_hub
from tests.support.scripted import Answer, Seen, reply, scripted
from tests.support.standstill import MOST_SECONDS, longest_standstill

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

# A text of 31 MB is copied a few times on its way, each at one go: not as it should be yet.
COPIED_SECONDS = 20 * MOST_SECONDS
KEY = "0123456789abcdef0123456789abcdef"
SIZE = 31 * 1024 * 1024


def answering(body: bytes, *, status: int = 200, kind: str = "application/json") -> Answer:
    """Answer an export of lists with a packed body, and everything else as linking needs it."""
    packed = gzip.compress(body, 1)

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        if "/api/lists" not in seen.line:
            await reply('{"channels": [{"id": 1}]}')(writer, seen)
            return
        head = f"HTTP/1.1 {status} OK\r\ncontent-type: {kind}\r\ncontent-encoding: gzip\r\n"
        writer.write(f"{head}content-length: {len(packed)}\r\n\r\n".encode() + packed)
        await writer.drain()

    return answer


@pytest.mark.parametrize(
    ("body", "status", "most"),
    [
        pytest.param(
            b'{"lists":[' + b"[]," * 240_000 + b"[]]}", 200, MOST_SECONDS, id="empty lists"
        ),
        pytest.param(
            b'{"lists":[' + b"[]," * 10_000_000 + b"[]]}", 200, MOST_SECONDS, id="too many"
        ),
        pytest.param(b'{"msg":"' + b"a " * (SIZE // 2) + b'"}', 200, COPIED_SECONDS, id="one text"),
        pytest.param(b"a " * (SIZE // 2), 400, MOST_SECONDS, id="a refusal of text"),
        pytest.param(
            b"[" + b"[]," * 10_000_000 + b"[]]", 400, MOST_SECONDS, id="a refusal of lists"
        ),
        pytest.param(
            b"[" + b"[]," * 200_000 + b"[]]", 400, MOST_SECONDS, id="a refusal that is whole"
        ),
        pytest.param(
            f'{{"key":"{KEY}",'.encode() + b'"a":1,' * 5_000_000 + b'"b":1}',
            200,
            COPIED_SECONDS,
            id="echo",
        ),
    ],
)
async def test_a_large_answer_holds_nobody_up(
    sandbox: Sandbox, data_dir: Path, clock: FrozenClock, body: bytes, status: int, most: float
) -> None:
    answer = answering(body, status=status)
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

        assert await longest_standstill(work, enough=most) < most


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
