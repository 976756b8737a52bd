"""Signatures on every kind of step that sends requests, and on each attempt to send one."""

import base64
import re
from contextlib import asynccontextmanager

import pytest

from jackfield.engine.errors import InvalidStep
from jackfield.engine.ports import Request
from jackfield.engine.proxy import ProxyAccount
from tests.unit.engine.building import (
    Clock,
    Provider,
    action,
    answer,
    connector,
    request,
    run,
    step,
    text_answer,
)

pytestmark = pytest.mark.anyio

CREDENTIALS = {"secret": "a-signing-secret", "secretKey": "a-signing-secret"}
SIGNED = {
    "type": "none",
    "signing": {
        "strategy": "template",
        "key": "$.credentials.secret",
        "text": "${request.method} ${request.path} ${request.query} ${request.bodySha256} ${signing.nonce}",
        "also": [
            {"name": "X-Time", "value": "$.signing.seconds"},
            {"name": "X-Nonce", "value": "$.signing.nonce"},
        ],
        "name": "X-Sign",
    },
}
ENVELOPE = "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body/></e:Envelope>"
FILE = base64.b64encode(b"x").decode()
TOOL = answer({"jsonrpc": "2.0", "id": 2, "result": {"content": []}})


async def signatures(*steps: dict, answers: list, **call: object) -> list[Request]:
    provider = Provider(answers)
    compiled = action(*steps, authorization=SIGNED, effects=["read"])
    await run(compiled, provider, credentials=CREDENTIALS, **call)
    return provider.sent


@pytest.mark.parametrize(
    ("made", "answers"),
    [
        (request(), [answer({})]),
        (
            step("upload_file", {
                "url": "/u", "file": {"fieldName": "f", "filename": "n", "content": FILE},
            }),
            [answer({})],
        ),
        (step("upload_binary", {"url": "/u", "binaryContent": {"content": FILE}}), [answer({})]),
        (
            step("download_file", {
                "url": "/d",
                "response": {"urlKey": "at", "forwardAuth": True},
            }),
            [answer({"at": "https://api.example.com/file?a=b"}), text_answer("content")],
        ),
        (
            step("soap_request", {"url": "/s", "method": "post", "soapOperation": "Op"}),
            [text_answer(ENVELOPE, content_type="text/xml")],
        ),
        (step("mcp_request", {"url": "/mcp", "toolName": "t"}), [TOOL]),
    ],
    ids=["request", "upload", "bytes", "download", "soap", "mcp"],
)  # fmt: skip
async def test_every_kind_of_step_signs_what_it_sends(made: dict, answers: list) -> None:
    sent = await signatures(made, answers=answers)

    assert all(re.fullmatch("[0-9a-f]{64}", each.headers["X-Sign"]) for each in sent)
    assert len({each.headers["X-Nonce"] for each in sent}) == len(sent) >= len(answers)


@pytest.mark.parametrize("mode", ["cursor", "url"])
async def test_each_page_is_signed_for_its_own_address(mode: str) -> None:
    following = "two" if mode == "cursor" else "https://api.example.com/things?cursor=two"
    pages = [answer({"rows": [1], "next": following}), answer({"rows": [2]})]
    keys = {"key": "cursor", "in": "query"} if mode == "cursor" else {}
    paged = step(
        "paginated_request",
        {
            "url": "/things",
            "method": "get",
            "response": {"dataKey": "rows", "nextKey": "next"},
            "iterator": {"mode": mode, **keys},
        },
    )

    sent = await signatures(paged, answers=pages, inputs={"page_size": 2})

    assert [each.url.rpartition("/")[2] for each in sent] == ["things", "things?cursor=two"]
    assert len({each.headers["X-Sign"] for each in sent}) == 2


async def test_the_published_engine_signs_no_pages() -> None:
    paged = step(
        "paginated_request",
        {"url": "/t", "method": "get", "iterator": {"key": "c", "in": "query"}},
    )
    compiled = action(paged, authorization=SIGNED, engine="compat")

    with pytest.raises(InvalidStep, match="A paginated request cannot be signed"):
        await run(compiled, Provider([answer({})]), credentials=CREDENTIALS)


async def test_a_repeated_request_is_signed_anew() -> None:
    clock = Clock()

    sent = await signatures(
        request(),
        answers=[answer({}, 429, retry_after="7"), answer({})],
        clock=clock,
        sleep=clock.sleep,
    )

    first, second = sent
    assert int(second.headers["X-Time"]) == int(first.headers["X-Time"]) + 7
    assert first.headers["X-Nonce"] != second.headers["X-Nonce"]


async def test_a_request_is_signed_when_its_turn_has_come() -> None:
    clock = Clock()

    class Limiter:
        @asynccontextmanager
        async def enter(self, method: str, url: str):
            await clock.sleep(40)
            yield

    sent = await signatures(request(), answers=[answer({})], clock=clock, limiter=Limiter())

    assert int(sent[0].headers["X-Time"]) == int(clock.now.timestamp())


def test_a_proxied_request_is_signed_when_it_is_sent() -> None:
    compiled = connector(authorization=SIGNED)
    linked = ProxyAccount("main", "production", CREDENTIALS)

    prepared = compiled.proxy.authorize(Request("GET", "https://api.example.com/raw"), linked)

    assert "X-Sign" not in prepared.headers
    first, second = prepared.signed(), prepared.signed()
    assert first.headers["X-Nonce"] != second.headers["X-Nonce"]
    assert first.headers["X-Sign"] in first.secrets
