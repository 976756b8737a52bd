"""Every malformed document is refused with its place and the reason, never with a traceback."""

import pytest

from jackfield.engine.connector import CompiledConnector
from jackfield.engine.errors import InvalidStep
from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.kit.errors import HubError
from tests.unit.engine.building import Provider, action, answer, connector, request, run, step

pytestmark = pytest.mark.anyio

HERE = {"url": "/x", "method": "get"}
FIELD = {"targetFieldKey": "v", "type": "string", "expression": "$.v"}
DEEP: dict = {"targetFieldKey": "v", "type": "object"}
for _ in range(30):
    DEEP = {"targetFieldKey": "v", "type": "object", "properties": [DEEP]}
FILE = {"fieldName": "f", "content": "aGk=", "filename": "a"}

STEPS = [
    ("request", {**HERE, "args": "x"}, "'args' must be a list"),
    ("request", {**HERE, "args": ["x"]}, "'args[0]' must be an object"),
    ("request", {**HERE, "args": [{"in": "query"}]}, "'args[0].name' is missing"),
    (
        "request",
        {**HERE, "args": [{"name": "a", "in": "query", "arrayFormat": "x"}]},
        "'args[0].arrayFormat' has an invalid value: 'x'",
    ),
    ("request", {**HERE, "args": [{"name": "{{a b}}", "in": "query"}]}, "Invalid expression"),
    ("request", {**HERE, "encodeQueryParams": 1}, "encodeQueryParams"),
    ("request", {**HERE, "response": {"dataKey": ""}}, "response.dataKey"),
    ("request", {**HERE, "response": []}, "'response' must be an object"),
    ("request", {**HERE, "customErrors": [{}]}, "customErrors[0].receivedStatus"),
    (
        "request",
        {**HERE, "customErrors": [{"receivedStatus": "x", "targetStatus": 1}]},
        "must be a number",
    ),
    ("request", {**HERE, "authorization": {"type": "magic"}}, "invalid value: 'magic'"),
    ("request", {**HERE, "authorization": {"type": "bearer"}}, "'token' is missing"),
    (
        "request",
        {**HERE, "authorization": {"type": "apiKey", "name": "k"}},
        "'value' is missing",
    ),
    ("request", {**HERE, "saml": {"objectKey": "a"}}, "'saml.key' is missing"),
    (
        "request",
        {**HERE, "cacheTTL": 1, "saml": {"objectKey": "a", "key": "b", "clientId": "c"}},
        "cannot have a cacheTTL",
    ),
    ("paginated_request", HERE, "'iterator' is missing"),
    ("paginated_request", {**HERE, "iterator": {"in": "query"}}, "'iterator.key' is missing"),
    ("paginated_request", {**HERE, "iterator": {"key": "a", "mode": "x"}}, "iterator.mode"),
    ("paginated_request", {**HERE, "iterator": {"mode": "url"}}, "'response.nextKey' is missing"),
    (
        "paginated_request",
        {**HERE, "iterator": {"key": "p", "in": "query", "mode": "page", "maxPage": 0}},
        "iterator.maxPage",
    ),
    (
        "paginated_request",
        {**HERE, "iterator": {"key": "p", "in": "query"}, "response": {"nextKeyIn": "x"}},
        "response.nextKeyIn",
    ),
    (
        "paginated_request",
        {
            **HERE,
            "iterator": {"key": "p", "in": "query"},
            "args": [{"name": "a", "value": "x", "in": "body", "inline": True}],
        },
        "inline",
    ),
    (
        "paginated_request",
        {**HERE, "iterator": {"key": "p", "in": "query"}, "cursor": {"token": 1}},
        "cursor.token",
    ),
    (
        "paginated_request",
        {**HERE, "iterator": {"key": "p", "in": "query"}, "cursor": {"position": "1"}},
        "cursor.position",
    ),
    ("soap_request", {**HERE, "namespaces": [{}]}, "namespaces[0].namespaceIdentifier"),
    ("soap_request", {**HERE, "response": {"dataKey": ""}}, "response.dataKey"),
    ("soap_paginated_request", {**HERE, "iterator": {"mode": "page"}}, "iterator.mode"),
    ("map_fields", {"dataSource": "$.a"}, "'fields' is missing"),
    ("map_fields", {"dataSource": "$.a", "fields": {}}, "'fields' must be a list"),
    ("map_fields", {"fields": [FIELD]}, "'dataSource' is missing"),
    ("map_fields", {"dataSource": "$.a", "fields": [{"type": "string"}]}, "targetFieldKey"),
    ("map_fields", {"dataSource": "$.a", "fields": [{**FIELD, "x": 1}]}, "Unknown field"),
    ("map_fields", {"dataSource": "$.a", "fields": [DEEP]}, "nested too deeply"),
    (
        "map_fields",
        {"dataSource": "$.a", "fields": [{**FIELD, "expression": "{{a b}}"}]},
        "Invalid expression",
    ),
    (
        "map_fields",
        {"dataSource": "$.a", "fields": [{**FIELD, "type": "enum", "enumMapper": {}}]},
        "enumMapper.matcher",
    ),
    (
        "map_fields",
        {
            "dataSource": "$.a",
            "fields": [{**FIELD, "type": "enum", "enumMapper": {"matcher": "x"}}],
        },
        'matcher "x" is not supported',
    ),
    ("typecast", {"dataSource": "$.a", "fields": [{"type": "string"}]}, "targetFieldKey"),
    ("typecast", {"dataSource": "$.a", "fields": [{**FIELD, "type": "date"}]}, "fields[0].type"),
    ("typecast", {"dataSource": "$.a", "fields": [DEEP]}, "nested too deeply"),
    ("group_data", {}, "'stepsDataToGroup' is missing"),
    ("static_values", {}, "'values' is missing"),
    ("static_values", {"values": 5}, "must be a text, a list or an object"),
    ("upload_file", {"url": "/x"}, "'file.fieldName' is missing"),
    (
        "upload_file",
        {"url": "/x", "file": FILE, "additionalFields": [{"value": 1}]},
        "additionalFields[0].name",
    ),
    ("upload_binary", {"url": "/x"}, "'binaryContent.content' is missing"),
    ("download_file", {"url": "/x", "encoding": "rot13"}, "encoding"),
    ("download_file", {"url": "/x", "responseType": "stream"}, "responseType"),
    ("download_file", {"url": "/x", "maxRedirects": "many"}, "maxRedirects"),
    ("sign_jwt", {"claims": {}}, "'privateKey' is missing"),
    ("sign_jwt", {"privateKey": "k", "algorithm": "none"}, "algorithm"),
    ("mcp_request", {"url": "/x"}, "'toolName' is missing"),
    ("mcp_request", {"url": "/x", "method": "x"}, "'method' has an invalid value"),
    ("mcp_request", {"url": "/x", "toolName": "t", "timeout": -1}, "timeout"),
]
VERSIONS = {"map_fields": "2", "typecast": "2"}


