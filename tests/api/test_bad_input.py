"""Whatever is sent, the answer says what is wrong with it; it is never the hub that breaks."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jackfield.http import body
from jackfield.kit.ids import RunId
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.browsing import signed_in
from tests.support.clock import NOW
from tests.support.running import OWNER, PATIENCE, Running, serving_hub

pytestmark = pytest.mark.anyio


def nested(prefix: str, levels: int, suffix: str) -> bytes:
    return f"{prefix}{'[' * levels}{']' * levels}{suffix}".encode()


@pytest.mark.parametrize("levels", [100, 400, 900, 1000, 5000])
@pytest.mark.parametrize(
    ("method", "path", "prefix", "suffix"),
    [
        ("POST", "/actions/rpc", '{"action": "iterable_create_list", "body": {"name": ', "}}"),
        ("POST", "/unified/proxy", '{"path": "/api/lists", "method": "post", "body": ', "}"),
        ("POST", "/connect_sessions", json.dumps(OWNER)[:-1] + ', "metadata": {"a": ', "}}"),
        ("PATCH", "/accounts/{account}", '{"metadata": {"a": ', "}}"),
        ("POST", "/logs", '{"filters": ', "}"),
    ],
)
async def test_a_deep_body_is_taken_or_refused(
    hub: Running, levels: int, method: str, path: str, prefix: str, suffix: str
) -> None:
    account = await hub.link()

    response = await hub.api.request(
        method,
        path.format(account=account),
        content=nested(prefix, levels, suffix),
        headers={"x-account-id": account, "content-type": "application/json"},
    )

    assert response.status_code not in (500, 503), response.text
    if response.status_code >= 400:
        assert response.json()["code"] != "internal"


@pytest.fixture
async def served(data_dir: Path, sandbox: Sandbox) -> AsyncGenerator[tuple[str, int, str]]:
    """Serve a hub on a socket; yield where, and an API key."""
    async with serving_hub(sandbox, data_dir=data_dir) as hub:
        url = urlsplit(hub.hub.public_url)
        assert url.hostname is not None
        assert url.port is not None
        yield url.hostname, url.port, hub.api_key


async def converse(host: str, port: int, *parts: bytes, hang_up: bool = False) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    if hang_up:
        writer.close()
        return b""
    answer = await asyncio.wait_for(reader.read(65536), PATIENCE)
    writer.close()
    return answer


def head(key: str, *more: str) -> bytes:
    lines = [
        "POST /connect_sessions HTTP/1.1",
        "host: hub.test",
        f"authorization: Bearer {key}",
        "content-type: application/json",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


async def test_a_body_that_does_not_arrive_in_time_is_refused(
    served: tuple[str, int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, port, key = served
    monkeypatch.setattr(body, "_BODY_SECONDS", 0.2)

    answer = await converse(host, port, head(key, "content-length: 100"), b'{"origin_owner_id"')

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"body_too_slow" in answer


async def test_a_body_without_a_length_is_cut_off_where_it_is_too_large(
    served: tuple[str, int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, port, key = served
    monkeypatch.setattr(body, "MAX_BODY_BYTES", 1000)
    chunk = b"%x\r\n%s\r\n" % (600, b" " * 600)

    answer = await converse(host, port, head(key, "transfer-encoding: chunked"), chunk, chunk)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"body_too_large" in answer


async def test_a_client_that_hangs_up_leaves_the_hub_as_it_was(
    served: tuple[str, int, str], log_lines: io.StringIO
) -> None:
    host, port, key = served

    await converse(host, port, head(key, "content-length: 100"), b"{", hang_up=True)
    whole = json.dumps(OWNER).encode()
    answer = await converse(host, port, head(key, f"content-length: {len(whole)}"), whole)

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert "request_crashed" not in log_lines.getvalue()


@pytest.mark.parametrize("line", ["x-account-id: \x00", "bad header", "content-length: -1"])
async def test_what_is_no_http_is_refused(served: tuple[str, int, str], line: str) -> None:
    host, port, key = served

    answer = await converse(host, port, head(key, line), b"{}")

    assert answer.startswith(b"HTTP/1.1 400 ")


TEXTS = ["\u0000", "a\u0000b", "\u202e", "\U0001f600", "x" * 5000]


@pytest.mark.parametrize("text", TEXTS)
async def test_no_text_breaks_the_hub_wherever_it_stands(hub: Running, text: str) -> None:
    account = await hub.link()
    asked = [
        await hub.api.post("/connect_sessions", json={**OWNER, "origin_owner_id": text}),
        await hub.api.post("/connect_sessions", json={**OWNER, "label": text}),
        await hub.api.post("/connect_sessions", json={**OWNER, "metadata": {text: text}}),
        await hub.api.post("/connect_sessions", json={**OWNER, "provider": text}),
        await hub.api.post("/connect_sessions/authenticate", json={"token": text}),
        await hub.api.patch(f"/accounts/{account}", json={"origin_owner_name": text}),
        await hub.api.patch("/jackfield/project", json={"name": text}),
        await hub.api.post("/connector_profiles", json={"connector_key": text}),
        await hub.api.post("/connector_profiles", json={"connector_key": "iterable", "name": text}),
        await hub.api.get("/accounts", params={"origin_owner_id": text}),
        await hub.api.get("/accounts", params={"providers": text}),
        await hub.api.get("/actions", params={"search": text, "filter[account_ids]": text}),
        await hub.api.get("/requests/logs", params={"next": text}),
        await hub.api.get("/connector_profiles", params={"connector_key": text}),
        await hub.api.get("/accounts/a%00b"),
        await hub.api.get("/logs/actions/a%00b"),
        await hub.api.get("/connectors/meta/a%00b"),
        await hub.api.get("/mcp?x-account-id=a%00b"),
        await hub.run(text, "iterable_list_channels")
        if text.isascii() and text.isprintable()
        else None,
        await hub.api.post("/actions/search", json={"query": text}),
        await hub.api.post(
            "/actions/rpc", json={"action": text, "headers": {"x-account-id": text}}
        ),
        await hub.api.post(
            "/ai/tool-feedback",
            json={"feedback": text, "account_id": account, "tool_names": [text]},
        ),
        await hub.api.post(
            "/logs/actions", json={"filters": {"account_id": text, "action_id": text}}
        ),
        await hub.api.post(
            "/mcp",
            json={"jsonrpc": "2.0", "id": text, "method": "tools/call", "params": {"name": text}},
            headers={"x-account-id": account},
        ),
    ]

    broken = [each for each in asked if each is not None and each.status_code >= 500]
    assert [(each.request.url.path, each.text) for each in broken] == []


@pytest.mark.parametrize(
    "content",
    [
        b'{"origin_owner_id": "\\ud800", "origin_owner_name": "x"}',
        b'{"origin_owner_id": "a", "origin_owner_name": "x", "expires_in": 1e308}',
        b'{"origin_owner_id": "a", "origin_owner_name": "x", "expires_in": 99999999999999999999}',
        b'{"origin_owner_id": "a", "origin_owner_name": "x", "expires_in": -1e400}',
        b'{"origin_owner_id": "a", "origin_owner_name": "x", "metadata": {"n": 1e400}}',
        b'{"origin_owner_id": "a", "origin_owner_name": "x", "metadata": {"n": 123456789012345678901234567890}}',
        b'{"origin_owner_id": "a", "origin_owner_name": "x", "metadata": {"n": NaN}}',
        b'{"origin_owner_id": "a", "origin_owner_id": "b", "origin_owner_name": "x"}',
    ],
)
async def test_numbers_and_texts_at_the_edge_are_taken_or_named(
    hub: Running, content: bytes
) -> None:
    response = await hub.api.post(
        "/connect_sessions", content=content, headers={"content-type": "application/json"}
    )

    assert response.status_code < 500, response.text


@pytest.mark.parametrize("number", ["99999999999999999999999", "-1", "1e3", "nan", "0", "९"])
async def test_pages_that_are_no_pages_are_refused(hub: Running, number: str) -> None:
    for path in (
        "/accounts",
        "/connector_profiles",
        "/actions",
        "/requests/logs",
        "/jackfield/tool_feedback",
    ):
        for name in ("page", "page_size"):
            response = await hub.api.get(path, params={name: number})
            assert response.status_code < 500, (path, name, response.text)


async def test_a_text_that_cannot_be_stored_takes_no_other_line_of_the_log_with_it(
    hub: Running,
) -> None:
    account = await hub.link()
    await hub.run(account, "iterable_list_channels")
    await hub.run(account, "iterable_\0")
    await hub.run(account, "iterable_list_lists")
    await hub.hub.write_buffer.flush()

    logged = (await hub.api.post("/logs/actions", json={})).json()["data"]

    assert len(logged) == 3


@pytest.mark.database
@pytest.mark.parametrize(
    "moment",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59-14:00",
    ],
)
async def test_a_stretch_of_time_may_begin_and_end_at_any_moment(hub: Running, moment: str) -> None:
    webhook = (
        await hub.api.post(
            "/jackfield/webhooks", json={"url": "https://a.example/", "events": ["*"]}
        )
    ).json()
    replay = f"/jackfield/webhooks/{webhook['id']}/deliveries/replay"
    for name in ("since", "until"):
        replayed = await hub.api.post(replay, params={name: moment})
        assert (replayed.status_code, replayed.json()) == (200, {"replayed": 0})
    for name in ("start_date", "end_date"):
        logged = await hub.api.get("/requests/logs", params={name: moment})
        assert logged.status_code == 200, logged.text


@pytest.mark.parametrize("length", [1, 200_000], ids=["short", "long"])
@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8-sig"])
async def test_a_body_in_another_encoding_is_named_as_that(
    hub: Running, charset: str, length: int
) -> None:
    content = json.dumps({**OWNER, "label": "\u00e9" * length}, ensure_ascii=False).encode(charset)
    refused = await hub.api.post(
        "/connect_sessions",
        content=content,
        headers={"content-type": f"application/json; charset={charset}"},
    )

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_json")
    assert "send it in UTF-8" in refused.json()["message"]


DIGITS = "9" * 6000


@pytest.mark.parametrize(
    "path",
    [
        f"/dashboard/audit/{DIGITS}",
        "/dashboard/audit/\u0663",
        f"/dashboard/audit?before={DIGITS}",
        f"/dashboard/accounts?page={DIGITS}&unused={DIGITS}",
        f"/dashboard/logs?q=status:{DIGITS}%20took:%3E{DIGITS}s%20since:{DIGITS}d",
    ],
    ids=lambda path: path[:30],
)
async def test_a_number_of_thousands_of_digits_in_a_pages_address_is_none(
    hub: Running, path: str
) -> None:
    page = await (await signed_in(hub)).get(path)

    assert page.status_code in (200, 404, 422)


async def test_a_number_of_thousands_of_digits_in_a_request_is_refused(hub: Running) -> None:
    agent = {"user-agent": f"speakeasy-sdk/typescript 4.{DIGITS}.0"}
    answers = [
        await hub.api.get(f"/accounts?page={DIGITS}"),
        await hub.api.get(f"/jackfield/audit?next={DIGITS}"),
        await hub.api.get(f"/logs/provider/{RunId.new(NOW)}.{DIGITS}"),
        await hub.api.post("/connect_sessions", content=b"{}", headers={"content-length": DIGITS}),
    ]
    taken = await hub.api.post("/connect_sessions", json=OWNER, headers=agent)

    assert [each.status_code for each in answers] == [422, 422, 404, 413]
    assert taken.status_code == 201
