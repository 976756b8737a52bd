"""Tools of imported documents, called against a provider that remembers what it was sent."""

import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from jackfield.engine.transport import Request, Response

from jackfield.connectors.connector import Connector
from jackfield.connectors.openapi.importer import import_document
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.engine.run_context import RunContext
from tests.support.openapi import Recorder, imported

pytestmark = pytest.mark.anyio

HEAD = """\
openapi: 3.0.3
info: { title: Made, version: '1' }
servers: [{ url: https://api.made.example/base }]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "document.yaml"


def connector_of(file: Path, text: str, *, head: str = HEAD) -> Connector:
    file.write_text(head + text, encoding="utf-8")
    connector = imported(file, file.parent)
    assert connector.findings == ()
    return connector


def operation(inside: str, *, method: str = "post", path: str = "/things") -> str:
    return f"paths: {{ '{path}': {{ {method}: {{ operationId: act, {inside} }} }} }}\n"


async def sent(
    connector: Connector,
    inputs: Mapping[str, Mapping[str, Any]],
    *,
    method: str = "none",
    credentials: Mapping[str, str] | None = None,
    action: str = "made_act",
) -> Request:
    found = connector.find_action(action)
    assert found
    recorder = Recorder()
    call = RunContext(
        inputs=found.compiled.accept(inputs),
        credentials=credentials or {},
        transport=recorder,
        auth_method=method,
    )
    await found.compiled.run(call)
    assert recorder.seen
    return recorder.seen


def query(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(request.url).query, keep_blank_values=True)


@pytest.mark.parametrize("name", ["item-id", "item.id", "item id", "it's", "$id", "número", "a+b"])
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
    (shown,) = action.compiled.places

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

    request = await sent(connector, {"query": dict.fromkeys(action.compiled.places, "x")})

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


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ("{ oneOf: [{ type: string }, { type: array, items: { type: string } }] }", ["a", ["a", "b"]], [1, [1]]),
        ("{ oneOf: [{ type: string }, { type: integer }] }", ["s", 5], [True, {}]),
        ("{ anyOf: [{ type: integer }, { type: object, properties: { a: { type: string } } }] }", [5, {"a": "x"}], ["5", {"a": 1}]),
        ("{ type: [string, integer] }", ["s", 5], [[]]),
        ("{ type: [string, 'null'], enum: [a, null] }", ["a"], ["b", 1]),
        ("{}", ["text", 5, [1], {"a": 1}, False], []),
        ("{ const: fixed }", ["fixed"], ["other", 1]),
        ("{ enum: [1, two, 2.5] }", [1, "two", 2.5], ["1", 2]),
        ("{ type: integer, enum: [1, 2, 2] }", [1], ["1", 3]),
        ("{ type: array }", [[], ["a", 1]], ["a"]),
        ("{ type: array, items: { type: array, items: { type: integer } } }", [[[1], [2]]], [[1], [["a"]]]),
        ("{ type: array, items: { oneOf: [{ type: string }, { type: integer }] } }", [["a", 1]], [[[]], "a"]),
        ("{ allOf: [{ oneOf: [{ type: string }, { type: boolean }] }], description: d }", ["s", True], [1]),
        ("{ properties: { k: { type: string } }, oneOf: [{ required: [k] }, { properties: { l: { type: integer } } }] }", [{"k": "x"}, {"l": 1}], ["x", {"k": 1, "l": "x"}]),
        ("{ type: number, minimum: 0, maximum: 1.5 }", [0, 1.5], [2, "1"]),
        ("{ type: string, minLength: 2, pattern: '^[a-z]+$' }", ["ab"], ["a", "A1"]),
        ("{ nullable: true, type: string }", ["a"], [1]),
    ],
)  # fmt: skip
async def test_a_tool_takes_the_values_of_its_document(
    file: Path, schema: str, right: list[Any], wrong: list[Any]
) -> None:
    connector = connector_of(
        file,
        operation(
            "requestBody: { content: { application/json: { schema: { properties: "
            f"{{ v: {schema} }} }} }} }} }}"
        ),
    )

    for value in right:
        request = await sent(connector, {"body": {"v": value}})
        assert json.loads(request.body or b"") == {"v": value}
    for value in wrong:
        with pytest.raises(InvalidInputs, match=r"body\.v"):
            await sent(connector, {"body": {"v": value}})


async def test_schemas_that_hold_themselves_come_to_an_end(file: Path) -> None:
    connector = connector_of(
        file,
        """\