@pytest.mark.parametrize(("function", "parameters", "words"), STEPS)
def test_a_malformed_step_says_where_and_why(function: str, parameters: dict, words: str) -> None:
    document = step(function, parameters, version=VERSIONS.get(function, "1"))

    with pytest.raises((InvalidStep, InvalidExpression)) as caught:
        action(document)

    assert words in caught.value.detail


@pytest.mark.parametrize(
    "document",
    [
        {"authentication": "x"},
        {"authentication": [{"main": "x"}]},
        {"actions": "x"},
        {"actions": [5]},
        {"rateLimit": {"mappedRateLimitErrors": [{"errorStatus": 1}]}},
    ],
)
def test_what_is_no_connector_is_refused(document: dict) -> None:
    with pytest.raises(InvalidStep):
        CompiledConnector(document)


@pytest.mark.parametrize(
    "keys",
    [
        {"steps": "x"},
        {"steps": [5]},
        {"steps": [{"stepFunction": 5}]},
        {"steps": [{"stepFunction": {"functionName": "request", "parameters": 5}}]},
        {
            "steps": [
                {
                    "iterator": "$.a",
                    "stepFunction": {"functionName": "request"},
                    "stepFunctions": [],
                }
            ]
        },
        {"steps": [], "fieldConfigs": "x"},
        {"steps": [], "inputs": "x"},
        {"steps": [], "validationRules": [{"rule": "x"}]},
        {"steps": [], "validationRules": [{"rule": "atLeastOneOf"}]},
        {"steps": [request()], "result": "{{a b}}"},
        {"steps": [{**request(), "condition": "{{a b}}"}]},
    ],
)
def test_what_is_no_action_is_refused(keys: dict) -> None:
    compiled = connector({"actionId": "a", **keys})

    with pytest.raises((InvalidStep, InvalidExpression)):
        compiled.action("a")


def test_a_value_that_is_nested_too_deeply_is_refused() -> None:
    value: object = "$.inputs.x"
    for _ in range(100):
        value = [value]

    with pytest.raises(InvalidExpression, match="nested too deeply"):
        action(request("/x", "post", args=[{"name": "a", "value": value, "in": "body"}]))


@pytest.mark.parametrize(
    "parameters",
    [
        {"args": [{"name": "a", "value": "x", "in": "body", "inline": True}] * 2},
        {"args": [{"name": "a", "value": {"b": 1}, "in": "body", "inline": True}]},
        {
            "args": [
                {"name": "Content-Type", "value": "application/xml", "in": "headers"},
                {"name": "not a name", "value": 1, "in": "body"},
            ]
        },
        {"authorization": {"type": "basic", "encoding": "rot13"}},
    ],
)
async def test_what_only_shows_while_running_is_refused_before_anything_is_sent(
    parameters: dict,
) -> None:
    provider = Provider([answer({})])

    with pytest.raises(HubError):
        await run(action(request("/x", "post", **parameters)), provider)

    assert provider.sent == []
