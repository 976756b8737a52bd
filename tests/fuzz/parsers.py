"""The parsers that meet hostile input, each with good input to spoil and the errors that it tells of."""

import asyncio
import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

from jackfield.backup.container import reader, writer
from jackfield.backup.models import Header
from jackfield.connectors import yaml
from jackfield.connectors.docs.guide_html import render_html
from jackfield.connectors.guides import read_guide
from jackfield.connectors.loading.validation import validate
from jackfield.connectors.openapi.importer import import_document
from jackfield.engine.cursor import decode_cursor
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.oauth.code_webhook import compile_code_webhook
from jackfield.engine.ports import Response
from jackfield.engine.wire.cookies import read_cookies
from jackfield.engine.wire.formats import read_format
from jackfield.engine.wire.soap import read_envelope
from jackfield.engine.wire.url import normalize
from jackfield.engine.wire.xml_reader import XmlForm, read_xml
from jackfield.http.query import parse_query
from jackfield.http.resources.accounts import AccountsQuery
from jackfield.kit.errors import HubError
from jackfield.kit.ids import AccountId
from jackfield.kit.json import is_object
from jackfield.kit.pages import read_cursor
from jackfield.kit.secret import Secret
from jackfield.kit.urls import find_origin
from jackfield.logs.audit.query import read_audit_query
from jackfield.logs.search.query import read_query
from jackfield.members.sso.claims import check, person_of, roles_of
from jackfield.oidc_settings import OidcSettings
from jackfield.ui.posted_files import read_files
from jackfield.uploads.bundle import from_zip
from jackfield.vault import age_keys, keyring, pasted_keys
from jackfield.vault.jose import InvalidToken, public_key_of, verified_claims
from tests.support.backups import KEYS, LOCKS
from tests.support.clock import NOW
from tests.support.uploads import CASES, DOCUMENT, MAIN, packed

_OPENAPI = json.dumps(
    {
        "openapi": "3.1.0",
        "info": {"title": "Acme", "version": "1"},
        "servers": [{"url": "https://api.acme.example/{v}", "variables": {"v": {"default": "1"}}}],
        "components": {
            "schemas": {
                "Thing": {
                    "type": "object",
                    "properties": {"of": {"$ref": "#/components/schemas/Thing"}},
                }
            },
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        },
        "security": [{"key": []}],
        "paths": {
            "/things/{id}": {
                "get": {
                    "operationId": "getThing",
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                    ],
                    "responses": {
                        "200": {
                            "description": "d",
                            "content": {
                                "application/json": {
                                    "schema": {"$ref": "#/components/schemas/Thing"}
                                }
                            },
                        }
                    },
                }
            }
        },
    }
).encode()
_GUIDE = json.dumps(
    {
        "sections": [
            {
                "title": "T",
                "steps": [
                    {"title": "*a*", "description": "[b](https://c.example)", "list": ["<b>"]}
                ],
            }
        ]
    }
).encode()
_XML = b'<?xml version="1.0"?><a:b xmlns:a="urn:x" c="1"><d>2</d><d/><![CDATA[e]]>&amp;</a:b>'
_SOAP = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><r><a>1</a></r>'
    b"</s:Body></s:Envelope>"
)
_JWT = b"eyJhbGciOiJSUzI1NiIsImtpZCI6Im9uZSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUifQ.AAAA"
_JWK = b'{"kty": "RSA", "kid": "one", "n": "sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri", "e": "AQAB", "use": "sig"}'
_OIDC = OidcSettings("https://id.example", "hub")


@dataclass(frozen=True, slots=True)
class Parser:
    """A parser: what it reads, what spoiled input begins as, and the errors it may end with."""

    name: str
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    errors: tuple[type[Exception], ...]


def _text(content: bytes) -> str:
    # As a request's text arrives: what is no UTF-8 was refused, or replaced, before.
    return content.decode("utf-8", "replace")


def _expression(content: bytes) -> object:
    scope = {"inputs": {"a": [1, {"b": "c"}]}, "steps": {"s": {"output": {"data": [1, None, "x"]}}}}
    return [compile_value(_text(content), mode)(scope) for mode in ("strict", "compat")]


def _document(content: bytes) -> object:
    parsed = yaml.read_any(content)
    return [*validate(parsed)] if is_object(parsed) else None


