"""What an import derives beside requests: paging, outlines, messages, scopes, servers, effects."""

from pathlib import Path
from typing import Any

import pytest

from jackfield.connectors.connector import Connector
from jackfield.connectors.openapi.importer import Imported, import_document
from jackfield.connectors.outputs import output_schema
from jackfield.connectors.yaml import parse
from jackfield.kit.errors import HubError
from jackfield.testing.calls import make_run_context
from jackfield.testing.provider import ScriptedTransport, answer
from tests.unit.connectors.openapi_building import connector_of, operation

pytestmark = pytest.mark.anyio

ROWS = "type: array, items: { type: object, properties: { id: { type: string } } }"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "document.yaml"


def a_list(parameters: str, schema: str, headers: str = "") -> str:
    response = f"content: {{ application/json: {{ schema: {{ {schema} }} }} }}{headers}"
    given = ", ".join(
        f"{{ name: {each}, in: query, schema: {{ type: {kind} }} }}"
        for each, kind in (pair.split(":") for pair in parameters.split())
    )
    return operation(
        f"parameters: [{given}], responses: {{ '200': {{ description: ok, {response} }} }}",
        method="get",
    )


async def run(connector: Connector, pages: list[Any], **inputs: Any) -> tuple[Any, list[str]]:
    action = connector.find_action("made_act")
    assert action
    transport = ScriptedTransport([answer(json=body, headers=headers) for body, headers in pages])
    accepted = action.compiled.accept({"query": inputs})
    result = await action.compiled.run(
        make_run_context(transport, {}, inputs=accepted, auth_method="none")
    )
    return result.data, [each.url.partition("/things")[2] for each in transport.requests]


def wrapped(extra: str) -> str:
    return f"type: object, properties: {{ data: {{ {ROWS} }}, {extra} }}"


@pytest.mark.parametrize(
    ("parameters", "schema", "headers", "pages", "urls"),
    [
        (
            "cursor:string limit:integer",
            wrapped("meta: { type: object, properties: { next_cursor: { type: string } } }"),
            "",
            [
                ({"data": [{"id": "a"}], "meta": {"next_cursor": "two"}}, {}),
                ({"data": [{"id": "b"}]}, {}),
            ],
            ["?limit=2", "?limit=2&cursor=two"],
        ),
        (
            "after:string limit:integer",
            wrapped(
                "paging: { type: object, properties: { next: { type: object, properties: "
                "{ after: { type: string } } } } }"
            ),
            "",
            [
                ({"data": [{"id": "a"}], "paging": {"next": {"after": "2"}}}, {}),
                ({"data": [{"id": "b"}]}, {}),
            ],
            ["?limit=2", "?limit=2&after=2"],
        ),
        (
            "page_token:string page_size:integer",
            wrapped("next: { type: string, format: uri }"),
            "",
            [
                ({"data": [{"id": "a"}], "next": "https://api.made.example/base/things?p=2"}, {}),
                ({"data": [{"id": "b"}]}, {}),
            ],
            ["?page_size=2", "?p=2"],
        ),
        (
            "page:integer per_page:integer",
            ROWS,
            ", headers: { Link: { schema: { type: string } } }",
            [
                ([{"id": "a"}], {"Link": '<https://api.made.example/base/things?p=2>; rel="next"'}),
                ([{"id": "b"}], {}),
            ],
            ["?per_page=2", "?p=2"],
        ),
        (
            "offset:integer limit:integer",
            ROWS,
            "",
            [([{"id": "a"}], {}), ([{"id": "b"}], {})],
            ["?limit=2&offset=0", "?limit=2&offset=1"],
        ),
        (
            "page:integer size:integer",
            ROWS,
            "",
            [([{"id": "a"}], {}), ([{"id": "b"}], {})],
            ["?size=2&page=1", "?size=2&page=2"],
        ),
    ],
    ids=["cursor", "nested", "url", "link", "offset", "page"],
)
async def test_a_list_follows_its_pages(
    file: Path, parameters: str, schema: str, headers: str, pages: list[Any], urls: list[str]
) -> None:
    connector = connector_of(file, a_list(parameters, schema, headers))

    rows, asked = await run(connector, pages, page_size=2)

    assert rows == [{"id": "a"}, {"id": "b"}]
    assert asked == urls
    (action,) = connector.actions
    assert action.action_type == "list"
    assert {"page_size", "next"} == action.schema["properties"].keys()


