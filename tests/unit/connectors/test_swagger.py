"""Swagger 2.0 documents, imported as what they would be in OpenAPI 3."""

from pathlib import Path
from typing import Any

import pytest

from jackfield.connectors import yaml
from jackfield.connectors.drift.comparison import find_drift
from jackfield.connectors.openapi.importer import InvalidOpenApi, import_document
from jackfield.connectors.openapi.source import read_openapi
from jackfield.connectors.openapi.swagger import as_openapi
from tests.support.openapi import faults, imported
from tests.unit.connectors.pet_store import OPENAPI, SWAGGER


def write(tmp_path: Path, text: str, name: str = "pets.yaml") -> Path:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def convert(text: str) -> Any:
    root: Any = yaml.parse(text).value
    return as_openapi(root)


def operation(body: str, head: str = "") -> Any:
    """Return the one operation of a document, as it becomes."""
    text = f'swagger: "2.0"\n{head}\npaths: {{ /a: {{ post: {{ {body} }} }} }}'
    return convert(text)["paths"]["/a"]["post"]


def test_a_document_becomes_the_connector_that_it_would_be_in_openapi_3(tmp_path: Path) -> None:
    old = import_document(write(tmp_path, SWAGGER), key="pets")
    new = import_document(write(tmp_path, OPENAPI, "new.yaml"), key="pets")

    assert old.files == new.files
    assert old.actions == 6
    assert (old.doubts, old.remaining, old.examples) == (new.doubts, new.remaining, new.examples)


@pytest.mark.anyio
async def test_its_requests_are_what_the_document_asks_for(tmp_path: Path) -> None:
    connector = imported(write(tmp_path, SWAGGER), tmp_path)
    root: Any = yaml.parse(OPENAPI).value

    assert not connector.findings
    assert await faults(connector, root) == []


def test_a_connector_is_compared_with_the_description_that_it_was_made_of(tmp_path: Path) -> None:
    file = write(tmp_path, SWAGGER)
    changed = SWAGGER.replace("deletePet", "removePet").replace(
        "  /pets/{petId}:", "  /cats/{petId}:"
    )

    connector = imported(file, tmp_path)

    assert find_drift(connector, [read_openapi(file)]) == []
    assert find_drift(connector, [read_openapi(write(tmp_path, changed, "new.yaml"))]) != []


@pytest.mark.parametrize(
    ("head", "address"),
    [
        ("host: a.example", "https://a.example"),
        ("host: a.example:8443\nbasePath: /v1/", "https://a.example:8443/v1"),
        ("host: a.example\nschemes: [http]", "http://a.example"),
        ("host: a.example\nschemes: [wss, https]", "https://a.example"),
        ("basePath: /v1", "/v1"),
        ("", "/"),
    ],
)
def test_host_path_and_schemes_are_its_server(head: str, address: str) -> None:
    assert convert(f'swagger: "2.0"\n{head}')["servers"] == [{"url": address}]


def test_a_document_without_a_host_says_that_one_has_to_be_set(tmp_path: Path) -> None:
    made = import_document(write(tmp_path, 'swagger: "2.0"\npaths: { /a: { get: {} } }'))

    assert "the document names no absolute server: set baseUrl" in made.doubts


@pytest.mark.parametrize(
    ("flow", "named"),
    [
        ("accessCode", "authorizationCode"),
        ("application", "clientCredentials"),
        ("implicit", "implicit"),
        ("password", "password"),
    ],
)
def test_each_flow_of_oauth_has_its_new_name(flow: str, named: str) -> None:
    told = "tokenUrl: https://a.example/t, scopes: { r: Read. }, description: Sign in."
    text = f'swagger: "2.0"\nsecurityDefinitions: {{ o: {{ type: oauth2, flow: {flow}, {told} }} }}'

    assert convert(text)["components"]["securitySchemes"]["o"] == {
        "type": "oauth2",
        "description": "Sign in.",
        "flows": {named: {"tokenUrl": "https://a.example/t", "scopes": {"r": "Read."}}},
    }


@pytest.mark.parametrize(
    ("consumed", "media"),
    [
        ("", ["application/json"]),
        ("consumes: [application/xml], ", ["application/xml"]),
        (
            "consumes: [application/xml, application/json], ",
            ["application/xml", "application/json"],
        ),
        ("consumes: [], ", ["application/json"]),
    ],
)
def test_a_body_has_the_media_types_of_its_operation(consumed: str, media: list[str]) -> None:
    made = operation(consumed + "parameters: [{ in: body, name: b, schema: { type: object } }]")

    assert list(made["requestBody"]["content"]) == media


def test_and_else_those_of_the_document() -> None:
    made = operation(
        "parameters: [{ in: body, name: b, schema: {} }], responses: { 200: { schema: {} } }",
        "consumes: [text/csv]\nproduces: [text/plain]",
    )

    assert list(made["requestBody"]["content"]) == ["text/csv"]
    assert list(made["responses"]["200"]["content"]) == ["text/plain"]


