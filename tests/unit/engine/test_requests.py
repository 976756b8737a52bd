import base64
import json
from datetime import UTC, datetime

import pytest

from jackfield.engine.errors import InvalidStep
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.engine.ports import Response
from jackfield.engine.response_cache import ResponseCache
from tests.unit.engine.building import CREDENTIALS, Provider, action, answer, request, run

pytestmark = pytest.mark.anyio


async def test_a_request_carries_arguments_and_authorization() -> None:
    provider = Provider([answer({"rows": [{"id": 1}]})])
    compiled = action(
        request(
            "/users/${inputs.id}",
            "post",
            args=[
                {"name": "limit", "value": "$.inputs.limit", "in": "query"},
                {"name": "X-Trace", "value": "t-${inputs.id}", "in": "headers"},
                {"name": "filter", "value": {"state": "$.inputs.state"}, "in": "body"},
            ],
            response={"dataKey": "rows"},
        ),
        result={"data": "$.steps.ask.output.data", "status": "$.steps.ask.output.statusCode"},
    )

    outcome = await run(compiled, provider, {"id": "7", "limit": 5, "state": "open"})

    (sent,) = provider.sent
    assert (sent.method, sent.url) == ("POST", "https://api.example.com/users/7?limit=5")
    assert sent.headers["Authorization"] == f"Bearer {CREDENTIALS['token']}"
    assert sent.headers["X-Trace"] == "t-7"
    assert json.loads(sent.body or b"") == {"filter": {"state": "open"}}
    assert (outcome.data, outcome.extra) == ([{"id": 1}], {"status": 200})


async def test_an_absent_optional_value_is_left_out_in_strict_mode() -> None:
    provider = Provider([answer({})])
    args = [
        {"name": "a", "value": "$.inputs.nope", "in": "query"},
        {"name": "b", "value": "x-${inputs.nope}", "in": "query"},
        {"name": "X-C", "value": "{{inputs.nope}}", "in": "headers"},
        {"name": "d", "value": "$.inputs.nope", "in": "body"},
        {"name": "e", "value": {"f": "$.inputs.nope", "g": 1}, "in": "body"},
    ]

    await run(action(request("/x", "post", args=args)), provider)

    (sent,) = provider.sent
    assert sent.url == "https://api.example.com/x"
    assert "X-C" not in sent.headers
    assert json.loads(sent.body or b"") == {"e": {"g": 1}}


async def test_a_null_in_a_body_is_sent_and_elsewhere_left_out_in_strict_mode() -> None:
    provider = Provider([answer({})])
    args = [
        {"name": "a", "value": "$.inputs.nothing", "in": "query"},
        {"name": "b", "value": "$.inputs.nothing", "in": "body"},
    ]

    await run(action(request("/x", "post", args=args)), provider, {"nothing": None})

    assert provider.urls == ["https://api.example.com/x"]
    assert json.loads(provider.sent[0].body or b"") == {"b": None}


@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}], [[{}]]])
@pytest.mark.parametrize("place", ["path", "query", "headers"])
async def test_an_object_never_stands_where_only_text_does(place: str, value: object) -> None:
    provider = Provider([answer({})])
    url = "/users/${inputs['the-id']}" if place == "path" else "/users"
    args = [{"name": "the-id", "value": "$.inputs['the-id']", "in": place}]

    with pytest.raises(InvalidInputs) as caught:
        await run(
            action(request(url, args=[] if place == "path" else args)),
            provider,
            {"the-id": value},
        )

    assert [(fault.path, fault.message) for fault in caught.value.faults] == [
        (f"{place}.the-id", "must be a single value, or a list of them")
    ]
    assert provider.sent == []


@pytest.mark.parametrize(("value", "body"), [("é", '"é"'), (5, "5"), (False, "false")])
async def test_a_body_may_be_a_single_value(value: object, body: str) -> None:
    provider = Provider([answer({})])
    args = [
        {"name": "b", "value": "$.inputs.b", "in": "body", "spread": True},
        {"name": "Content-Type", "value": "application/json", "in": "headers"},
    ]

    await run(action(request("/x", "post", args=args)), provider, {"b": value})

    assert (provider.sent[0].body or b"").decode() == body


async def test_an_api_key_goes_into_the_header_or_query_it_is_declared_for() -> None:
    in_header = {"type": "apiKey", "name": "Api-Key", "value": "$.credentials.token"}
    in_query = {**in_header, "in": "query", "name": "key"}
    provider = Provider([answer({})])

    await run(action(request("/x"), authorization=in_header), provider)
    await run(action(request("/x"), authorization=in_query), provider)

    assert provider.sent[0].headers["Api-Key"] == CREDENTIALS["token"]
    assert provider.urls[1] == f"https://api.example.com/x?key={CREDENTIALS['token']}"


async def test_a_header_with_a_line_break_is_refused() -> None:
    provider = Provider([answer({})])
    compiled = action(request(args=[{"name": "X", "value": "$.inputs.x", "in": "headers"}]))

    with pytest.raises(InvalidInputs) as caught:
        await run(compiled, provider, {"x": "a\r\nHost: evil.test"})

    assert [fault.path for fault in caught.value.faults] == ["headers.x"]
    assert provider.sent == []


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"url": "/x", "method": "GET"}, "Allowed values are: \\[get, post, put, delete, patch\\]"),
        ({"method": "get"}, "The required field 'url' is missing"),
        ({"url": "/x", "method": "get", "headers": {}}, "Unknown field 'headers'"),
        ({"url": "/x", "method": "get", "arg": []}, "Did you mean 'args'?"),
        (
            {"url": "/x", "method": "get", "args": [{"name": "a", "in": "path"}]},
            "The field 'args\\[0\\].in' has an invalid value: 'path'",
        ),
        ({"url": "/x", "method": "get", "cacheTTL": -1}, "cacheTTL"),
    ],
)
def test_a_malformed_step_is_refused_with_its_place(parameters: dict, words: str) -> None:
    step = {
        "stepId": "s",
        "stepFunction": {"functionName": "request", "parameters": parameters},
    }

    with pytest.raises(InvalidStep, match=words):
        action(step)