def _guide(content: bytes) -> object:
    entry = yaml.read_any(content)
    guide = read_guide(entry) if is_object(entry) else None
    html = "" if guide is None else render_html(guide)
    assert "<script" not in html.lower()
    assert "javascript:" not in html.lower().replace("&quot;", "") or "<a" not in html
    return html


def _imported(content: bytes) -> object:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "api.json"
        file.write_bytes(content)
        return import_document(file)


def _body(format_: Any, kind: str) -> Callable[[bytes], object]:
    def read(content: bytes) -> object:
        for status in (200, 400):
            response = Response(status, {"content-type": kind}, content)
            found = read_format(response, format_)
            # What was read can be told on.
            msgspec.json.encode(found)
        return None

    return read


_HEADER: Final = Header(1, "0.1.0", NOW, "sqlite", {1: "a"}, {"a": ("b",)}, False, {}, ())


def _backup(content: bytes) -> object:
    with reader(io.BytesIO(content), KEYS) as (_, parts):
        return [*parts]


def _good_backup() -> bytes:
    file = io.BytesIO()
    with writer(file, LOCKS) as add:
        add(_HEADER)
    return file.getvalue()


def _form(content: bytes) -> object:
    """Read a form with files, of which the first line is its content type."""
    kind, _, body = content.partition(b"\n")
    sent = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        return next(sent)

    headers = [(b"content-type", kind.strip())]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    return asyncio.run(read_files(request, most_files=3, most_bytes=100_000))


_CODES: Final = compile_code_webhook(
    {
        "code": "$.data.installation.code",
        "installation": "$.data.installation.uuid",
        "credential": "installationId",
        "signatureHeader": "X-Signature",
        "timestampHeader": "X-Time",
    },
    "strict",
)


def _code(content: bytes) -> object:
    assert _CODES is not None
    headers = {"x-signature": content.decode("latin-1"), "x-time": content.decode("latin-1")[:12]}
    assert not _CODES.is_signed(headers, content, key="k", now=NOW)
    return _CODES.read(content)


def _token(content: bytes) -> object:
    return verified_claims(_text(content), [json.loads(_JWK)])


def _claims(content: bytes) -> object:
    claims = yaml.read_any(content)
    if not is_object(claims):
        return None
    for read in (
        lambda: check(claims, _OIDC, nonce="n", now=NOW),
        lambda: person_of(claims, _OIDC),
        lambda: roles_of(claims, _OIDC),
    ):
        try:
            read()
        except HubError:
            continue
    return None


def _keys(content: bytes) -> object:
    found = yaml.read_any(content)
    return verified_claims(_JWT.decode(), found if isinstance(found, list) else [found])


