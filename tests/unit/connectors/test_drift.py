"""`jackfield connectors drift`: a connector beside a newer description of its provider."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from jackfield.cli import main

CONNECTOR = """\
StackOne: 1.0.0
engine: strict
info: { title: Acme, key: acme, version: 1.0.0, description: Things. }
baseUrl: "{{credentials.region == 'eu' ? 'https://api.eu.acme.example/v2' : 'https://api.acme.example/v2'}}"
scopeDefinitions: { things.read: { description: Read. }, things.write: { description: Write. } }
authentication:
  - api_key:
      type: custom
      label: API Key
      authorization: { type: bearer, token: $.credentials.api_key }
      configFields:
        - { key: api_key, label: API Key, type: password, required: true, secret: true }
        - { key: region, label: Region, type: text }
      testActions:
        - action:
            actionId: check
            steps:
              - stepId: call
                stepFunction: { functionName: request, parameters: { url: /me, method: get } }
            result: { data: $.steps.call.output.data }
actions:
  - actionId: list_things
    label: List things
    description: List things.
    categories: [documents]
    actionType: list
    effects: [read]
    requiredScopes: things.read
    inputs:
      - { name: page_size, type: integer, in: query }
      - { name: kind, type: enum, in: query, oneOf: { values: [a, b] } }
    steps:
      - stepId: call
        stepFunction:
          functionName: paginated_request
          parameters:
            url: /things
            method: get
            args:
              - { name: limit, value: $.inputs.page_size, in: query }
              - { name: kind, value: $.inputs.kind, in: query }
            response: { dataKey: things, nextKey: next }
            iterator: { key: cursor, in: query }
    result: { data: $.steps.call.output.data }
  - actionId: change_thing
    label: Change a thing
    description: Change a thing.
    categories: [documents]
    actionType: update
    effects: [write]
    requiredScopes: [things.write]
    inputs:
      - { name: id, type: string, in: path, required: true }
      - { name: name, type: string, in: body, required: true }
      - { name: size, type: integer, in: body }
      - name: owner
        type: object
        in: body
        properties: [{ name: email, type: string }]
    steps:
      - stepId: call
        stepFunction:
          functionName: request
          parameters:
            url: /things/${inputs.id}/change
            method: post
            args:
              - { name: name, value: $.inputs.name, in: body }
              - { name: size, value: $.inputs.size, in: body }
              - { name: owner, value: $.inputs.owner, in: body }
    result: { data: $.steps.call.output.data }
