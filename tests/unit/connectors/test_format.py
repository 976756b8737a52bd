"""Documents that use the whole of the format, and documents that abuse it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.connectors import yaml
from jackfield.connectors.diagnostics import InvalidConnector
from jackfield.connectors.loading.loader import load
from jackfield.kit.json import Json
from tests.unit.connectors.conftest import MAIN

Write = Callable[..., Path]

EVERYTHING = """\
StackOne: 1.0.0
info:
  title: Everything
  key: everything-custom
  version: 2.1.0-beta.1
  description: All there is.
  assets: { icon: "https://acme.example/icon.png" }
baseUrl: '{{credentials.region == "eu" ? "https://eu.acme.example" : "https://acme.example"}}'
context: https://docs.acme.example
documentation: { references: [{ title: API, url: "https://docs.acme.example/api" }] }
details: More.
changelog: { summary: New., labels: [new-actions] }
categories: [hris]
owner: somebody
mcp: { instructions: Be careful. }
releaseStage: beta
rateLimit:
  mainRatelimit: 10
  subPools: [{ subPoolKey: a, urlPattern: /a, rateLimit: 0.5 }]
  mappedRateLimitErrors:
    - { errorStatus: 403, errorMessage: slow down, retryAfterUnit: seconds, retryAfterValue: 3 }
concurrency:
  mainMaxConcurrency: 3
  subPools: [{ subPoolKey: a, urlPattern: /a, maxConcurrency: 1 }]
scopeDefinitions:
  a.read: { description: Read. }
  a.write: { description: Write., includes: a.read }
authentication:
  - apikey:
      type: apikey
      label: Key
      requiredScopes: a.read
      authorization: { type: none, signing: { strategy: hmac, includeHost: true } }
      configFields:
        - { key: region, label: Region, type: select, options: [{ value: eu, label: EU }] }
        - { key: secretKey, label: Key, type: password, required: true, secret: true }
        - { key: note, label: Note, type: text_area, condition: "{{present(credentials.region)}}" }
        - { key: url, label: URL, type: text, computed: true, value: "${credentials.region}.x" }
      testActionsIds: [list_a]
  - server:
      type: mcp
      label: MCP
      authorization: { type: bearer, token: $.credentials.accessToken, includeBearer: false }
      authorizationFlow: { serverUrl: "https://mcp.acme.example", clientRegistration: dcr }
      environments: [{ key: production, name: Live }, { key: test, name: Test }]
actions:
  - actionId: list_a
    label: List
    description: List.
    categories: [hris, internal]
    actionType: list
    schemaType: unified
    schema: { name: a }
    effects: [read, search]
    annotations: { title: A, idempotentHint: true }
    tags: [a]
    examples: [{ exampleDescription: One. }]
    requiredScopes: a.read a.write
    authRequirements: { apikey: [a.read] }
    entrypointUrl: /a
    entrypointHttpMethod: get
    inputs:
      - { name: id, type: string, in: query, rules: { minLength: 1, format: uuid } }
      - { name: kind, type: enum, in: query, oneOf: { ref: gender } }
      - name: filter
        type: object
        in: body
        array: true
        properties:
          - { name: since, type: datetime_string, required: true }
          - { name: any, variants: [{ type: string }, { type: number, array: true }] }
    validationRules:
      - { rule: mutuallyExclusive, fields: [id, kind] }
      - { rule: requiredIf, field: id, condition: { field: kind, equals: male } }
    cursor: { enabled: true, pageSize: 10 }
    compositeIdentifiers:
      enabled: true
      version: 1
      fields: [{ targetFieldKey: id, components: [{ name: id, alias: i }] }]
    fieldConfigs:
      - targetFieldKey: who
        type: object
        properties: [{ targetFieldKey: id, type: string, expression: $.id }]
      - { targetFieldKey: kind, type: enum, expression: $.kind, enumMapper: { matcher: [
          { matchExpression: "{{kind == 'x'}}", value: y }] } }
    dataSync:
      allowed: true
      indexField: [id]
      pagination:
        type: page
        response: { dataKey: data }
        iterator: { pageKey: page, in: query, startPage: 0 }
      incremental:
        type: time_filter
        iterator: { key: since, in: query }
        format: iso8601
    steps:
      - stepId: page
        description: Fetch.
        stepFunction:
          functionName: paginated_request
          parameters:
            url: /a
            method: get
            args:
              - { name: id, value: $.inputs.id, in: query, condition: "{{present(inputs.id)}}" }
              - { name: '{{"$top"}}', value: 5, in: query, arrayFormat: comma }
            response: { dataKey: items, nextKey: next, nextKeyIn: headers }
            iterator: { key: cursor, in: body, mode: cursor, condition: "{{more}}" }
      - stepId: map
        condition: "{{steps.page.output.data}}"
        onConditionError: break
        ignoreError: true
        stepFunction:
          functionName: map_fields
          version: '2'
          parameters: { dataSource: $.steps.page.output.data, externalSources: { a: $.inputs.id } }
      - stepId: cast
        stepFunction:
          functionName: typecast
          version: '2'
          parameters: { dataSource: $.steps.map.output.data }
      - stepId: each
        iterator: $.steps.cast.output.data
        async: true
        successCriteria: "{{output.ok}}"
        stepFunctions:
          - { functionName: static_values, parameters: { values: { a: "{{iterator.item}}" } } }
    result: { data: $.steps.each.output.data, message: done }
