"""Addresses and credentials of imported tools' requests."""

from pathlib import Path

import pytest

from jackfield.connectors.openapi.importer import import_document
from tests.unit.connectors.openapi_building import HEAD, connector_of, operation, query, sent

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "document.yaml"


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
    credentials = {"api_key": "k1", "my_key": "k2"}
    (pair, bearer, single) = connector.auth_methods

    both = await sent(connector, {}, method=pair.key, credentials=credentials)
    free = await sent(connector, {}, method=pair.key, credentials=credentials, action="made_free")
    one = await sent(connector, {}, method=pair.key, credentials=credentials, action="made_one")
    token = await sent(
        connector, {}, method=bearer.key, credentials={"token": "t", "my_key_2": "k1"}
    )

    assert [field.key for field in pair.config_fields] == ["api_key", "my_key"]
    assert [field.key for field in bearer.config_fields] == ["token", "my_key_2"]
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
        ("{ url: 'https://user:pass@host.example/api' }", "https://host.example/api"),
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