components:
  schemas:
    Node: { oneOf: [{ type: string }, { type: array, items: { $ref: '#/components/schemas/Node' } }] }
    Tree: { allOf: [{ $ref: '#/components/schemas/Tree' }], properties: { t: { $ref: '#/components/schemas/Tree' } } }
    Loop: { oneOf: [{ $ref: '#/components/schemas/Loop' }] }
    Self: { $ref: '#/components/schemas/Self' }
"""
        + operation(
            "requestBody: { content: { application/json: { schema: { properties: { "
            + ", ".join(
                f"{name.lower()}: {{ $ref: '#/components/schemas/{name}' }}"
                for name in ("Node", "Tree", "Loop", "Self")
            )
            + " } } } } }"
        ),
    )

    body = {"node": ["a", ["b", ["c"]]], "tree": {"t": {"t": {}}}, "loop": 1, "self": "x"}

    assert json.loads((await sent(connector, {"body": body})).body or b"") == body


async def test_a_default_is_told_and_never_sent(file: Path) -> None:
    """A change of one member leaves the others as they are."""
    schema = "{ properties: { a: { type: string }, b: { type: boolean, default: true } } }"
    connector = connector_of(
        file,
        operation(f"requestBody: {{ content: {{ application/json: {{ schema: {schema} }} }} }}"),
    )
    action = connector.find_action("made_act")
    assert action

    request = await sent(connector, {"body": {"a": "x"}})

    assert json.loads(request.body or b"") == {"a": "x"}
    assert action.schema["properties"]["b"]["description"] == "Default: true."


@pytest.mark.parametrize("pattern", [r"\p{L}+", r"^[a-z]+\Z", "(?<y>a)", "(a+)+", "(", "(?<=a+)b"])
async def test_a_pattern_no_connector_can_have_is_left_out_and_named(
    file: Path, pattern: str
) -> None:
    rest = json.dumps(
        {"name": "p", "in": "query", "schema": {"type": "string", "pattern": pattern}}
    )
    connector = connector_of(file, operation(f"parameters: [{rest}]", method="get"))

    assert query(await sent(connector, {"query": {"p": "!"}})) == [("p", "!")]
    assert f"the pattern {pattern!r} is left out: a connector cannot have it" in (
        import_document(file).doubts
    )


@pytest.mark.parametrize(
    ("media", "schema", "value", "body"),
    [
        ("application/json", "{ type: string }", "é", '"é"'),
        ("application/json", "{ type: integer }", 5, "5"),
        ("application/json", "{ type: boolean }", False, "false"),
        ("application/json", "{ type: array, items: { type: integer } }", [1, 2], "[1,2]"),
        ("application/json", "{ type: array }", [], "[]"),
        ("application/json", "{ type: object }", {"a": None}, '{"a":null}'),
        ("application/json", "{ oneOf: [{ type: array }, { type: object, properties: { a: {} } }] }", [1], "[1]"),
        ("application/json", "{ oneOf: [{ type: array }, { type: object, properties: { a: {} } }] }", {"a": 1}, '{"a":1}'),
        ("application/json; charset=utf-8", "{}", {"a": 1}, '{"a":1}'),
        ("application/vnd.made+json", "{}", {"a": 1}, '{"a":1}'),
        ("application/merge-patch+json", "{}", {"a": 1}, '{"a":1}'),
        ("text/plain", "{ type: string }", "hällo", "hällo"),
        ("application/xml", "{ type: object }", "<a/>", "<a/>"),
    ],
)  # fmt: skip
async def test_a_body_is_written_in_its_media_type(
    file: Path, media: str, schema: str, value: Any, body: str
) -> None:
    connector = connector_of(
        file,
        operation(
            f"requestBody: {{ required: true, content: {{ '{media}': {{ schema: {schema} }} }} }}"
        ),
    )

    request = await sent(connector, {"body": {"body": value}})

    assert (request.body or b"").decode() == body
    assert request.headers["Content-Type"] == media
    with pytest.raises(InvalidInputs, match="body"):
        await sent(connector, {})


async def test_bytes_are_sent_as_they_are(file: Path) -> None:
    connector = connector_of(
        file, operation("requestBody: { content: { image/png: {} } }", method="put")
    )

    request = await sent(connector, {"body": {"body": b64encode(b"\x89PNG\xff").decode()}})

    assert (request.method, request.body) == ("PUT", b"\x89PNG\xff")
    assert request.headers["Content-Type"] == "image/png"


async def test_a_file_goes_into_a_form_with_its_fields(file: Path) -> None:
    schema = "{ type: object, properties: { doc: { type: string, format: binary }, note: { type: string } } }"
    connector = connector_of(
        file,
        operation(f"requestBody: {{ content: {{ multipart/form-data: {{ schema: {schema} }} }} }}"),
    )
    content = b64encode(b"\x00bytes").decode()

    request = await sent(connector, {"body": {"doc": content, "doc_name": "a.bin", "note": "n"}})

    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    body = request.body or b""
    assert b'name="doc"; filename="a.bin"' in body
    assert b"\x00bytes" in body
    assert b'name="note"\r\n\r\nn\r\n' in body


async def test_a_form_follows_its_encoding(file: Path) -> None:
    schema = (
        "{ type: object, properties: { l: { type: array }, o: { type: object }, d: { type: object },"
        " j: { type: object }, c: { type: array }, s: { type: string } } }"
    )
    encoding = (
        "{ l: { style: form, explode: true }, d: { style: deepObject, explode: true },"
        " j: { contentType: application/json }, c: { style: form, explode: false } }"
    )
    connector = connector_of(
        file,
        operation(
            "requestBody: { content: { application/x-www-form-urlencoded: "
            f"{{ schema: {schema}, encoding: {encoding} }} }} }}"
        ),
    )

    request = await sent(
        connector,
        {"body": {"l": [1, 2], "o": {"k": 1}, "d": {"k": [{"m": 1}]}, "j": {"k": [1]}, "c": [1, 2], "s": "é &"}},
    )  # fmt: skip

    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert sorted(parse_qsl((request.body or b"").decode())) == [
        ("c", "1,2"), ("d[k][0][m]", "1"), ("j", '{"k":[1]}'),
        ("l", "1"), ("l", "2"), ("o[k]", "1"), ("s", "é &"),
    ]  # fmt: skip


async def test_a_body_that_may_be_missing_may_be_missing(file: Path) -> None:
    schema = "{ required: [a], properties: { a: { type: string } } }"
    content = f"content: {{ application/json: {{ schema: {schema} }} }}"
    connector = connector_of(file, operation(f"requestBody: {{ required: false, {content} }}"))

    without = await sent(connector, {})
    given = await sent(connector, {"body": {"body": {"a": "x"}}})

    assert (without.body, without.headers.get("Content-Type")) == (None, None)
    assert given.body == b'{"a":"x"}'
    with pytest.raises(InvalidInputs, match="a is required"):
        await sent(connector, {"body": {"body": {}}})


@pytest.mark.parametrize(
    "body",
    [
        "{ $ref: '#/components/requestBodies/None' }",
        "{ content: {} }",
        "{ content: { multipart/form-data: {} } }",
        "{ content: { application/x-www-form-urlencoded: { schema: {} } } }",
        (
            "{ content: { multipart/form-data: { schema: { properties: "
            "{ a: { type: string, format: binary }, b: { type: string, format: binary } } } } } }"
        ),
    ],
)
async def test_a_tool_whose_body_cannot_be_written_is_left_out_and_named(
    file: Path, body: str
) -> None:
    connector = connector_of(
        file,
        f"""\