events:
  router:
    delivery: [{ when: body.ping, then: { action: pong } }]
    itemsPath: body.items
    rules: [{ when: "event.type == 'a'", then: { action: changed, input: { id: event.id } } }]
  setup:
    creation: &step
      steps: [{ stepId: a, stepFunction: { functionName: static_values, parameters: { values: 1 } } }]
    deletion: *step
  actions:
    - { actionId: changed, actionType: event, steps: [
        { stepId: a, stepFunction: { functionName: static_values, parameters: { values: 1 } } }] }
  externalAccountIdExtractor: { result: body.account }
"""


def test_the_whole_of_the_format_is_understood(write: Write) -> None:
    connector = load(write(EVERYTHING))

    assert connector.findings == ()
    assert connector.mode == "compat"
    assert [method.type for method in connector.auth_methods] == ["custom", "mcp"]
    assert [probe.action for probe in connector.auth_methods[0].test_actions] == ["list_a"]
    assert connector.actions[0].is_internal
    assert connector.actions[0].annotations["idempotentHint"] is True
    assert [link.url for link in connector.links] == ["https://docs.acme.example/api"]
    assert connector.icon == "https://acme.example/icon.png"
    assert connector.actions[0].compiled.id == "everything-custom_list_a"


def test_the_first_version_of_map_fields_is_doubted(write: Write) -> None:
    text = EVERYTHING.replace("          version: '2'\n", "", 1)

    findings = load(write(text)).findings

    assert [finding.is_error for finding in findings] == [False]
    assert "Without" in findings[0].message


def test_an_action_the_engine_refuses_is_told_with_its_place(write: Write) -> None:
    text = MAIN.replace("functionName: request", "functionName: paginated_request").replace(
        "method: get", "method: get\n            iterator: { in: query }"
    )

    (finding, *_) = load(write(text)).findings

    assert (finding.is_error, finding.path, finding.line) == (True, "actions[0]", 22)
    assert finding.message.startswith("The action cannot be compiled: ")

    with pytest.raises(InvalidConnector):
        load(write(f"engine: strict\n{text}"))


ODD: list[Json] = [
    None,
    True,
    -1,
    1.5,
    "",
    "x",
    "{{",
    "{{a +",
    "$.",
    "$[",
    "${a",
    [],
    [[]],
    {},
    {"a": 1},
]


def places(value: Json, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*at, index))


def put(document: Json, path: tuple[str | int, ...], value: Json) -> Json:
    if not path:
        return value
    owner = document
    for part in path[:-1]:
        owner = owner[part]
    owner[path[-1]] = value
    return document


@pytest.mark.slow
@given(st.data(), st.booleans())
def test_any_document_is_loaded_or_refused_with_places(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, strict: bool
) -> None:
    document = yaml.parse(EVERYTHING).value
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(document))))
        document = put(document, path, json.loads(json.dumps(data.draw(st.sampled_from(ODD)))))
        if not isinstance(document, dict):
            break
    if strict and isinstance(document, dict):
        document["engine"] = "strict"
    file = tmp_path_factory.mktemp("any") / "any.connector.s1.yaml"
    file.write_text(json.dumps(document), encoding="utf-8")

    try:
        findings = load(file).findings
    except InvalidConnector as invalid:
        findings = invalid.findings
        assert any(finding.is_error for finding in findings)

    assert all(finding.file == file and finding.line >= 1 for finding in findings)
