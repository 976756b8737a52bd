"""Signatures of requests, against what the schemes' own documents and clients make."""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from jackfield.engine.auth import oauth1
from jackfield.engine.errors import CredentialMissing, InvalidStep
from jackfield.engine.ports import Request
from jackfield.vault.signing import KeySigner
from tests.unit.engine.building import Clock, Provider, action, answer, request, run

pytestmark = pytest.mark.anyio

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
AWS = {"accessKeyId": "AKID", "secretAccessKey": "SECRET"}
FORM = {"name": "Content-Type", "value": "application/x-www-form-urlencoded", "in": "headers"}


def arg(name: str, value: object, place: str = "query") -> dict:
    return {"name": name, "value": value, "in": place}


async def sent(
    signing: dict, credentials: dict, *, signer: KeySigner | None = None, **case: object
) -> Request:
    """Send one signed request, and return it as the provider gets it."""
    parameters = {"url": "/v1/things", "method": "get", **case}
    provider = Provider([answer({})])
    await run(
        action(request(authorization={"type": "none", "signing": signing}, **parameters)),
        provider,
        credentials=credentials,
        clock=Clock(),
        signer=signer,
    )
    assert provider.sent[0].sign is None
    return provider.sent[0]


def fields_of(request: Request) -> dict[str, str]:
    """Return the fields of an `Authorization` of OAuth 1."""
    header = request.headers["Authorization"].removeprefix("OAuth ")
    return {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}


def base_of(method: str, fields: dict[str, str], *query: tuple[str, str]) -> str:
    """Return the text that OAuth 1 signs (RFC 5849, 3.4.1)."""
    pairs = sorted([*fields.items(), *query])
    text = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in pairs)
    return "&".join(
        (method, quote("https://api.example.com/v1/things", safe=""), quote(text, safe=""))
    )


# What botocore 1.44 signs at this time for the same requests.
@pytest.mark.parametrize(
    ("service", "case", "signature"),
    [
        ("execute-api", {}, "f26497f16f416dbe64bd1f76acc957a6a22ac500304cd994fc0e935578ce9f4c"),
        (
            "execute-api",
            {
                "url": "/v1/a b/ü/(x)!*'",
                "args": [arg("b", "2"), arg("a", "1 x+y/~ü"), arg("a", "0")],
            },
            "04f9daf4e6b4b85de278a5c32fd06e0c7edc32359c5507eb14bae41afff53fa0",
        ),
        (
            "s3",
            {"url": "/bucket//a/%2F?uploads"},
            "293190dfe7ddb75f93c74b0fd9d4babd5afea85b27d4d324a26dc5f39a9735f8",
        ),
        (
            "dynamodb",
            {
                "url": "/",
                "method": "post",
                "args": [
                    arg("X-Amz-Target", "DynamoDB.ListTables", "headers"),
                    arg("Content-Type", "application/x-amz-json-1.0", "headers"),
                    arg("Limit", 5, "body"),
                    arg("X-Odd", "  a   b  ", "headers"),
                ],
            },
            "3c83545c6e1f2fff38453d326dfefd6970143d1c4c3d3623a2f8443ca96512de",
        ),
    ],
    ids=["plain", "escaped", "s3", "json"],
)
async def test_aws_requests_are_signed_as_amazons_own_client_signs_them(
    service: str, case: dict, signature: str
) -> None:
    signing = {"strategy": "aws4", "service": service, "region": "eu-west-1"}

    request = await sent(signing, AWS, baseUrl="https://provider.test", **case)

    assert request.headers["Authorization"].endswith(f"Signature={signature}")


async def test_aws_requests_can_be_signed_with_temporary_keys_beside_lasting_ones() -> None:
    signing = {
        "strategy": "aws4",
        "service": "execute-api",
        "region": "eu-west-1",
        "accessKeyId": "$.credentials.temporaryKeyId",
        "secretAccessKey": "$.credentials.temporaryKey",
        "sessionToken": "$.credentials.temporaryToken",
    }
    lasting = {"accessKeyId": "LASTING", "secretAccessKey": "LASTING-KEY"}
    temporary = {"temporaryKeyId": "AKID", "temporaryKey": "SECRET", "temporaryToken": "TOK"}

    request = await sent(signing, lasting | temporary, baseUrl="https://provider.test")

    assert request.headers["x-amz-security-token"] == "TOK"
    assert request.headers["Authorization"].endswith(
        "Signature=31465b726694905d6fa5eb48f80a6144148eff5fcadde601cffa59ce5640496d"
    )
    with pytest.raises(CredentialMissing, match=r"signing\.accessKeyId"):
        await sent(signing, lasting)


OAUTH1 = {
    "strategy": "oauth1",
    "consumerKey": "$.credentials.key",
    "consumerSecret": "$.credentials.secret",
    "token": "$.credentials.token",
    "tokenSecret": "$.credentials.token_secret",
}