@pytest.mark.parametrize(
    ("parameters", "schema"),
    [
        ("cursor:string", wrapped("total: { type: integer }")),
        ("limit:integer", ROWS),
        ("page:integer", wrapped("others: { type: array, items: { type: string } }")),
        ("page:integer", "type: object, properties: { id: { type: string } }"),
        ("page:string", ROWS),
    ],
)
async def test_what_does_not_tell_of_its_pages_is_one_request(
    file: Path, parameters: str, schema: str
) -> None:
    connector = connector_of(file, a_list(parameters, schema))

    (action,) = connector.actions
    assert action.schema["properties"].keys() == {parameters.partition(":")[0]}


async def test_what_an_action_gives_back_is_outlined(file: Path) -> None:
    schema = (
        "type: object, properties: { id: { type: integer }, at: { type: string, format: date-time },"
        " secret: { type: string, writeOnly: true }, tags: { type: array, items: { type: string } },"
        " owner: { type: object, properties: { name: { type: [string, 'null'] } } },"
        " either: { oneOf: [{ type: string }, { type: integer }] },"
        " counts: { type: object, additionalProperties: { type: integer } } }"
    )
    connector_of(file, a_list("x:string", schema))

    (action,) = actions(import_document(file, key="made"))

    assert action["output"] == {
        "id": "integer",
        "at": "datetime",
        "tags": ["string"],
        "owner": {"name": "string"},
        "either": "any",
        "counts": {"*": "integer"},
    }


async def test_a_schema_that_holds_itself_has_an_outline_with_an_end(file: Path) -> None:
    node = "Node: { type: object, properties: { a: { $ref: '#/components/schemas/Node' } } }"
    text = a_list("x:string", "$ref: '#/components/schemas/Node'")
    connector = connector_of(file, f"components: {{ schemas: {{ {node} }} }}\n{text}")

    (action,) = connector.actions

    assert output_schema(action) is not None


def actions(imported: Imported) -> list[dict[str, Any]]:
    return [
        each
        for name, text in imported.files.items()
        if "partial" in name
        for each in parse(text).value
    ]


@pytest.mark.parametrize(
    ("schema", "body", "message"),
    [
        ("message: { type: string }", {"message": "No such thing"}, "No such thing"),
        (
            "error: { type: object, properties: { code: { type: integer }, message: { type: string } } }",
            {"error": {"code": 4, "message": "Not yours"}},
            "Not yours",
        ),
        (
            "errors: { type: array, items: { type: object, properties: { detail: { type: string } } } }",
            {"errors": [{"detail": "Too long"}]},
            "Too long",
        ),
    ],
)
async def test_callers_get_the_providers_words(
    file: Path, schema: str, body: Any, message: str
) -> None:
    error = f"content: {{ application/json: {{ schema: {{ properties: {{ {schema} }} }} }} }}"
    connector = connector_of(
        file,
        operation(
            f"responses: {{ '404': {{ description: no, {error} }}, default: {{ description: no }} }}",
            method="get",
        ),
    )
    (action,) = connector.actions
    transport = ScriptedTransport([answer(status=404, json=body)])

    with pytest.raises(HubError, match=message):
        await action.compiled.run(make_run_context(transport, {}, auth_method="none"))


