from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.connectors import yaml
from jackfield.connectors.loading.loader import load
from jackfield.connectors.openapi.importer import InvalidOpenApi, dump, import_document
from jackfield.connectors.openapi.names import snake_case, unique
from jackfield.connectors.scaffold import write_files
from jackfield.kit.json import Json
from tests.support.openapi import faults, imported, read

PETS = """\
openapi: 3.1.0
info: { title: Pet Store, version: 1.0.0, description: "Pets, and\\nnothing else." }
servers:
  - url: https://{region}.pets.example/v1/
    variables: { region: { default: eu } }
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-Key }
    login: { type: http, scheme: basic }
    token: { type: http, scheme: bearer }
    oauth:
      type: oauth2
      flows:
        authorizationCode:
          authorizationUrl: https://pets.example/authorize
          tokenUrl: https://pets.example/token
          scopes: { read: Read., write: Write. }
    odd: { type: mutualTLS }
  parameters:
    Limit: { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 100 } }
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        id: { type: integer, readOnly: true }
        name: { type: string, minLength: 1 }
        kind: { type: string, enum: [cat, dog] }
        born: { type: string, format: date-time }
        parent: { $ref: "#/components/schemas/Pet" }
        tags: { type: array, maxItems: 5, items: { type: string } }
    Dog: { allOf: [{ $ref: "#/components/schemas/Pet" }, { properties: { breed: { type: [string, "null"] } } }] }
paths:
  /pets:
    get:
      operationId: listPets
      tags: [Pets]
      summary: List pets
      parameters:
        - $ref: "#/components/parameters/Limit"
        - { name: "tag[]", in: query, schema: { type: array, items: { type: string } } }
        - { name: Authorization, in: header, schema: { type: string } }
    post:
      operationId: createPet
      tags: [Pets]
      requestBody:
        content: { application/json: { schema: { $ref: "#/components/schemas/Dog" } } }
  /pets/{petId}:
    parameters: [{ name: petId, in: path, required: true, schema: { type: string } }]
    delete: { tags: [Pets], deprecated: true }
    put:
      tags: [Pets]
      requestBody: { content: { application/octet-stream: {} } }
  /login:
    post:
      operationId: login
      requestBody:
        content:
          application/x-www-form-urlencoded: { schema: { properties: { user: { type: string } } } }
"""


def test_an_imported_connector_passes_the_check(tmp_path: Path) -> None:
    file = tmp_path / "pets.yaml"
    file.write_text(PETS, encoding="utf-8")

    imported = import_document(file)
    write_files(imported.files, tmp_path / imported.key)

    connector = load(tmp_path / "pet_store" / "pet_store.connector.s1.yaml")
    assert connector.findings == ()
    assert connector.description == "Pets, and nothing else."
    assert [(action.id, action.effects) for action in connector.actions] == [
        ("pet_store_list_pets", ("read",)),
        ("pet_store_create_pet", ("write",)),
        ("pet_store_put_pets_pet_id", ("write",)),
        ("pet_store_delete_pets_pet_id", ("delete",)),
        ("pet_store_login", ("write",)),
    ]
    assert [method.key for method in connector.auth_methods] == ["key", "login", "token", "oauth"]
    assert imported.doubts == (
        "the security scheme 'odd' (mutualTLS) is left out: write it by hand",
    )


@pytest.mark.anyio
async def test_every_tool_sends_what_the_document_asks_for(tmp_path: Path) -> None:
    file = tmp_path / "pets.yaml"
    file.write_text(PETS, encoding="utf-8")

    assert await faults(imported(file, tmp_path), read(file)) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.floats(-9, 9),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=9,
    )
)
def test_what_is_written_is_read_back(value: Json) -> None:
    assert yaml.parse(dump(value)).value == value


@pytest.mark.parametrize(
    "text", ["00002893", "1e3", "1.10", "0x1F", "no", "<<", "=", "a: b", "\x85"]
)
def test_a_text_stays_a_text(text: str) -> None:
    assert yaml.parse(dump({text: [text]})).value == {text: [text]}


def test_inputs_keep_their_types_and_limits(tmp_path: Path) -> None:
    file = tmp_path / "pets.yaml"
    file.write_text(PETS, encoding="utf-8")
    write_files(import_document(file, key="pets").files, tmp_path / "pets")
    connector = load(tmp_path / "pets" / "pets.connector.s1.yaml")

    action = connector.find_action("pets_create_pet")

    assert action
    properties = action.schema["properties"]
    assert action.schema["required"] == ["name"]
    assert properties["kind"]["enum"] == ["cat", "dog"]
    assert properties["born"]["format"] == "date-time"
    assert properties["tags"]["maxItems"] == 5
    assert properties["breed"]["type"] == ["string", "null"]
    assert properties["parent"]["properties"]["name"]["minLength"] == 1
    assert "id" not in properties


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not an OpenAPI 3 document"),
        ("[", "line 2, column 1"),
        ("openapi: 3.0.0\ninfo:\n\ttitle: X", "line 3, column 1: .*character that cannot start"),
        ("openapi: 3.0.0\ninfo: {title: X}", "has no operations$"),
        ("openapi: 3.0.0\npaths: 5", "has no operations$"),
        ("openapi: 3.1.0\nwebhooks: { a: { post: {} } }", "describes webhooks alone"),
        ("openapi: 3.0.0\npaths: { /a: { head: {} } }", "head /a is left out"),
    ],
)
def test_what_is_no_openapi_document_is_refused_with_the_reason(
    tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidOpenApi, match=message):
        import_document(file)


def test_operations_that_become_no_action_are_named(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    methods = "get: {}, head: {}, options: {}, trace: {}"
    file.write_text(f"openapi: 3.0.0\npaths: {{ /a: {{ {methods} }}, /b: {{ query: {{}} }} }}")

    imported_ = import_document(file)

    left_out = [each.partition(" is left out")[0] for each in imported_.doubts]
    assert imported_.actions == 1
    assert {"head /a", "options /a", "trace /a", "query /b"} < set(left_out)


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("listUsers", "list_users"),
        ("List users", "list_users"),
        ("getHTTPStatus", "get_http_status"),
        ("list-users.v2", "list_users_v2"),
        ("2fa", "x_2fa"),
    ],
)
def test_names_become_snake_case(name: str, snake: str) -> None:
    assert snake_case(name) == snake


@given(st.lists(st.text(max_size=100), max_size=20))
def test_names_stay_short_and_apart(names: list[str]) -> None:
    taken: set[str] = set()
    for name in names:
        made = unique(snake_case(name), taken, longest=20)
        assert made not in taken
        assert len(made) <= 20
        taken.add(made)