"""


def parameter(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string"}, **more}


BODY: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "size": {"type": "number"},
        "owner": {"type": "object", "properties": {"email": {"type": "string"}}},
    },
}
SPEC: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Acme", "version": "2"},
    "servers": [{"url": "https://api.acme.example"}, {"url": "https://api.eu.acme.example"}],
    "components": {
        "securitySchemes": {
            "sign_in": {
                "type": "oauth2",
                "flows": {
                    "authorizationCode": {
                        "authorizationUrl": "https://acme.example/a",
                        "tokenUrl": "https://acme.example/t",
                        "scopes": {"things.read": "", "things.write": ""},
                    }
                },
            }
        }
    },
    "paths": {
        "/v2/me": {"get": {"operationId": "me"}},
        "/v2/things": {
            "get": {
                "operationId": "listThings",
                "security": [{"sign_in": ["things.read"]}],
                "parameters": [
                    parameter("cursor"),
                    parameter("limit", schema={"type": "integer"}),
                    parameter("kind", schema={"type": "string", "enum": ["a", "b"]}),
                ],
            }
        },
        "/v2/things/{thingId}/change": {
            "post": {
                "operationId": "renamed",
                "security": [{"sign_in": ["things.write"]}],
                "parameters": [{**parameter("thingId"), "in": "path", "required": True}],
                "requestBody": {"required": True, "content": {"application/json": {"schema": BODY}}},
            }
        },
    },
}  # fmt: skip


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    file = tmp_path / "acme" / "acme.connector.s1.yaml"
    file.parent.mkdir()
    file.write_text(CONNECTOR, encoding="utf-8")
    return file.parent


def drift(connector: object, spec: Any, *options: str) -> Result:
    file = Path(str(connector)).parent / "newer.json"
    file.write_text(json.dumps(spec), encoding="utf-8")
    arguments = ["connectors", "drift", str(connector), "--spec", str(file), *options]
    return CliRunner().invoke(main, arguments)


def changes(result: Result) -> list[tuple[str, str, str]]:
    found = json.loads(result.stdout)["changes"]
    return [(each["weight"], each["subject"], each["message"]) for each in found]


def things(spec: dict[str, Any]) -> dict[str, Any]:
    return spec["paths"]["/v2/things"]["get"]


def change(spec: dict[str, Any]) -> dict[str, Any]:
    return spec["paths"]["/v2/things/{thingId}/change"]["post"]


def body(spec: dict[str, Any]) -> dict[str, Any]:
    return change(spec)["requestBody"]["content"]["application/json"]["schema"]


def test_what_is_as_published_has_not_drifted(acme: Path) -> None:
    result = drift(acme, SPEC)

    assert (result.exit_code, result.stdout) == (0, "")
    assert "acme is as published." in result.stderr


def move(spec: dict[str, Any], before: str, after: str) -> None:
    spec["paths"][after] = spec["paths"].pop(before)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            lambda spec: spec["paths"].pop("/v2/me"),
            ("breaks", "api_key: check", "GET /v2/me is gone"),
        ),
        (
            lambda spec: move(spec, "/v2/things", "/v3/things"),
            ("breaks", "list_things", "GET /v2/things has moved to GET /v3/things"),
        ),
        (
            lambda spec: move(spec, "/v2/things", "/v2/objects"),
            ("breaks", "list_things", "GET /v2/things has moved to GET /v2/objects"),
        ),
        (
            lambda spec: spec["paths"]["/v2/me"].update(put=spec["paths"]["/v2/me"].pop("get")),
            ("breaks", "api_key: check", "GET /v2/me is gone: the path takes PUT"),
        ),
        (
            lambda spec: things(spec).update(deprecated=True),
            ("care", "list_things", "GET /v2/things is deprecated"),
        ),
        (
            lambda spec: things(spec)["parameters"].append(parameter("team", required=True)),
            ("breaks", "list_things", "team is required, and never sent"),
        ),
        (
            lambda spec: things(spec)["parameters"][1].update(required=True),
            ("breaks", "list_things", "limit is required now"),
        ),
        (
            lambda spec: things(spec)["parameters"].pop(2),
            ("care", "list_things", "kind is no longer published"),
        ),
        (
            lambda spec: things(spec)["parameters"][2]["schema"].update(enum=["b", "c"]),
            ("care", "list_things", 'kind no longer takes "a"'),
        ),
        (
            lambda spec: things(spec)["parameters"][1]["schema"].update(type="boolean"),
            ("care", "list_things", "limit is a boolean now, and sent as an integer"),
        ),
        (
            lambda spec: body(spec)["properties"]["size"].update(type="string"),
            ("breaks", "change_thing", "size is a string now, and sent as an integer"),
        ),
        (
            lambda spec: body(spec).update(required=["name", "size"]),
            ("breaks", "change_thing", "size is required now"),
        ),
        (
            lambda spec: body(spec)["properties"].pop("size"),
            ("care", "change_thing", "size is no longer published"),
        ),
        (
            lambda spec: body(spec)["properties"]["owner"].update(required=["email"]),
            ("breaks", "change_thing", "owner.email is required now"),
        ),
        (
            lambda spec: change(spec)["requestBody"].update(
                content={"multipart/form-data": {"schema": BODY}}
            ),
            (
                "breaks",
                "change_thing",
                "its body is application/json, and multipart/form-data is taken",
            ),
        ),
        (
            lambda spec: things(spec).update(security=[{"sign_in": ["things.all"]}]),
            ("care", "list_things", "needs the scope things.all"),
        ),
        (
            lambda spec: spec.update(servers=[{"url": "https://{zone}.other.example"}]),
            (
                "care",
                "api_key: check and 2 more",
                "api.acme.example, api.eu.acme.example is asked, and {}.other.example is published",
            ),
        ),
    ],
)
def test_what_breaks_or_has_to_be_looked_at_is_drift(
    acme: Path, edit: Callable[[dict[str, Any]], object], expected: tuple[str, str, str]
) -> None:
    spec = deepcopy(SPEC)
    edit(spec)

    result = drift(acme, spec, "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["drifted"] is True
    assert expected in changes(result)
    # And on a terminal.
    assert expected[2].partition(",")[0] in drift(acme, spec).stdout


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            lambda spec: things(spec)["parameters"].append(parameter("sort")),
            ("adds", "list_things", "sort is published, and never sent"),
        ),
        (
            lambda spec: things(spec)["parameters"][2]["schema"].update(enum=["a", "b", "c"]),
            ("adds", "list_things", 'kind takes "c", too'),
        ),
        (
            lambda spec: body(spec)["properties"].update(color={"type": "string"}),
            ("adds", "change_thing", "color is published, and never sent"),
        ),
        (
            lambda spec: spec["paths"].update({"/v2/new": {"delete": {"summary": "Delete new"}}}),
            ("adds", "DELETE /v2/new", "has no action: Delete new"),
        ),
    ],
)
def test_what_is_only_new_is_listed_and_no_drift(
    acme: Path, edit: Callable[[dict[str, Any]], object], expected: tuple[str, str, str]
) -> None:
    spec = deepcopy(SPEC)
    edit(spec)

    result = drift(acme, spec, "--json")

    assert result.exit_code == 0
    assert changes(result) == [expected]


def below(spec: dict[str, Any], base: str, servers: list[dict[str, Any]]) -> None:
    spec["paths"] = {path.removeprefix(base): each for path, each in spec["paths"].items()}
    spec["servers"] = servers


@pytest.mark.parametrize(
    "servers",
    [
        [{"url": "https://api.acme.example/v2/"}],
        [
            {
                "url": "https://{zone}.acme.example/{version}",
                "variables": {"version": {"enum": ["v1", "v2"], "default": "v1"}},
            }
        ],
        [{"url": "/v2"}],
        [],
    ],
    ids=["base path", "variables", "relative", "none"],
)
def test_the_servers_path_is_a_part_of_the_address(
    acme: Path, servers: list[dict[str, Any]]
) -> None:
    spec = deepcopy(SPEC)
    below(spec, "/v2", servers)

    assert drift(acme, spec).exit_code == 0


def test_another_base_path_is_another_address(acme: Path) -> None:
    spec = deepcopy(SPEC)
    below(spec, "/v2", [{"url": "https://api.acme.example/v3"}])

    assert (
        "breaks",
        "change_thing",
        "POST /v2/things/{}/change has moved to POST /v3/things/{}/change",
    ) in changes(drift(acme, spec, "--json"))


def test_a_description_in_several_files_is_one(acme: Path) -> None:
    first, second = deepcopy(SPEC), deepcopy(SPEC)
    second["paths"] = {"/v2/me": first["paths"].pop("/v2/me")}
    (acme.parent / "second.json").write_text(json.dumps(second), encoding="utf-8")

    result = drift(acme, first, "--spec", str(acme.parent / "second.json"))

    assert result.exit_code == 0, result.stdout


@pytest.mark.parametrize("place", ["paths", "components", "security", "servers"])
@pytest.mark.parametrize("value", [None, 1, [None], {"a": None}, [{"url": 5}], {"a": {"get": 5}}])
def test_what_is_of_another_type_is_no_trace(acme: Path, place: str, value: Any) -> None:
    assert drift(acme, {**SPEC, place: value}).exit_code in {0, 1}


def test_an_imported_connector_is_as_published(tmp_path: Path) -> None:
    file = tmp_path / "newer.json"
    file.write_text(json.dumps(SPEC), encoding="utf-8")
    CliRunner().invoke(
        main, ["connectors", "import", "openapi", str(file), "--folder", str(tmp_path / "made")]
    )

    assert changes(drift(tmp_path / "made" / "acme", SPEC, "--json")) == []


def test_a_connector_of_the_hub_is_named_by_its_key() -> None:
    result = CliRunner().invoke(main, ["connectors", "drift", "sendgird", "--spec", __file__])

    assert result.exit_code == 2
    assert "there is no connector 'sendgird' here, and no such folder" in result.stderr
    assert "did you mean sendgrid?" in result.stderr


@pytest.mark.parametrize("spec", [[], {"swagger": "1.2"}, {"openapi": "2"}])
def test_what_is_no_description_is_wrong_use(acme: Path, spec: Any) -> None:
    result = drift(acme, spec)

    assert result.exit_code == 2
    assert "[invalid_openapi]" in result.stderr