SERVERS = """\
openapi: 3.0.3
info: { title: Made, version: '1' }
servers:
  - { url: https://api.made.example/v1, description: Global }
  - { url: https://api.eu.made.example/v1, description: European Union }
"""
OAUTH = """\
components:
  securitySchemes:
    sign-in:
      type: oauth2
      description: "Ask for an app in the developer console."
      flows:
        authorizationCode:
          authorizationUrl: https://made.example/authorize
          tokenUrl: https://made.example/token
          refreshUrl: https://made.example/refresh
          scopes: { things.read: Read things., things.write: Write things., billing: Bills. }
    key: { type: apiKey, in: header, name: X-Key, description: "It is under **Settings**, Keys." }
security: [{ sign-in: [] }, { key: [] }]
paths:
  /things:
    get: { operationId: listThings, security: [{ sign-in: [things.read] }, { key: [] }] }
    post: { operationId: addThing, security: [{ sign-in: [things.write] }] }
  /free: { get: { operationId: free } }
"""


async def test_scopes_are_asked_for_as_actions_need_them(file: Path) -> None:
    connector = connector_of(file, OAUTH)
    made = import_document(file, key="made", actions=["listThings"])
    main = parse(made.files["made.connector.s1.yaml"]).value

    needed = {each.name: each.required_scopes for each in connector.actions}
    assert needed == {
        "list_things": ("things.read",),
        "add_thing": ("things.write",),
        "free": (),
    }
    assert main["scopeDefinitions"] == {"things.read": {"description": "Read things."}}
    (sign_in,) = [each["sign_in"] for each in main["authentication"] if "sign_in" in each]
    assert sign_in["authorization"]["scopes"] == "things.read"
    assert sign_in["authorization"]["refreshUrl"] == "https://made.example/refresh"


async def test_what_a_scheme_says_of_itself_begins_its_guide(file: Path) -> None:
    connector = connector_of(file, OAUTH)
    methods = {each.key: each for each in connector.auth_methods}

    (step, *_) = methods["key"].link_guide().sections[0].steps

    assert (step.content, step.field) == ("It is under **Settings**, Keys.", "api_key")


@pytest.mark.parametrize(
    ("chosen", "host"),
    [("api_made_example", "api.made.example"), ("api_eu_made_example", "api.eu.made.example")],
)
async def test_an_account_is_on_one_of_the_servers(file: Path, chosen: str, host: str) -> None:
    connector = connector_of(file, operation("", method="get"), head=SERVERS)
    (field,) = connector.auth_methods[0].config_fields
    (action,) = connector.actions
    transport = ScriptedTransport([answer(json={})])

    await action.compiled.run(make_run_context(transport, {"server": chosen}, auth_method="none"))

    assert [option.label for option in field.options] == ["Global", "European Union"]
    assert transport.requests[0].url == f"https://{host}/v1/things"


@pytest.mark.parametrize(
    ("method", "path", "name", "effect"),
    [
        ("post", "/things/search", "searchThings", "read"),
        ("post", "/things/query", "runQuery", "write"),
        ("post", "/things/{id}/send", "sendThing", "send"),
        ("post", "/things", "listThings", "write"),
        ("get", "/things/send", "x", "read"),
    ],
)
async def test_an_effect_is_less_than_writing_only_where_path_and_name_say_so(
    file: Path, method: str, path: str, name: str, effect: str
) -> None:
    connector = connector_of(
        file,
        operation("", method=method, path=path).replace("operationId: act", f"operationId: {name}"),
    )

    assert connector.actions[0].effects == (effect,)


async def test_the_key_of_a_request_that_is_done_once_has_the_name_of_every_connector(
    file: Path,
) -> None:
    header = "{ name: Idempotency-Key, in: header, schema: { type: string } }"
    connector = connector_of(file, operation(f"parameters: [{header}]"))
    (action,) = connector.actions
    transport = ScriptedTransport([answer(json={})])

    await action.compiled.run(
        make_run_context(
            transport,
            {},
            inputs=action.compiled.accept({"headers": {"idempotency_key": "k1"}}),
            auth_method="none",
        )
    )

    assert transport.requests[0].headers["Idempotency-Key"] == "k1"
