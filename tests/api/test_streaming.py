"""Exports of whole projects: rows go through the hub as they come."""

import asyncio
import io
import json
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.http import heartbeat
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.running import PATIENCE, Running, serving_hub
from tests.support.scripted import Answer, Seen, reply, scripted

pytestmark = pytest.mark.anyio

KEY = "0123456789abcdef0123456789abcdef"
ORDER = {"action": "iterable_export_data_json", "query": {"dataTypeName": "user", "range": "All"}}


def listening(
    data_dir: Path, sandbox: Sandbox, us: str | None = None
) -> AbstractAsyncContextManager[Running]:
    """Run a hub that listens on loopback: rows that come one by one need a real connection."""
    return serving_hub(sandbox, data_dir=data_dir, provider=us)


def stream(hub: Running, account_id: str, **order: Any) -> Any:
    return hub.api.stream(
        "POST",
        "/actions/rpc?stream=true",
        headers={"x-account-id": account_id},
        json={**ORDER, **order},
    )


def linking(then: Answer) -> Answer:
    """Answer what linking asks, and an export with `then`."""

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        if "/api/export" in seen.line:
            await then(writer, seen)
        else:
            await reply('{"channels": [{"id": 1}]}')(writer, seen)

    return answer


async def begin(writer: asyncio.StreamWriter) -> None:
    head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-json-stream\r\nconnection: close\r\n\r\n"
    writer.write(head.encode())
    await writer.drain()


