"""Parameters of imported tools, as they reach a provider."""

import json
from pathlib import Path
from typing import Any

import pytest

from jackfield.connectors.openapi.importer import import_document
from jackfield.engine.inputs.errors import InvalidInputs
from tests.unit.connectors.openapi_building import connector_of, operation, query, sent

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "document.yaml"


@pytest.mark.parametrize(
    "name", ["item-id", "item.id", "item id", "it's", "$id", "número", "in", "true", "null"]
)
async def test_a_part_of_the_path_may_have_any_name(file: Path, name: str) -> None:
    quoted = name.replace("'", "''")
    connector = connector_of(
        file,
        operation(
            f'parameters: [{{ name: "{name}", in: path, required: true, schema: {{ type: string }} }}]',
            method="get",
            path=f"/items/{{{quoted}}}/rows",
        ),
    )
    action = connector.find_action("made_act")
    assert action
    (shown,) = action.compiled.locations

    request = await sent(connector, {"path": {shown: "a/1"}})

    assert request.url == "https://api.made.example/base/items/a%2F1/rows"
    with pytest.raises(InvalidInputs):
        action.compiled.accept({"path": {}})


@pytest.mark.parametrize(
    ("style", "value", "path"),
    [
        ("", ["a", "b"], "/a%2Cb"),
        (", style: label", ["a", "b"], "/.a%2Cb"),
        (", style: label, explode: true", ["a", "b"], "/.a.b"),
        (", style: matrix", ["a", "b"], "/;id=a%2Cb"),
    ],
)
async def test_lists_in_the_path_follow_their_style(
    file: Path, style: str, value: list[str], path: str
) -> None:
    schema = "schema: { type: array, items: { type: string } }"
    connector = connector_of(
        file,
        operation(
            f"parameters: [{{ name: id, in: path, required: true, {schema}{style} }}]",
            method="get",
            path="/{id}",
        ),
    )

    request = await sent(connector, {"path": {"id": value}})

    assert request.url == f"https://api.made.example/base{path}"


async def test_what_an_operation_says_of_a_parameter_counts(file: Path) -> None:
    connector = connector_of(
        file,
        """\
paths:
  /things/{nobody}:
    servers: [{ url: https://paths.made.example }]
    parameters: [{ name: verbose, in: query, schema: { type: string } }]
    get:
      operationId: act
      parameters: [{ name: verbose, in: query, required: true, schema: { type: integer } }]
    put:
      operationId: upload
      servers: [{ url: "https://uploads.made.example/v2?mode=raw" }]
  /others#one: { get: { operationId: other, parameters: [{ name: a, in: query, schema: {} }] } }
""",
    )

    request = await sent(connector, {"path": {"nobody": "x y"}, "query": {"verbose": 1}})
    upload = await sent(connector, {"path": {"nobody": "1"}}, action="made_upload")
    other = await sent(connector, {"query": {"a": "b"}}, action="made_other")

    assert request.url == "https://paths.made.example/things/x%20y?verbose=1"
    assert upload.url == "https://uploads.made.example/v2/things/1?mode=raw"
    assert other.url == "https://api.made.example/base/others?a=b"
    with pytest.raises(InvalidInputs, match="verbose"):
        await sent(connector, {"path": {"nobody": "x"}})
    doubts = import_document(file).doubts
    assert "act: its path has {nobody}, which is not declared: taken as a text" in doubts


async def test_inputs_of_one_name_are_all_sent(file: Path) -> None:
    connector = connector_of(
        file,
        """\
paths:
  /users/{id}:
    put:
      operationId: act
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
        - { name: id, in: query, schema: { type: string } }
        - { name: id, in: header, schema: { type: string } }
      requestBody:
        content:
          application/json:
            schema:
              required: [id]
              properties: { id: { type: integer }, body: { type: string }, query_id: {} }
""",
    )

    request = await sent(
        connector,
        {
            "path": {"id": "p"},
            "query": {"query_id": "q"},
            "headers": {"headers_id": "h"},
            "body": {"body_id": 7, "body": "b", "body_query_id": 1},
        },
    )

    assert request.url == "https://api.made.example/base/users/p?id=q"
    assert request.headers["id"] == "h"
    assert json.loads(request.body or b"") == {"id": 7, "body": "b", "query_id": 1}
    with pytest.raises(InvalidInputs, match="body_id"):
        await sent(connector, {"path": {"id": "p"}})


