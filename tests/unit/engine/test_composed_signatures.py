"""Signatures over texts that a connector composes: key, time and sign."""

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from jackfield.engine.errors import CredentialMissing, InvalidStep
from jackfield.engine.ports import Request
from tests.unit.engine.building import Clock, Provider, action, answer, request, run

pytestmark = pytest.mark.anyio

SECRET = "the-secret-of-the-app"
CREDENTIALS = {"app_key": "app-1", "secret": SECRET}
FORM = {"name": "Content-Type", "value": "application/x-www-form-urlencoded", "in": "headers"}
AT = 1704164645


def arg(name: str, value: object, place: str = "query") -> dict:
    return {"name": name, "value": value, "in": place}


async def sent(signing: dict, credentials: dict = CREDENTIALS, **case: object) -> Request:
    parameters = {"url": "/v1/things", "method": "get", **case}
    provider = Provider([answer({})])
    authorization = {"type": "none", "signing": {"strategy": "template", **signing}}
    await run(
        action(request(authorization=authorization, **parameters)),
        provider,
        credentials=credentials,
        clock=Clock(),
    )
    return provider.sent[0]


async def test_a_signature_may_be_a_query_parameter_beside_key_and_time() -> None:
    signing = {
        "key": "$.credentials.secret",
        "text": "${credentials.secret}${request.path}${request.joined}${credentials.secret}",
        "also": [
            {"name": "app_key", "in": "query", "value": "$.credentials.app_key"},
            {"name": "timestamp", "in": "query", "value": "$.signing.seconds"},
        ],
        "in": "query",
        "name": "sign",
    }

    request = await sent(signing, args=[arg("shop", "7")])

    text = f"{SECRET}/v1/thingsapp_keyapp-1shop7timestamp{AT}{SECRET}"
    sign = hmac.digest(SECRET.encode(), text.encode(), "sha256").hex()
    assert parse_qsl(urlsplit(request.url).query) == [
        ("shop", "7"), ("app_key", "app-1"), ("timestamp", str(AT)), ("sign", sign),
    ]  # fmt: skip
    assert sign in request.secrets


async def test_a_signature_may_be_in_a_header_that_says_more() -> None:
    signing = {
        "algorithm": "sha512",
        "key": "$.credentials.secret",
        "keyEncoding": "base64",
        "encoding": "base64",
        "text": "${request.method}\n${request.host}\n${request.query}\n${request.bodySha256}\n${signing.nonce}",
        "also": [{"name": "X-Nonce", "value": "$.signing.nonce"}],
        "name": "Authorization",
        "value": "ACME key=${credentials.app_key}, signature=${signature}",
    }
    credentials = {"app_key": "app-1", "secret": base64.b64encode(b"k" * 40).decode()}

    request = await sent(signing, credentials, method="post", args=[arg("a", 1, "body")])

    nonce = request.headers["X-Nonce"]
    digest = hashlib.sha256(b'{"a":1}').hexdigest()
    text = f"POST\napi.example.com\n\n{digest}\n{nonce}"
    signature = base64.b64encode(hmac.digest(b"k" * 40, text.encode(), "sha512")).decode()
    assert request.headers["Authorization"] == f"ACME key=app-1, signature={signature}"


@pytest.mark.parametrize(
    ("args", "read"),
    [
        ([arg("b", "2 ü", "body")], json.loads),
        ([FORM, arg("b", "2 ü", "body")], lambda body: dict(parse_qsl(body.decode()))),
    ],
    ids=["JSON", "form"],
)
async def test_a_signature_may_be_a_field_of_the_body(args: list, read: object) -> None:
    signing = {
        "algorithm": "md5",
        "text": "${request.body}${signing.milliseconds}${credentials.secret}",
        "also": [{"name": "t", "in": "body", "value": "$.signing.milliseconds"}],
        "in": "body",
        "name": "sign",
        "value": "{{upper(signature)}}",
    }

    request = await sent(signing, method="post", args=args)

    body = read(request.body or b"")
    assert (body["b"], body["t"]) == ("2 ü", f"{AT}000")
    signed = (request.body or b"").replace(b',"sign":"' + body["sign"].encode() + b'"', b"")
    signed = signed.replace(b"&sign=" + body["sign"].encode(), b"")
    text = signed + f"{AT}000{SECRET}".encode()
    assert body["sign"] == hashlib.md5(text).hexdigest().upper()  # noqa: S324
    assert body["sign"] in request.secrets


@pytest.mark.parametrize(
    ("signing", "error", "told"),
    [
        ({"text": "$.credentials.none", "name": "S"}, CredentialMissing, r"signing\.text"),
        ({"text": "x", "key": "$.credentials.none", "name": "S"}, CredentialMissing, "signing.key"),
        ({"name": "S"}, InvalidStep, r"signing\.text"),
        ({"text": "x"}, InvalidStep, r"signing\.name"),
        ({"text": "x", "name": "S", "algorithm": "crc"}, InvalidStep, r"signing\.algorithm"),
        ({"text": "x", "name": "S", "also": [{"name": "a"}]}, InvalidStep, r"also\[0\]\.value"),
        ({"text": "x", "name": "S", "in": "path"}, InvalidStep, r"signing\.in"),
        (
            {"text": "x", "key": "$.credentials.secret", "keyEncoding": "hex", "name": "S"},
            InvalidStep,
            "not written as",
        ),
    ],
)
async def test_what_cannot_be_signed_is_told_without_the_secret(
    signing: dict, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told) as caught:
        await sent(signing)

    assert SECRET not in str(caught.value)


async def test_a_body_that_takes_no_field_is_not_sent() -> None:
    signing = {"text": "x", "in": "body", "name": "sign"}
    plain = {"name": "x", "value": "plain text", "in": "body", "inline": True}

    with pytest.raises(InvalidStep, match="neither a form nor a JSON object"):
        await sent(
            signing, method="post", args=[plain, arg("Content-Type", "text/plain", "headers")]
        )
