import json

import pytest

from jackfield.engine.ports import Response
from jackfield.kit.errors import ProviderError, ProviderUnauthorized
from tests.unit.engine.building import Provider, action, answer, run, step, text_answer

pytestmark = pytest.mark.anyio

STEP = step(
    "mcp_request",
    {
        "url": "/mcp",
        "toolName": "find_${inputs.kind}",
        "args": [
            {"name": "q", "value": "$.inputs.q"},
            {"name": "limit", "value": 5, "condition": "{{present(inputs.no)}}"},
        ],
    },
)
HELLO = {"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2025-06-18"}}


def server(result: dict, **headers: str) -> Provider:
    message = {"jsonrpc": "2.0", "id": 2, **result}
    return Provider([answer(HELLO, **headers), Response(202, {}, b""), answer(message)])


async def call(provider: Provider) -> object:
    compiled = action(STEP, result="$.steps.ask.output.data")
    return (await run(compiled, provider, {"kind": "users", "q": "ann"})).data


async def test_a_tool_is_called_after_the_greeting_and_in_its_session() -> None:
    provider = server({"result": {"structuredContent": {"n": 1}}}, mcp_session_id="s1")

    assert await call(provider) == {"n": 1}
    sent = [json.loads(request.body or b"") for request in provider.sent]
    assert [message["method"] for message in sent] == [
        "initialize",
        "notifications/initialized",
        "tools/call",
    ]
    assert sent[2]["params"] == {"name": "find_users", "arguments": {"q": "ann"}}
    assert provider.sent[2].headers["Mcp-Session-Id"] == "s1"
    assert provider.sent[2].headers["Authorization"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("content", "data"),
    [
        ([{"type": "text", "text": '{"a": 1}'}], {"a": 1}),
        ([{"type": "text", "text": "plain"}], "plain"),
        (
            [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
            [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        ),
    ],
)
async def test_a_lone_text_is_read_as_json_where_it_is_json(content: list, data: object) -> None:
    assert await call(server({"result": {"content": content}})) == data


async def test_the_answer_may_come_as_an_event_stream() -> None:
    message = {"jsonrpc": "2.0", "id": 2, "result": {"structuredContent": [1]}}
    stream = f"event: message\ndata: {{}}\n\nevent: message\ndata: {json.dumps(message)}\n\n"
    provider = server({})
    provider.answers[2] = text_answer(stream, content_type="text/event-stream; charset=utf-8")

    assert await call(provider) == [1]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (
            {"result": {"isError": True, "content": [{"type": "text", "text": "no such"}]}},
            "no such",
        ),
        ({"error": {"code": -32602, "message": "bad arguments"}}, "bad arguments"),
        ({}, "no result"),
    ],
)
async def test_a_tool_that_fails_fails_the_step(result: dict, words: str) -> None:
    with pytest.raises(ProviderError, match=words):
        await call(server(result))


async def test_a_server_that_refuses_the_greeting_is_not_asked_further() -> None:
    provider = Provider([answer({"message": "who?"}, 401)])

    with pytest.raises(ProviderUnauthorized):
        await call(provider)

    assert len(provider.sent) == 1