paths:
  /a: {{ get: {{ operationId: a }} }}
  /b: {{ post: {{ operationId: b, requestBody: {body} }} }}
""",
    )

    assert [action.name for action in connector.actions] == ["a"]
    assert any(each.startswith("b is left out: ") for each in import_document(file).doubts)


async def test_texts_that_look_like_numbers_stay_texts(file: Path) -> None:
    values = [
        "00002893",
        "1e3",
        "1.10",
        "0x1F",
        "0o17",
        "1_000",
        "no",
        "~",
        "2024-01-31",
        "+1",
        ".5",
    ]
    schema = f"{{ type: string, enum: {json.dumps(values)} }}"
    connector = connector_of(
        file,
        operation(f"parameters: [{{ name: '1e5', in: query, schema: {schema} }}]", method="get"),
    )

    for value in values:
        assert query(await sent(connector, {"query": {"1e5": value}})) == [("1e5", value)]


SCHEMES = """\
components:
  securitySchemes:
    my-key: { type: apiKey, in: header, name: X-Key }
    "my key": { type: apiKey, in: query, name: app }
    jar: { type: apiKey, in: cookie, name: sid }
    token: { type: http, scheme: bearer }
    implicit: { type: oauth2, flows: { implicit: { authorizationUrl: https://x.example, scopes: {} } } }
"""


async def test_keys_that_are_needed_together_are_sent_together(file: Path) -> None:
    connector = connector_of(
        file,
        SCHEMES
        + "security: [{ my-key: [], 'my key': [] }, { token: [], my-key: [] }]\n"
        + """\
paths:
  /a: { get: { operationId: act } }
  /b: { get: { operationId: free, security: [] } }
  /c: { get: { operationId: one, security: [{ my-key: [] }] } }
""",
    )
    credentials = {"api_key": "k1", "my_key_2": "k2"}
    (pair, bearer, single) = connector.auth_methods

    both = await sent(connector, {}, method=pair.key, credentials=credentials)
    free = await sent(connector, {}, method=pair.key, credentials=credentials, action="made_free")
    one = await sent(connector, {}, method=pair.key, credentials=credentials, action="made_one")
    token = await sent(connector, {}, method=bearer.key, credentials={"token": "t", "my_key": "k1"})

    assert [field.key for field in pair.config_fields] == ["api_key", "my_key_2"]
    assert [field.key for field in bearer.config_fields] == ["token", "my_key"]
    assert [field.key for field in single.config_fields] == ["api_key"]
    assert (both.headers["X-Key"], query(both)) == ("k1", [("app", "k2")])
    assert ("X-Key" in free.headers, query(free)) == (False, [])
    assert (one.headers["X-Key"], query(one)) == ("k1", [])
    assert (token.headers["Authorization"], token.headers["X-Key"]) == ("Bearer t", "k1")
    assert query(token) == []


async def test_only_what_is_asked_for_is_offered(file: Path) -> None:
    connector = connector_of(
        file,
        SCHEMES
        + """\
paths:
  /a: { get: { operationId: act, security: [{ jar: [] }, {}] } }
  /b: { get: { operationId: b, security: [{ implicit: [] }, { nobody: [] }] } }
""",
    )

    request = await sent(connector, {}, method="jar", credentials={"api_key": "s"})

    assert [method.key for method in connector.auth_methods] == ["jar", "implicit"]
    assert request.headers["Cookie"] == "sid=s"
    implicit = connector.auth_methods[1]
    assert [field.key for field in implicit.config_fields] == ["token"]
    assert import_document(file).doubts == (
        "the security scheme 'nobody' is asked for and not declared",
        "the sign-in of 'implicit' is none of ours: accounts give a token",
    )


async def test_a_parameter_that_is_the_credential_is_not_asked_for_again(file: Path) -> None:
    connector = connector_of(
        file,
        SCHEMES
        + "security: [{ my-key: [] }]\n"
        + operation(
            "parameters: [{ name: x-key, in: header, required: true, schema: { type: string } }]",
            method="get",
        ),
    )

    request = await sent(connector, {}, method="my_key", credentials={"api_key": "k"})

    assert request.headers["X-Key"] == "k"


@pytest.mark.parametrize(
    ("server", "base"),
    [
        ("{ url: /myapp }", "https://api.example.com/myapp"),
        ("{ url: ./api/v1 }", "https://api.example.com/api/v1"),
        ("{ url: //host.example/z/ }", "https://host.example/z"),
        ("{ url: https://host.example/api/ }", "https://host.example/api"),
        ("{ url: 'https://{sub}.imp.example' }", "https://acme.imp.example"),
        ("{ url: '{scheme}://x.example/{v}', variables: { scheme: { enum: [https, http], default: https }, v: { default: v2 } } }", "https://x.example/v2"),
        ("{ url: 'https://{region}.x.example:{port}', variables: { region: { default: eu, enum: [eu, us] }, port: { default: '8443' } } }", "https://us.x.example:8443"),
        ("{ url: 'https://x.example/{path}', variables: { path: { default: a/b } } }", "https://x.example/a/b"),
    ],
)  # fmt: skip
async def test_the_server_of_a_document_is_the_base_of_every_request(
    file: Path, server: str, base: str
) -> None:
    head = HEAD.replace("{ url: https://api.made.example/base }", server)
    connector = connector_of(file, operation("summary: Act", method="get"), head=head)
    (method,) = connector.auth_methods
    given = {"sub": "acme", "region": "us"}

    checked = method.check({f.key: given[f.key] for f in method.config_fields if f.key in given})
    request = await sent(connector, {}, method=method.key, credentials=checked.values)

    assert checked.faults == ()
    assert request.url == f"{base}/things"


async def test_what_is_settled_of_a_servers_address_is_told(file: Path) -> None:
    server = (
        "{ url: '{s}://{h}/{p}', variables: "
        "{ s: { default: http }, h: { default: a.example }, p: { default: a/b } } }"
    )
    head = HEAD.replace("{ url: https://api.made.example/base }", server)

    connector_of(file, operation("summary: Act"), head=head)

    assert import_document(file).doubts[:2] == (
        "{s} in the server's address is taken as 'http'",
        "{p} in the server's address is taken as 'a/b'",
    )


@pytest.mark.parametrize(
    "ref", ["#/components/schemas/None", "./common.yaml#/X", "file:///etc/passwd", "http://169.254.1.1/"]
)  # fmt: skip
async def test_a_reference_to_nothing_is_named(file: Path, ref: str) -> None:
    schema = f"{{ properties: {{ a: {{ $ref: '{ref}' }}, b: {{ type: string }} }} }}"
    connector = connector_of(
        file,
        operation(f"requestBody: {{ content: {{ application/json: {{ schema: {schema} }} }} }}"),
    )

    request = await sent(connector, {"body": {"a": [1], "b": "x"}})

    assert json.loads(request.body or b"") == {"a": [1], "b": "x"}
    assert f"the reference {ref!r} leads to nothing here: what it says is left out" in (
        import_document(file).doubts
    )


async def test_an_answer_that_is_no_json_is_read_as_text(file: Path) -> None:
    connector = connector_of(
        file,
        operation(
            "responses: { '200': { description: ok, content: { text/plain: {} } } }", method="get"
        ),
    )
    action = connector.find_action("made_act")
    assert action
    answer = Response(200, {"content-type": "text/plain"}, b"keep it simple")

    outcome = await action.compiled.run(
        RunContext(inputs={}, credentials={}, transport=Recorder(answer), auth_method="none")
    )

    assert outcome.data == "keep it simple"
