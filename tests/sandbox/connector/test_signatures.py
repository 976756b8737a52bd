"""Signed requests, as the sandbox checks what the engine signs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from msgspec import structs

from jackfield.engine.auth.authorization import authorized, compile_authorization
from jackfield.engine.auth.signable import Situation
from jackfield.engine.current_time import using_clock
from jackfield.engine.ports import Request as Sent
from jackfield.sandbox.connector.request import FORM, Request
from jackfield.sandbox.connector.signatures.signed_request import SignedRequest
from jackfield.sandbox.connector.signatures.verification import is_signed, signature_in
from jackfield.vault.signing import KeySigner

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)
ORIGIN = "https://api.acme.example"
PEM = RSAKey.generate_key(2048).as_pem(private=True).decode()
OTHER_PEM = RSAKey.generate_key(2048).as_pem(private=True).decode()
CREDENTIALS = {
    "secretKey": "s1", "user": "ada", "secret": "0a0b0c", "base64": "c2VjcmV0", "pem": PEM,
    "accessKeyId": "AKID", "secretAccessKey": "SECRET", "region": "eu-west-1", "token": "t1",
}  # fmt: skip
OTHERS = {**dict.fromkeys(CREDENTIALS, "1a1b1c"), "base64": "b3RoZXI=", "pem": OTHER_PEM}
APP = {"consumerKey": "ck", "consumerSecret": "$.credentials.secret"}
PERSON = {"token": "$.credentials.token", "tokenSecret": "$.credentials.secretKey"}
RSA = {"strategy": "oauth1", "consumerKey": "ck", "privateKey": "$.credentials.pem"}
TEXT = "${request.method}|${request.host}|${request.path}|${request.joined}|${request.bodySha256}"
TEMPLATE = {"strategy": "template", "key": "$.credentials.secret", "text": TEXT, "name": "sign"}
SECONDS = {"name": "t", "in": "query", "value": "$.signing.seconds"}
SCHEMES: dict[str, dict[str, Any]] = {
    "hmac": {"strategy": "hmac"},
    "hmac with the host": {"strategy": "hmac", "includeHost": True, "algorithm": "sha512"},
    "hmac under another name": {"strategy": "hmac", "headerName": "X-Sig", "prefix": "v1"},
    "hmac without a hash of the body": {"strategy": "hmac", "includeBodyHash": False},
    "hmac as a password": {
        "strategy": "hmac", "outputFormat": "basic", "username": "$.credentials.user",
        "dateFormat": "rfc2822",
    },
    "wsse": {
        "strategy": "wsse", "username": "$.credentials.user", "password": "$.credentials.secret",
    },
    "wsse in hex": {
        "strategy": "wsse", "username": "ada", "password": "$.credentials.secret",
        "algorithm": "sha256", "nonceFormat": "hex", "digestFormat": "hex", "headerName": "X-Me",
    },
    "aws": {"strategy": "aws4", "service": "execute-api"},
    "s3 with passing keys": {
        "strategy": "aws4", "service": "s3", "region": "us-west-2",
        "accessKeyId": "$.credentials.user", "secretAccessKey": "$.credentials.secret",
        "sessionToken": "$.credentials.token",
    },
    "oauth1": {"strategy": "oauth1", **APP, **PERSON},
    "oauth1 of an application, with a realm": {
        "strategy": "oauth1", **APP, "realm": "acme", "signatureMethod": "HMAC-SHA256",
    },
    "oauth1 with a hash of the body": {
        "strategy": "oauth1", **APP, **PERSON, "signatureMethod": "HMAC-SHA512", "bodyHash": True,
    },
    "oauth1 in plain text": {"strategy": "oauth1", **APP, **PERSON, "signatureMethod": "PLAINTEXT"},
    "oauth1 by a key, sha1": {**RSA, "signatureMethod": "RSA-SHA1"},
    "oauth1 by a key, sha256": {**RSA, **PERSON, "signatureMethod": "RSA-SHA256"},
    "oauth1 by a key, sha512": {**RSA, "signatureMethod": "RSA-SHA512"},
    "a text, in a header": TEMPLATE,
    "a text, in the query": {**TEMPLATE, "in": "query", "also": [SECONDS]},
    "a text, in the body": {**TEMPLATE, "in": "body"},
    "a text, in base64": {
        **TEMPLATE, "key": "$.credentials.base64", "keyEncoding": "base64", "encoding": "base64url",
        "algorithm": "sha384", "value": "Sign ${signature}",
    },
    "a text, by a key in hex": {**TEMPLATE, "keyEncoding": "hex", "encoding": "base64"},
    "a text that has the secret in it": {
        "strategy": "template", "text": "${credentials.secret}${signing.compact}${signing.nonce}",
        "name": "sign", "algorithm": "md5",
        "also": [
            {"name": "X-Time", "value": "$.signing.iso"},
            {"name": "X-Nonce", "value": "$.signing.nonce"},
        ],
    },
    "a text with the date": {
        **TEMPLATE, "text": "${signing.date}${signing.seconds}",
        "also": [{"name": "Date", "value": "$.signing.date"}],
    },
    "a text with milliseconds": {
        **TEMPLATE, "text": "${signing.milliseconds}${signing.iso}",
        "also": [{"name": "m", "in": "body", "value": "$.signing.milliseconds"}],
    },
}  # fmt: skip
# What is signed says nothing of the request: a thief could send another one with it.
SAYS_NOTHING = {
    "wsse", "wsse in hex", "oauth1 in plain text", "a text that has the secret in it",
    "a text with the date", "a text with milliseconds",
}  # fmt: skip
# What is in a form is signed, and JSON is not.
SAYS_NOTHING_OF_JSON = {
    "hmac without a hash of the body", "oauth1", "oauth1 of an application, with a realm",
    "oauth1 by a key, sha1", "oauth1 by a key, sha256", "oauth1 by a key, sha512",
}  # fmt: skip
TIMED = [name for name, each in SCHEMES.items() if each["strategy"] != "template" or "also" in each]
REQUESTS = {
    "get": Sent("GET", f"{ORIGIN}/v1/pl%20aces/a%2Fb?b=2&a=x%20y&a=1"),
    "form": Sent(
        "POST", f"{ORIGIN}/v1/places", {"Content-Type": FORM, "X-More": " a  b "}, b"b=2&a=x+y"
    ),
    "json": Sent("PUT", f"{ORIGIN}/v1/p?q=", {"Content-Type": "application/json"}, b'{"a":1.5}'),
}
METHODS = [(scheme, sent) for scheme in SCHEMES for sent in REQUESTS]


def sign(
    signing: Mapping[str, Any], request: Sent, credentials: Mapping[str, str] = CREDENTIALS
) -> Sent:
    """Return a request as the engine signs it."""
    scope: dict[str, Any] = {"credentials": dict(credentials)}
    compiled = compile_authorization({"type": "none", "signing": dict(signing)}, "strict")
    with using_clock(lambda: NOW):
        situation = Situation(scope, "strict", KeySigner())
        return authorized(request, compiled, situation).signed()


def received(sent: Sent, now: datetime = NOW, origin: str = ORIGIN) -> SignedRequest:
    """Return a request as it comes in at the sandbox."""
    path, _, query = sent.url.removeprefix(ORIGIN).partition("?")
    scope: Any = {
        "type": "http",
        "method": sent.method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in sent.headers.items()],
    }
    request = Request.of(scope, sent.body or b"")
    return SignedRequest(request, origin, {"credentials": CREDENTIALS}, "strict", now)


@pytest.mark.parametrize(("scheme", "request_name"), METHODS)
def test_what_the_engine_signs_is_taken(scheme: str, request_name: str) -> None:
    signing = SCHEMES[scheme]

    incoming = received(sign(signing, REQUESTS[request_name]))

    assert is_signed(signing, incoming)
    assert signature_in(signing, incoming)


@pytest.mark.parametrize(("scheme", "request_name"), METHODS)
def test_what_is_signed_with_another_secret_is_not(scheme: str, request_name: str) -> None:
    signing = SCHEMES[scheme]

    assert not is_signed(signing, received(sign(signing, REQUESTS[request_name], OTHERS)))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_request_without_a_signature_is_not(scheme: str) -> None:
    for sent in REQUESTS.values():
        incoming = received(sent)

        assert not is_signed(SCHEMES[scheme], incoming)
        assert not signature_in(SCHEMES[scheme], incoming)


@pytest.mark.parametrize("scheme", sorted(SCHEMES.keys() - SAYS_NOTHING))
def test_a_signature_is_good_for_no_other_request(scheme: str) -> None:
    signing = SCHEMES[scheme]
    signed = sign(signing, REQUESTS["get"])

    assert not is_signed(signing, received(structs.replace(signed, url=f"{signed.url}&more=1")))
    elsewhere = signed.url.replace("/v1/", "/v2/")
    assert not is_signed(signing, received(structs.replace(signed, url=elsewhere)))


@pytest.mark.parametrize("scheme", sorted(SCHEMES.keys() - SAYS_NOTHING - SAYS_NOTHING_OF_JSON))
def test_nor_for_another_body(scheme: str) -> None:
    signing = SCHEMES[scheme]
    signed = sign(signing, REQUESTS["json"])

    other = structs.replace(signed, body=(signed.body or b"").replace(b"1.5", b"2.5"))

    assert not is_signed(signing, received(other))


@pytest.mark.parametrize("scheme", ["hmac with the host", "aws", "oauth1", "a text, in a header"])
def test_nor_for_another_host(scheme: str) -> None:
    signed = sign(SCHEMES[scheme], REQUESTS["get"])

    assert not is_signed(SCHEMES[scheme], received(signed, origin="https://evil.example"))


@pytest.mark.parametrize("scheme", TIMED)
@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_ends_where_its_time_is_sent(scheme: str, minutes: int) -> None:
    signing = SCHEMES[scheme]
    signed = sign(signing, REQUESTS["get"])

    assert not is_signed(signing, received(signed, NOW + timedelta(minutes=minutes)))
    assert is_signed(signing, received(signed, NOW + timedelta(minutes=minutes / 2)))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("text", ["", "x", "OAuth x", "AWS4-HMAC-SHA256 x", "Basic ?", "é"])
def test_what_has_no_form_is_no_signature(scheme: str, text: str) -> None:
    signing = SCHEMES[scheme]
    signed = sign(signing, REQUESTS["json"])
    headers = {
        name: value if name.startswith("Content") else text
        for name, value in signed.headers.items()
    }
    garbled = structs.replace(signed, headers=headers, body=b"{", url=f"{ORIGIN}/v1?t=x&sign=x")

    assert not is_signed(signing, received(garbled))


def test_a_signature_made_of_an_input_or_an_unsent_nonce_has_only_to_be_there() -> None:
    by_input = {**TEMPLATE, "text": "${inputs.place}"}
    by_nonce = {**TEMPLATE, "text": "${signing.nonce}"}
    there = received(structs.replace(REQUESTS["get"], headers={"sign": "00"}))

    for signing in (by_input, by_nonce):
        assert is_signed(signing, there)
        assert not is_signed(signing, received(REQUESTS["get"]))


def test_a_signature_does_not_know_the_address_that_the_sandbox_has() -> None:
    signed = received(sign(SCHEMES["aws"], REQUESTS["get"]))

    assert is_signed(SCHEMES["aws"], signed)
    assert not is_signed(SCHEMES["aws"], replace(signed, origin="http://127.0.0.1:9904"))