_FORM: Final = (
    b"multipart/form-data; boundary=b; charset=utf-8\n--b\r\nContent-Disposition: form-data; "
    b'name="a"; filename="x.yaml"\r\nContent-Type: text/plain\r\n\r\nc\r\n--b\r\n'
    b'Content-Disposition: form-data; name="t"\r\n\r\nd\r\n--b--\r\n'
)
PARSERS: Final[tuple[Parser, ...]] = (
    Parser("form with files", _form, (_FORM,), (HTTPException,)),
    Parser(
        "connector",
        _document,
        (DOCUMENT.encode(), b"a: &a [*a]", b"a: {b: [1, 2]}\n"),
        (yaml.Malformed, UnicodeDecodeError),
    ),
    Parser(
        "expression",
        _expression,
        (
            b"{{inputs.a[0] == 1 ? 'b' : steps.s.output}}",
            b"$.steps.s.output.data[?(@.b == 1)]",
            b"${inputs.a}/x",
            b"$..a[*].b[-1:]",
            b"{{present(inputs.a) && !missing(b)}}",
        ),
        (HubError,),
    ),
    Parser(
        "zip of a connector",
        from_zip,
        (packed({MAIN: DOCUMENT, "cases/a.yaml": CASES}), packed({MAIN: DOCUMENT}, folder="acme/")),
        (HubError,),
    ),
    Parser("OpenAPI document", _imported, (_OPENAPI,), (HubError,)),
    Parser("guide", _guide, (_GUIDE,), (yaml.Malformed, UnicodeDecodeError)),
    Parser(
        "query of the log",
        lambda each: read_query(_text(each), NOW),
        (b'action:"a b" -status:400..499 took:>1s since:2d header:x-a=b',),
        (HubError,),
    ),
    Parser(
        "query of the audit log",
        lambda each: read_audit_query(_text(each), NOW),
        (b"actor:member kind:account.* since:2d target:acc_1",),
        (HubError,),
    ),
    Parser(
        "query of a list",
        lambda each: parse_query(_text(each), AccountsQuery),
        (b"provider=a&page_size=3&next=acc_1&origin_owner_ids=a,b",),
        (HubError,),
    ),
    Parser(
        "cursor of a list",
        lambda each: read_cursor(_text(each), AccountId),
        (b"acc_01KJMBQDE0C9SE56SP184TRYH4",),
        (HubError,),
    ),
    Parser(
        "cursor of an action",
        lambda each: decode_cursor(_text(each)),
        (b"eyJyIjp7IjAiOnsibiI6ImEifX0sInYiOjIsInQiOjF9",),
        (),
    ),
    Parser(
        "address",
        lambda each: (find_origin(_text(each)), normalize(_text(each))),
        (b"https://user:p@api.example.com:443/a/../b?c=d#e", b"http://[::ffff:127.0.0.1]/"),
        (ValueError, HubError),
    ),
    Parser(
        "cookies of a provider",
        lambda each: read_cookies({"set-cookie": _text(each)}),
        (b"a=b; Path=/; HttpOnly, c=d; Expires=Wed, 21 Oct 2026 07:28:00 GMT",),
        (),
    ),
    Parser(
        "answer in JSON",
        _body("json", "application/json"),
        (b'{"a": [1, -2.5e3, null, {"b": "\\u00e9\\ud83d\\ude00"}]}',),
        (ValueError,),
    ),
    Parser("answer in XML", _body("auto", "application/xml"), (_XML,), (ValueError,)),
    Parser(
        "answer in CSV",
        _body("csv", "text/csv; charset=utf-16"),
        (b'a,b\r\n"1,""2""",3\r\n', b"a;b\n1;2"),
        (ValueError,),
    ),
    Parser(
        "answer in lines of JSON",
        _body("ndjson", "application/x-ndjson"),
        (b'{"a": 1}\n{"b": 2}\n',),
        (ValueError,),
    ),
    Parser(
        "answer in any format",
        _body("auto", "text/plain; charset=x-unknown"),
        (_XML, b"a=b&c=d", b'{"a": 1}'),
        (ValueError,),
    ),
    Parser(
        "XML", lambda each: read_xml(each, XmlForm(keep_prefixes=False)), (_XML,), (ValueError,)
    ),
    Parser(
        "SOAP",
        lambda each: read_envelope(Response(200, {"content-type": "text/xml"}, each), "strict"),
        (_SOAP,),
        (ValueError, HubError),
    ),
    Parser("ID token", _token, (_JWT,), (InvalidToken,)),
    Parser(
        "claims of an ID token",
        _claims,
        (
            b'{"iss": "https://id.example", "aud": ["hub"], "exp": 1e12, "iat": 1, "nonce": "n", "email": "a@b.example", "email_verified": true, "groups": ["a", {"b": 1}]}',
        ),
        (yaml.Malformed, UnicodeDecodeError),
    ),
    Parser(
        "keys of a provider",
        _keys,
        (_JWK, b"[" + _JWK + b"]"),
        (InvalidToken, yaml.Malformed, UnicodeDecodeError),
    ),
    Parser("public key", lambda each: public_key_of(_text(each)), (_JWK,), (ValueError,)),
    Parser(
        "pasted key",
        lambda each: pasted_keys.load_key(_text(each)),
        (b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----", _JWK),
        (ValueError,),
    ),
    Parser(
        "pasted certificate",
        lambda each: pasted_keys.load_certificate(_text(each)),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",),
        (ValueError,),
    ),
    Parser(
        "recipient of a backup",
        lambda each: age_keys.recipient(_text(each)),
        (b"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudwsxuaqp6sp7m",),
        (HubError,),
    ),
    Parser(
        "key of a backup",
        lambda each: age_keys.identities(Secret(_text(each))),
        (b"# a\nAGE-SECRET-KEY-1QQQQ\n",),
        (HubError,),
    ),
    Parser("backup", _backup, (_good_backup(),), (HubError,)),
    Parser(
        "webhook with a code",
        _code,
        (b'{"data": {"installation": {"uuid": "i-1", "code": "c"}}}',),
        (),
    ),
    Parser(
        "keyring",
        lambda each: keyring.parse(each, "here"),
        (keyring.render(keyring.Keyring.mint(NOW)),),
        (HubError,),
    ),
)