@pytest.mark.parametrize(
    ("consumed", "kind", "media"),
    [
        ("", "string", "application/x-www-form-urlencoded"),
        ("", "file", "multipart/form-data"),
        ("consumes: [application/json], ", "string", "application/x-www-form-urlencoded"),
        ("consumes: [multipart/form-data], ", "string", "multipart/form-data"),
        ("consumes: [application/x-www-form-urlencoded], ", "file", "multipart/form-data"),
    ],
)
def test_fields_are_a_form_of_the_kind_that_can_hold_them(
    consumed: str, kind: str, media: str
) -> None:
    made = operation(f"{consumed}parameters: [{{ in: formData, name: f, type: {kind} }}]")

    assert list(made["requestBody"]["content"]) == [media]


def test_a_body_and_fields_of_the_path_are_those_of_its_operations() -> None:
    own = "{ in: body, name: mine, required: true, schema: { type: string } }"
    text = (
        'swagger: "2.0"\npaths:\n  /a:\n    parameters:\n'
        "      - { in: body, name: shared, schema: { type: object } }\n"
        f"    put: {{}}\n    post: {{ parameters: [{own}] }}"
    )
    path = convert(text)["paths"]["/a"]

    assert path["put"]["requestBody"]["content"]["application/json"]["schema"]["type"] == "object"
    assert path["post"]["requestBody"] == {
        "required": True,
        "content": {"application/json": {"schema": {"type": "string"}}},
    }
    assert "parameters" not in path


def test_members_of_a_schema_that_are_called_like_its_words_stay() -> None:
    text = (
        'swagger: "2.0"\ndefinitions:\n  A:\n    discriminator: kind\n    properties:\n'
        "      discriminator: { type: string }\n      items: { type: array, items: { x-nullable: true } }"
    )

    assert convert(text)["definitions"]["A"] == {
        "discriminator": {"propertyName": "kind"},
        "properties": {
            "discriminator": {"type": "string"},
            "items": {"type": "array", "items": {"nullable": True}},
        },
    }


def test_a_file_that_is_answered_is_binary() -> None:
    made = operation("produces: [application/pdf], responses: { 200: { schema: { type: file } } }")

    schema = made["responses"]["200"]["content"]["application/pdf"]["schema"]
    assert schema == {"type": "string", "format": "binary"}


@pytest.mark.parametrize("ref", ["#/parameters/A", "#/parameters/none", "#/nowhere", "other.yaml"])
def test_a_reference_that_leads_nowhere_is_told(tmp_path: Path, ref: str) -> None:
    text = (
        'swagger: "2.0"\nhost: a.example\nparameters: { A: { $ref: "#/parameters/A" } }\n'
        f'paths: {{ /a: {{ get: {{ parameters: [{{ $ref: "{ref}" }}] }} }} }}'
    )

    made = import_document(write(tmp_path, text))

    assert made.actions == 1
    assert any(f"the reference {ref!r} at" in each for each in made.doubts)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("swagger: '1.2'\npaths: {}", "says 'swagger: 1.2': of Swagger, only 2.0 can be read"),
        ("swaggerVersion: '1.2'\napis: []", "does not say 'openapi: 3.…' or 'swagger: \"2.0\"'"),
        ("swagger: '2.0'\npaths: {}", "has no operations$"),
        ("swagger: '2.0'\npaths: 5", "has no operations$"),
        ("swagger: '2.0'\npaths: { /a: { head: {} } }", "head /a is left out"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InvalidOpenApi, match=message):
        import_document(write(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        "swagger: '2.0'\ninfo: 5\nhost: [a]\npaths: { /a: 5, /b: { get: 5, post: { parameters: 5 } } }",
        "swagger: '2.0'\nparameters: []\npaths: { /a: { get: { parameters: [5, { in: body }] } } }",
        "swagger: '2.0'\ndefinitions: 5\npaths: { /a: { get: { responses: { 200: 5 } } } }",
        "swagger: '2.0'\nsecurityDefinitions: { a: 5, b: { type: oauth2 } }\npaths: { /a: { get: {} } }",
    ],
)
def test_what_is_of_another_type_than_it_should_be_breaks_nothing(
    tmp_path: Path, text: str
) -> None:
    assert import_document(write(tmp_path, text)).actions >= 1


@pytest.mark.parametrize("place", ['{ $ref: "#" }', "{ a: 1 }", "[[]]", "7", "null"])
def test_a_parameter_that_is_nowhere_is_no_body(place: str) -> None:
    made = operation(f"parameters: [{{ name: a, in: {place}, type: array }}]")

    assert "requestBody" not in made


@pytest.mark.parametrize("place", ['{ $ref: "#" }', "[[]]", "7", "null"])
@pytest.mark.parametrize("known", ["body", "formData", "query", "path"])
def test_one_beside_others_changes_nothing_about_them(known: str, place: str) -> None:
    other = f"{{ name: b, in: {known}, type: string, required: true }}"
    alone = operation(f"parameters: [{other}]")

    made = operation(f"parameters: [{other}, {{ name: a, in: {place}, type: array }}]")

    assert made.get("requestBody") == alone.get("requestBody")
