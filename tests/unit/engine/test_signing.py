import base64
import hashlib
import json
import re
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from jackfield.engine.errors import CredentialMissing, InvalidStep
from jackfield.kit.errors import HubError
from jackfield.testing.vectors import evaluate_case
from jackfield.vault.pasted_keys import UnusableKey
from jackfield.vault.signing import KeySigner
from tests.unit.engine.building import Clock, Provider, action, answer, request, run, step

pytestmark = pytest.mark.anyio

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: object = KEY) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def part(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def token_step(**claims: object) -> dict:
    parameters = {
        "algorithm": "RS256",
        "privateKey": "$.credentials.key",
        "claims": {"iss": "me", "iat": "now", "exp": "now+5m", **claims},
    }
    return step("sign_jwt", parameters)


async def test_a_token_is_signed_and_its_times_are_counted_from_now() -> None:
    clock = Clock()
    compiled = action(token_step(sub="{publicKeyFingerprint}"), result="$.steps.ask.output")

    outcome = await run(
        compiled, Provider([answer()]), credentials={"key": pem()}, signer=KeySigner(), clock=clock
    )

    header, claims, signature = outcome.data["token"].split(".")
    KEY.public_key().verify(
        part(signature), f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    der = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fingerprint = "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()
    issued = int(clock.now.timestamp())
    assert json.loads(part(header)) == {"alg": "RS256", "typ": "JWT"}
    assert json.loads(part(claims)) == {
        "iss": "me",
        "sub": fingerprint,
        "iat": issued,
        "exp": issued + 300,
    }
    assert outcome.data["expiresIn"] == 300
    assert outcome.data["publicKeyFingerprint"] == fingerprint


@pytest.mark.parametrize(
    "key", ["zz", pem(ec.generate_private_key(ec.SECP256R1())), "-----BEGIN PRIVATE KEY-----"]
)
async def test_a_key_that_cannot_be_used_is_told_without_showing_it(key: str) -> None:
    with pytest.raises(HubError) as caught:
        await run(
            action(token_step()), Provider([answer()]), credentials={"key": key}, signer=KeySigner()
        )

    assert caught.value.code == "token_not_signed"
    assert key not in caught.value.detail


@pytest.mark.parametrize(
    "claims", [{"exp": "now"}, {"iat": "now+1h"}, {"nbf": "tomorrow"}, {"exp": "now+1d"}]
)
async def test_claims_whose_times_make_no_sense_are_refused(claims: dict) -> None:
    with pytest.raises(InvalidStep):
        await run(
            action(token_step(**claims)),
            Provider([answer()]),
            credentials={"key": pem()},
            signer=KeySigner(),
        )


def test_an_assertion_is_signed_over_its_canonical_form() -> None:
    document = '<a:A xmlns:a="urn:a" ID="_1" V="2"><a:I>x</a:I><a:S>y</a:S></a:A>'

    signed = KeySigner().sign_xml(
        document, private_key=pem(), certificate="-----BEGIN C-----\nQQ=="
    )

    signature = re.search(r"<ds:Signature .*</ds:Signature>", signed)
    assert signature is not None
    assert signed.replace(signature[0], "") == document
    assert signed.startswith('<a:A xmlns:a="urn:a" ID="_1" V="2"><a:I>x</a:I><ds:Signature')
    digest = base64.b64encode(hashlib.sha256(document.encode()).digest()).decode()
    assert f"<ds:DigestValue>{digest}</ds:DigestValue>" in signed
    info = re.search(r"<ds:SignedInfo>.*</ds:SignedInfo>", signed)
    value = re.search(r"<ds:SignatureValue>(.*)</ds:SignatureValue>", signed)
    assert info is not None
    assert value is not None
    canonical = info[0].replace(
        "<ds:SignedInfo>",
        '<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">',
    )
    KEY.public_key().verify(
        base64.b64decode(value[1]), canonical.encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    assert "<ds:X509Certificate>QQ==</ds:X509Certificate>" in signed


@pytest.mark.parametrize("document", ["<a>x</a>", ""])
def test_a_document_without_an_id_cannot_be_signed(document: str) -> None:
    with pytest.raises(UnusableKey):
        KeySigner().sign_xml(document, private_key=pem(), certificate=None)


async def test_an_assertion_goes_into_the_body_under_its_key() -> None:
    saml = {
        "objectKey": "assertion",
        "key": "$.credentials.key",
        "clientId": "client<1>",
        "nameId": "user",
        "audience": "www.example.com",
        "tokenEndpoint": "https://api.example.com/token",
    }
    args = [
        {"name": "Content-Type", "value": "application/x-www-form-urlencoded", "in": "headers"},
        {"name": "grant_type", "value": "saml", "in": "body"},
    ]
    provider = Provider([answer({"access_token": "a"})])

    await run(
        action(request("/token", "post", args=args, saml=saml), effects=["write"]),
        provider,
        credentials={"key": pem(), "token": "t" * 10},
        signer=KeySigner(),
    )

    grant, assertion = (provider.sent[0].body or b"").decode().split("&")
    content = base64.b64decode(
        assertion.partition("=")[2].replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
    )
    assert grant == "grant_type=saml"
    assert b"<saml2:Issuer>client&lt;1&gt;</saml2:Issuer><ds:Signature" in content
    assert b"<saml2:Audience>www.example.com</saml2:Audience>" in content


async def test_nothing_is_signed_where_there_is_no_signer() -> None:
    with pytest.raises(HubError, match="this run has no signer"):
        await run(action(token_step()), Provider([answer()]), credentials={"key": pem()})


def signed(signing: dict, credentials: dict, **case: object) -> dict:
    params = {
        "baseUrl": "https://provider.test",
        "url": "/v1/things",
        "method": "get",
        "authorization": {"type": "none", "signing": signing},
    }
    block = {"credentials": credentials}
    now = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC).isoformat()
    return evaluate_case(
        {
            "kind": "step",
            "function": "request",
            "params": params,
            "block": block,
            "now": now,
            **case,
        }
    )


def test_an_aws_signature_covers_the_session_token_and_the_empty_body() -> None:
    credentials = {"accessKeyId": "A", "secretAccessKey": "S", "sessionToken": "T"}

    answered = signed({"strategy": "aws4", "service": "s3"}, credentials, mode="strict")

    headers = answered["requests"][0]["headers"]
    assert headers["x-amz-security-token"] == "T"
    assert headers["x-amz-content-sha256"] == hashlib.sha256(b"").hexdigest()
    assert "us-east-1/s3/aws4_request" in headers["authorization"]
    assert "x-amz-checksum-sha256" not in headers


def test_a_signature_without_its_key_names_the_missing_credential() -> None:
    for signing, name in (
        ({"strategy": "hmac"}, "secretKey"),
        ({"strategy": "aws4", "service": "x"}, "accessKeyId"),
    ):
        answered = signed(signing, {})

        assert name in answered["value"]["output"]["message"]
        assert answered["requests"] == []


@pytest.mark.parametrize(
    "signing",
    [{"strategy": "rot13"}, {"strategy": "aws4"}, {"strategy": "hmac", "algorithm": "crc"}, {}],
)
def test_malformed_signing_is_refused(signing: dict) -> None:
    assert "error" in signed(signing, {"secretKey": "S"})


async def test_an_account_without_its_token_is_told_so() -> None:
    provider = Provider([answer({})])

    with pytest.raises(CredentialMissing):
        await run(action(request()), provider, credentials={})

    assert provider.sent == []