async def test_oauth_1_signs_the_example_that_twitter_documents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nonce = "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"
    monkeypatch.setattr(oauth1, "token_hex", lambda _: nonce)
    provider, clock = Provider([answer({})]), Clock()
    clock.now = datetime.fromtimestamp(1318622958, UTC)
    credentials = {
        "key": "xvz1evFS4wEEPTGEFPHBog",
        "secret": "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        "token": "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        "token_secret": "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    }
    update = request(
        "/1.1/statuses/update.json",
        "post",
        baseUrl="https://api.twitter.com",
        authorization={"type": "none", "signing": OAUTH1},
        args=[
            FORM,
            arg("include_entities", "true"),
            arg("status", "Hello Ladies + Gentlemen, a signed OAuth request!", "body"),
        ],
    )

    await run(action(update), provider, credentials=credentials, clock=clock)

    header = provider.sent[0].headers["Authorization"]
    assert 'oauth_signature="hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D"' in header


async def test_netsuites_tokens_are_oauth_1_with_sha256_and_the_account_as_realm() -> None:
    credentials = {
        "key": "ck",
        "secret": "c&s",
        "token": "tk",
        "token_secret": "ts=",
        "id": "12_SB",
    }
    signing = {**OAUTH1, "signatureMethod": "HMAC-SHA256", "realm": "$.credentials.id"}

    request = await sent(signing, credentials, args=[arg("q", "a b")])

    given = fields_of(request)
    assert given.pop("realm") == "12_SB"
    signature = given.pop("oauth_signature")
    base = base_of("GET", given, *parse_qsl(urlsplit(request.url).query))
    digest = hmac.digest(b"c%26s&ts%3D", base.encode(), "sha256")
    assert signature == base64.b64encode(digest).decode()


async def test_oauth_1_asks_for_a_token_without_one() -> None:
    signing = {
        "strategy": "oauth1", "consumerKey": "k", "consumerSecret": "$.credentials.secret",
        "signatureMethod": "PLAINTEXT", "callback": "https://hub.example/back",
    }  # fmt: skip

    request = await sent(signing, {"secret": "s e"}, method="post")

    header = request.headers["Authorization"]
    assert 'oauth_callback="https%3A%2F%2Fhub.example%2Fback"' in header
    assert "oauth_token" not in header
    assert 'oauth_signature="s%2520e%26"' in header
    with pytest.raises(CredentialMissing, match=r"signing\.consumerSecret"):
        await sent(signing, {})


@pytest.mark.parametrize(
    ("method", "digest"),
    [("RSA-SHA1", hashes.SHA1), ("RSA-SHA256", hashes.SHA256), ("RSA-SHA512", hashes.SHA512)],
)
async def test_oauth_1_signs_with_the_key_of_an_application(
    method: str, digest: type[hashes.HashAlgorithm]
) -> None:
    signing = {
        "strategy": "oauth1", "signatureMethod": method, "consumerKey": "ck", "bodyHash": True,
        "privateKey": "$.credentials.key",
    }  # fmt: skip

    request = await sent(
        signing, {"key": PEM}, method="post", args=[arg("a", "ü", "body")], signer=KeySigner()
    )

    given = fields_of(request)
    name = method.rpartition("-")[2].lower()
    body = hashlib.new(name, request.body or b"").digest()
    assert given["oauth_body_hash"] == base64.b64encode(body).decode()
    signature = base64.b64decode(given.pop("oauth_signature"))
    KEY.public_key().verify(
        signature, base_of("POST", given).encode(), padding.PKCS1v15(), digest()
    )


async def test_a_key_that_signs_nothing_for_oauth_1_is_a_fault_at_its_field() -> None:
    signing = {
        "strategy": "oauth1", "signatureMethod": "RSA-SHA1", "consumerKey": "ck",
        "privateKey": "$.credentials.key",
    }  # fmt: skip

    with pytest.raises(InvalidStep, match="the private key cannot be read") as caught:
        await sent(signing, {"key": "no key at all"}, signer=KeySigner())
    with pytest.raises(InvalidStep, match="no signer"):
        await sent(signing, {"key": PEM})

    assert [fault.path for fault in caught.value.faults] == ["key"]


@pytest.mark.parametrize(
    ("formats", "digest_of"),
    [
        ({}, lambda nonce, rest: hashlib.sha1(base64.b64decode(nonce) + rest).digest()),  # noqa: S324
        (
            {"nonceFormat": "hex", "digestFormat": "hex", "algorithm": "sha256"},
            lambda nonce, rest: hashlib.sha256(nonce.encode() + rest).hexdigest().encode(),
        ),
    ],
    ids=["bytes", "digits"],
)
async def test_a_wsse_token_has_a_digest_of_nonce_time_and_password(
    formats: dict, digest_of: object
) -> None:
    signing = {
        "strategy": "wsse", "username": "u", "password": "$.credentials.password", **formats
    }  # fmt: skip

    request = await sent(signing, {"password": "p ü"})

    token = dict(re.findall(r'(\w+)="([^"]*)"', request.headers["X-WSSE"]))
    digest = digest_of(token["Nonce"], b"2024-01-02T03:04:05Zp \xc3\xbc")
    assert token["PasswordDigest"] == base64.b64encode(digest).decode()
    assert token["Created"] == "2024-01-02T03:04:05Z"
    assert request.headers["Authorization"] == 'WSSE profile="UsernameToken"'


async def test_a_user_name_cannot_break_out_of_a_wsse_token() -> None:
    signing = {"strategy": "wsse", "username": "$.credentials.user", "password": "p"}

    with pytest.raises(InvalidStep, match="quotation mark"):
        await sent(signing, {"user": 'u", Nonce="'})