async def test_a_row_is_passed_on_before_the_next_one_is_there(
    data_dir: Path, sandbox: Sandbox
) -> None:
    seen_by_us = asyncio.Event()

    async def export(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        await begin(writer)
        writer.write(b'{"n": 1}\n')
        await writer.drain()
        await seen_by_us.wait()
        writer.write(b'{"n": 2}\n{"n": 3}')

    async with (
        asyncio.timeout(PATIENCE),
        scripted(linking(export)) as provider,
        listening(data_dir, sandbox, provider.url) as hub,
    ):
        account_id = await hub.link(key=KEY)
        rows: list[str] = []
        async with stream(hub, account_id) as response:
            async for line in response.aiter_lines():
                rows.append(line)
                seen_by_us.set()

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/x-json-stream")
    assert rows == ['{"n": 1}', '{"n": 2}', '{"n": 3}']


@pytest.mark.slow
async def test_more_than_any_answer_may_hold_goes_through(data_dir: Path, sandbox: Sandbox) -> None:
    line = b'{"text": "' + b"x" * 990 + b'"}\n'

    async def export(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        await begin(writer)
        for _ in range(40 * 1024):
            writer.write(line)
            await writer.drain()

    async with (
        scripted(linking(export)) as provider,
        listening(data_dir, sandbox, provider.url) as hub,
    ):
        account_id = await hub.link(key=KEY)
        whole = await hub.run(account_id, ORDER["action"], query=ORDER["query"])
        size = 0
        async with stream(hub, account_id) as response:
            async for part in response.aiter_bytes():
                size += len(part)

    assert (whole.status_code, whole.json()["code"]) == (502, "provider_answer_too_large")
    assert size == 40 * 1024 * len(line)


async def test_a_key_that_is_echoed_is_masked_wherever_the_provider_cuts_it(
    data_dir: Path, sandbox: Sandbox
) -> None:
    async def export(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        await begin(writer)
        for part in (KEY[:7], KEY[7:20], KEY[20:] + "\n", f"{KEY}\n", KEY):
            writer.write(part.encode())
            await writer.drain()
            await asyncio.sleep(0)

    async with (
        scripted(linking(export)) as provider,
        listening(data_dir, sandbox, provider.url) as hub,
    ):
        account_id = await hub.link(key=KEY)
        async with stream(hub, account_id) as response:
            text = (await response.aread()).decode()

    assert text == "[redacted]\n[redacted]\n[redacted]"


async def test_a_refusal_is_an_error_as_ever(data_dir: Path, sandbox: Sandbox) -> None:
    refusal = reply('{"msg": "Invalid range", "code": "BadParams"}', status=400)
    async with (
        scripted(linking(refusal)) as provider,
        listening(data_dir, sandbox, provider.url) as hub,
    ):
        account_id = await hub.link(key=KEY)
        async with stream(hub, account_id) as response:
            body = await response.aread()
        async with stream(hub, account_id, query={}) as invalid:
            await invalid.aread()
        async with stream(hub, account_id, action="iterable_list_channels", query={}) as unfit:
            await unfit.aread()
        async with stream(hub, "acc_0") as nobodys:
            await nobodys.aread()

    assert (response.status_code, response.json()["code"]) == (502, "provider_rejected")
    assert b"Invalid range" in body
    assert (invalid.status_code, invalid.json()["code"]) == (422, "invalid_inputs")
    assert (unfit.status_code, unfit.json()["code"]) == (422, "not_streamed")
    assert (nobodys.status_code, nobodys.json()["code"]) == (404, "account_not_found")


async def test_rows_that_break_off_do_not_look_complete(data_dir: Path, sandbox: Sandbox) -> None:
    async def export(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + b'{"n": 1}\n')
        await writer.drain()

    async with (
        scripted(linking(export)) as provider,
        listening(data_dir, sandbox, provider.url) as hub,
    ):
        account_id = await hub.link(key=KEY)
        with pytest.raises(httpx2.RemoteProtocolError):
            async with stream(hub, account_id) as response:
                await response.aread()
        await hub.hub.write_buffer.flush()
        (run,) = (await hub.api.get("/requests/logs")).json()["data"]
        alive = await hub.api.get("/healthz")

    assert (run["success"], run["status"]) == (False, 503)
    assert alive.status_code == 200


async def test_the_sandboxs_users_come_one_a_line(data_dir: Path, sandbox: Sandbox) -> None:
    async with listening(data_dir, sandbox) as hub:
        account_id = await hub.link(key=sandbox.us.api_keys["server_side"])
        async with stream(hub, account_id) as response:
            lines = [line async for line in response.aiter_lines()]
        plain = await hub.run(account_id, ORDER["action"], query=ORDER["query"])

    assert len(lines) == len(plain.json()["data"]) == 200
    assert '"email"' in lines[0]


async def test_the_log_of_an_export_says_that_its_step_was_done(
    data_dir: Path, sandbox: Sandbox
) -> None:
    async with (
        scripted(linking(reply('{"n": 1}\n'))) as provider,
        listening(data_dir, sandbox, provider.url) as hub,
    ):
        account_id = await hub.link(key=KEY)
        async with stream(hub, account_id) as response:
            await response.aread()
        await hub.hub.write_buffer.flush()
        (step,) = (await hub.api.post("/logs/steps", json={})).json()["data"]

    assert (step["status_code"], step["success"]) == (200, True)


async def test_a_stream_with_an_idempotency_key_is_refused_before_the_provider_is_asked(
    data_dir: Path, sandbox: Sandbox
) -> None:
    async with (
        scripted(linking(reply('{"id": 1}\n'))) as provider,
        listening(data_dir, sandbox, provider.url) as hub,
    ):
        account = await hub.link(key=KEY)
        headers = {"x-account-id": account, "idempotency-key": "once"}
        path = "/actions/rpc?stream=true"
        first = await hub.api.post(path, headers=headers, json=ORDER)
        second = await hub.api.post(path, headers=headers, json=ORDER)
        asked = [seen for seen in provider.seen if "/api/export" in seen.line]

    for response in (first, second):
        assert (response.status_code, response.json()["code"]) == (400, "idempotent_stream")
    assert asked == []


async def test_a_stream_that_is_not_begun_lets_the_provider_go_and_stands_in_the_log(
    data_dir: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, begun = asyncio.Event(), asyncio.Event()

    async def export(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        await begun.wait()
        await begin(writer)
        with suppress(ConnectionError):
            while True:
                writer.write(b"{}\n" * 1000)
                await writer.drain()
        let_go.set()

    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.05)
    async with (
        scripted(linking(export)) as provider,
        listening(data_dir, sandbox, provider.url) as hub,
    ):
        account = await hub.link(key=KEY)
        headers = {"x-account-id": account, "prefer": "heartbeat"}
        asking = asyncio.create_task(
            hub.api.post("/actions/rpc?stream=true", headers=headers, json=ORDER)
        )
        asyncio.get_running_loop().call_later(0.3, begun.set)
        response = await asking
        await asyncio.wait_for(let_go.wait(), PATIENCE)
        await hub.hub.write_buffer.flush()
        logged = await hub.api.post("/logs/actions", json={})

    assert response.json()["code"] == "heartbeat_before_file"
    assert logged.json()["total"] == 1


async def test_an_export_that_breaks_off_is_one_warning_with_its_request(
    data_dir: Path, sandbox: Sandbox, log_lines: io.StringIO
) -> None:
    async def export(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-json-stream\r\n"
        writer.write(f"{head}content-length: 100\r\n\r\n".encode() + b'{"n": 1}\n')
        await writer.drain()

    async with (
        scripted(linking(export)) as provider,
        listening(data_dir, sandbox, provider.url) as hub,
    ):
        account_id = await hub.link(key=KEY)
        log_lines.truncate(0)
        async with stream(hub, account_id) as response:
            with pytest.raises(httpx2.TransportError):
                await response.aread()

    lines = [json.loads(line) for line in log_lines.getvalue().strip("\0").splitlines()]
    warnings = [line for line in lines if line["level"] in ("warning", "error")]
    assert [line["event"] for line in warnings] == ["response_broken_off"]
    assert warnings[0]["request_id"] == response.headers["x-request-id"]
    (asked,) = [line for line in lines if line["event"] == "request"]
    assert asked["broken_off"] == "provider_unavailable"
    assert (asked["account_id"], asked["action_id"]) == (account_id, ORDER["action"])
    assert asked["key_id"].startswith("key_")
