"""Values and bodies of imported tools, as they reach a provider."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from jackfield.connectors.openapi.importer import import_document
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.engine.ports import Response
from jackfield.testing.calls import make_run_context
from tests.support.openapi import Recorder
from tests.unit.connectors.openapi_building import connector_of, operation, query, sent

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "document.yaml"


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
        ("{ nullable: true, type: string }", ["a", None], [1]),
        ("{ type: [integer, 'null'] }", [1, None], ["a"]),
        ("{ oneOf: [{ type: string }, { type: integer }, { type: 'null' }] }", ["a", 1, None], [[]]),
        ("{ type: string, enum: [a, b], nullable: true }", ["a", None], ["c"]),
        ("{ type: array, items: { type: string }, nullable: true }", [["a"], None], ["a"]),
        ("{ properties: { k: { type: [string, 'null'] } } }", [{"k": None}, {"k": "a"}], [{"k": 1}]),
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


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ("#/components/schemas/None", "leads to nothing here"),
        ("./common.yaml#/X", "leads out of the document, and nothing is fetched"),
        ("file:///etc/passwd", "leads out of the document, and nothing is fetched"),
        ("http://169.254.1.1/", "leads out of the document, and nothing is fetched"),
        (
            "#/paths/~1things/post/requestBody/content/application~1json/schema/properties/a",
            "leads back to itself",
        ),
    ],
)
async def test_a_reference_to_nothing_is_named_with_its_place(
    file: Path, ref: str, reason: str
) -> None:
    schema = f"{{ properties: {{ a: {{ $ref: '{ref}' }}, b: {{ type: string }} }} }}"
    connector = connector_of(
        file,
        operation(f"requestBody: {{ content: {{ application/json: {{ schema: {schema} }} }} }}"),
    )

    request = await sent(connector, {"body": {"a": [1], "b": "x"}})

    assert json.loads(request.body or b"") == {"a": [1], "b": "x"}
    place = "#/paths/~1things/post/requestBody/content/application~1json/schema/properties/a"
    told = f"the reference {ref!r} at {place} {reason}"
    assert any(each.startswith(told) for each in import_document(file).doubts)


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

    outcome = await action.compiled.run(make_run_context(Recorder(answer), {}, auth_method="none"))

    assert outcome.data == "keep it simple"