@pytest.mark.parametrize("name", ["browser_use", "code_execution_lambda", "emit_event"])
def test_a_step_function_that_needs_a_service_is_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidStep, match=name):
        action({"stepId": "s", "stepFunction": {"functionName": name, "parameters": {}}})


class Cache(dict):
    async def get(self, key: str) -> object:
        return super().get(key)

    async def put(self, key: str, response: object, *, seconds: float) -> None:
        self[key] = response
        self.seconds = seconds


@pytest.mark.parametrize(("method", "sent"), [("post", 2), ("get", 1)])
async def test_a_write_is_made_each_time_whatever_is_cached(method: str, sent: int) -> None:
    provider = Provider([answer({"id": 1}), answer({"id": 2})])
    compiled = action(request("/x", cacheTTL=2, method=method), effects=["write"])
    cache = Cache()

    for _ in range(2):
        await run(compiled, provider, cache=cache)

    assert len(provider.sent) == sent


async def test_answers_are_kept_where_the_step_says_so() -> None:
    cache = Cache()
    provider = Provider([answer({"n": 1}), answer({"n": 2})])
    compiled = action(request("/x", cacheTTL=2), result="$.steps.ask.output.data")

    first = await run(compiled, provider, cache=cache)
    second = await run(compiled, provider, cache=cache)

    assert first.data == second.data == {"n": 1}
    assert (len(provider.sent), cache.seconds) == (1, 120)


async def test_an_answer_is_kept_for_the_headers_it_was_asked_with() -> None:
    cache = Cache()
    provider = Provider([answer({"n": 1}), answer({"n": 2})])
    language = {"name": "Accept-Language", "value": "$.inputs.language", "in": "headers"}
    compiled = action(request("/x", cacheTTL=2, args=[language]), result="$.steps.ask.output.data")

    german = await run(compiled, provider, cache=cache, inputs={"language": "de"})
    french = await run(compiled, provider, cache=cache, inputs={"language": "fr"})
    again = await run(compiled, provider, cache=cache, inputs={"language": "de"})

    assert (german.data, french.data, again.data) == ({"n": 1}, {"n": 2}, {"n": 1})


async def test_answers_that_are_kept_take_no_more_memory_than_is_allowed() -> None:
    cache = ResponseCache(lambda: datetime(2026, 3, 1, tzinfo=UTC)).of("acc_1")
    headers = {"x-note": "n" * 30_000}

    for number in range(2000):
        await cache.put(str(number), Response(200, headers, b""), seconds=60)

    kept = [number for number in range(2000) if await cache.get(str(number)) is not None]
    assert 900 < len(kept) < 1200
    assert kept[-1] == 1999


async def test_a_client_certificate_goes_with_the_request() -> None:
    pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"
    encoded = base64.b64encode(pem.encode()).decode()
    certificates = {"certs": ["$.credentials.cert"], "keys": [encoded]}
    provider = Provider([answer({})])

    await run(
        action(request(certificates=certificates)),
        provider,
        credentials={**CREDENTIALS, "cert": pem},
    )

    certificate = provider.sent[0].certificate
    assert certificate is not None
    assert (certificate.certificates, certificate.keys) == ((pem,), (pem,))


async def test_a_certificate_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidStep, match="certificate"):
        await run(action(request(certificates={"certs": ["?"]})), Provider([answer({})]))


@pytest.mark.parametrize("method", ["post", "put", "patch"])
async def test_a_body_whose_values_are_all_absent_is_an_empty_object(method: str) -> None:
    provider = Provider([answer({})])
    args = [{"name": "a", "value": "$.inputs.a", "in": "body"}]

    await run(action(request("/x", method, args=args)), provider)
    await run(action(request("/x", method)), provider)

    assert [sent.body for sent in provider.sent] == [b"{}", None]


async def test_a_connector_may_choose_its_method_by_an_expression() -> None:
    provider = Provider([answer({})])
    compiled = action(request("/x", "{{inputs.id == 1 ? 'put' : 'post'}}"))

    await run(compiled, provider, {"id": 1})
    await run(compiled, provider, {"id": 2})

    assert [sent.method for sent in provider.sent] == ["PUT", "POST"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"a=1&l%5B%5D=x&l%5B%5D=y"),
        ("application/json", b'{"a":"1","l":["x","y"]}'),
        ("application/xml", b"<a>1</a><l>x</l><l>y</l>"),
    ],
)
async def test_a_body_is_written_as_its_content_type_asks(content_type: str, body: bytes) -> None:
    provider = Provider([answer({})])
    args = [
        {"name": "Content-Type", "value": content_type, "in": "headers"},
        {"name": "a", "value": "1", "in": "body"},
        {"name": "l", "value": ["x", "y"], "in": "body"},
    ]

    await run(action(request("/x", "post", args=args)), provider)

    assert provider.sent[0].body == body


async def test_an_account_without_an_auth_method_of_the_connector_is_refused() -> None:
    with pytest.raises(InvalidStep, match="no authentication 'other'"):
        await run(action(request()), Provider([answer({})]), auth_method="other")