async def test_a_name_that_looks_like_an_expression_is_sent_as_it_stands(file: Path) -> None:
    names = ["$.xgafv", "$top", "filter[name]", "@odata.type", "{{a}}", "${b}", "DateCreated<"]
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
    connector = connector_of(file, operation(f"parameters: {json.dumps(parameters)}", method="get"))
    action = connector.find_action("made_act")
    assert action

    request = await sent(connector, {"query": dict.fromkeys(action.compiled.locations, "x")})

    assert sorted(query(request)) == sorted((name, "x") for name in names)


@pytest.mark.parametrize(
    ("rest", "value", "pairs"),
    [
        ("style: deepObject, schema: { type: object }", {"a": 1, "b": {"c": True}}, {"p[a]": "1", "p[b][c]": "true"}),
        ("schema: { type: object }", {"a": 1, "b": "x&y"}, {"a": "1", "b": "x&y"}),
        ("explode: false, schema: { type: object }", {"a": 1, "b": "c"}, {"p": "a,1,b,c"}),
        ("content: { application/json: { schema: { type: object } } }", {"a": [1]}, {"p": '{"a":[1]}'}),
        ("content: { application/json: { schema: { type: array } } }", [1, "2"], {"p": '[1,"2"]'}),
        ("explode: false, schema: { type: array, items: {} }", [1, 2], {"p": "1,2"}),
        ("explode: false, style: pipeDelimited, schema: { type: array }", ["a", "b"], {"p": "a|b"}),
        ("explode: false, style: spaceDelimited, schema: { type: array }", ["a", "b"], {"p": "a b"}),
        ("style: deepObject, schema: { type: array }", [{"k": 1}], {"p[0][k]": "1"}),
        ("schema: { type: array, items: { type: object } }", [{"k": 1}], {"p[0][k]": "1"}),
        ("schema: { type: boolean }", False, {"p": "false"}),
    ],
)  # fmt: skip
async def test_a_query_parameter_follows_its_style(
    file: Path, rest: str, value: Any, pairs: dict[str, str]
) -> None:
    connector = connector_of(
        file, operation(f"parameters: [{{ name: p, in: query, {rest} }}]", method="get")
    )

    assert dict(query(await sent(connector, {"query": {"p": value}}))) == pairs
    assert query(await sent(connector, {})) == []


async def test_a_list_is_repeated_where_nothing_else_is_said(file: Path) -> None:
    rest = "name: p, in: query, schema: { oneOf: [{ type: string }, { type: array }] }"
    connector = connector_of(file, operation(f"parameters: [{{ {rest} }}]", method="get"))

    assert query(await sent(connector, {"query": {"p": ["1", "2"]}})) == [("p", "1"), ("p", "2")]
    assert query(await sent(connector, {"query": {"p": "1"}})) == [("p", "1")]


async def test_a_cookie_is_sent(file: Path) -> None:
    rest = "name: session, in: cookie, schema: { type: string }"
    connector = connector_of(file, operation(f"parameters: [{{ {rest} }}]", method="get"))

    request = await sent(connector, {"headers": {"session": "s1"}})

    assert request.headers["Cookie"] == "session=s1"
    assert "Cookie" not in (await sent(connector, {})).headers


async def test_an_object_in_a_header_is_left_out_or_leaves_the_tool_out(file: Path) -> None:
    rest = "in: header, schema: { type: object }"
    text = f"""\
paths:
  /a: {{ get: {{ operationId: a, parameters: [{{ name: X-A, {rest} }}] }} }}
  /b: {{ get: {{ operationId: b, parameters: [{{ name: X-B, required: true, {rest} }}] }} }}
"""
    connector = connector_of(file, text)

    assert [action.name for action in connector.actions] == ["a"]
    assert import_document(file).doubts[:2] == (
        "a: the header 'X-A' is an object, which is not written there, and is left out",
        "b is left out: the header 'X-B' is an object, which is not written there",
    )
