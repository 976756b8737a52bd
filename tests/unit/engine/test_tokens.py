"""Tokens that a connector signs, in every algorithm and with every kind of key."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc import jwk, jws, jwt

from jackfield.kit.errors import HubError
from jackfield.vault.signing import KeySigner
from tests.unit.engine.building import Clock, Provider, action, answer, run, step

pytestmark = pytest.mark.anyio

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEYS = {
    "RSA": RSA,
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "P-521": ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}
SECRET = "a secret that both sides know"
ALGORITHMS = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    "ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519", "Ed25519": "Ed25519",
}  # fmt: skip


def pem(name: str) -> str:
    return KEYS[name].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class AnyAlgorithm(jws.JWSRegistry):
    def get_alg(self, name: str):
        return self.algorithms[name]


def opened(token: str, key: jwk.Key) -> jwt.Token:
    """Verify a token as a provider does."""
    return jwt.decode(token, key, registry=AnyAlgorithm(strict_check_header=False))


async def signed(key: str, algorithm: str = "RS256", mode: str = "strict", **parameters: object):
    claims = {"iss": "me", "iat": "now", "exp": "now+5m", **parameters.pop("claims", {})}
    shown = {"algorithm": algorithm, "privateKey": "$.credentials.key", "claims": claims}
    compiled = action(
        step("sign_jwt", {**shown, **parameters}), result="$.steps.ask.output", engine=mode
    )
    outcome = await run(
        compiled,
        Provider([answer()]),
        credentials={"key": key, **CERTIFICATES},
        signer=KeySigner(),
        clock=Clock(),
    )
    return outcome.data


def certificate() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "me")])
    start = datetime(2024, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(7)
    built = built.not_valid_before(start).not_valid_after(start + timedelta(days=9))
    return built.public_key(RSA.public_key()).sign(RSA, hashes.SHA256())


CERTIFICATE = certificate()
CERTIFICATES = {"cert": CERTIFICATE.public_bytes(Encoding.PEM).decode(), "torn": "-----BEGIN C"}


@pytest.mark.parametrize(("algorithm", "name"), ALGORITHMS.items())
async def test_a_token_of_any_algorithm_is_believed_by_who_knows_the_public_key(
    algorithm: str, name: str
) -> None:
    output = await signed(pem(name), algorithm)

    kind = {"RSA": "RSA", "Ed25519": "OKP"}.get(name, "EC")
    token = opened(output["token"], jwk.import_key(pem(name), kind))
    assert (token.header["alg"], token.claims["iss"]) == (algorithm, "me")
    assert output["publicKeyFingerprint"].startswith("SHA256:")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_a_token_is_signed_with_a_shared_secret(algorithm: str) -> None:
    output = await signed(SECRET, algorithm)

    assert opened(output["token"], jwk.import_key(SECRET, "oct")).claims["iss"] == "me"
    assert "publicKeyFingerprint" not in output


async def test_a_key_may_be_a_json_web_key_or_base64_of_its_file() -> None:
    web_key = json.dumps(jwk.import_key(pem("P-256"), "EC").as_dict(private=True))
    packed = base64.b64encode(pem("P-256").encode()).decode()

    outputs = [await signed(key, "ES256") for key in (pem("P-256"), web_key, packed)]

    assert len({output["publicKeyFingerprint"] for output in outputs}) == 1
    for output in outputs:
        opened(output["token"], jwk.import_key(pem("P-256"), "EC"))


async def test_the_header_tells_of_the_key_and_of_its_certificate() -> None:
    headers = {"typ": "at+jwt", "x": 1, "alg": "none"}

    output = await signed(
        pem("RSA"), "PS256", keyId="k1", headers=headers, certificate="$.credentials.cert"
    )

    digest = hashlib.sha256(CERTIFICATE.public_bytes(Encoding.DER)).digest()
    thumbprint = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert opened(output["token"], jwk.import_key(pem("RSA"), "RSA")).header == {
        "alg": "PS256", "typ": "at+jwt", "x": 1, "kid": "k1", "x5t#S256": thumbprint,
    }  # fmt: skip


async def test_each_token_has_an_id_of_its_own_where_it_asks_for_one() -> None:
    outputs = [await signed(SECRET, "HS256", claims={"jti": "{uniqueId}"}) for _ in range(2)]

    ids = {opened(each["token"], jwk.import_key(SECRET, "oct")).claims["jti"] for each in outputs}
    assert len(ids) == 2
    assert "{uniqueId}" not in ids


@pytest.mark.parametrize(
    ("key", "algorithm", "told"),
    [
        (pem("P-256"), "RS256", "RS256 needs an RSA private key of 2048 bits or more"),
        (pem("RSA"), "ES256", "ES256 needs an EC private key on the curve that goes with it"),
        (pem("P-256"), "ES384", "ES384 needs an EC private key on the curve that goes with it"),
        (pem("RSA"), "EdDSA", "EdDSA needs an Ed25519 private key"),
        ("short", "HS256", "HS256 needs a secret of 14 characters or more"),
        (
            '{"kty": "oct", "k": "c2hvcnQ"}',
            "HS256",
            "HS256 needs a secret of 14 characters or more",
        ),
        (pem("RSA"), "HS256", "HS256 needs a secret"),
        ('{"kty": "RSA"}', "RS256", "the private key cannot be read"),
        ('{"kty": ', "RS256", "the private key cannot be read"),
        ('{"kty": ["RSA"]}', "PS256", "the private key cannot be read"),
        ("[" * 20_000, "ES256", "the private key cannot be read"),
        ("{" + '"a":{' * 20_000, "ES256", "the private key cannot be read"),
    ],
)
async def test_a_key_that_does_not_fit_is_a_fault_at_its_field(
    key: str, algorithm: str, told: str
) -> None:
    with pytest.raises(HubError) as caught:
        await signed(key, algorithm)

    assert caught.value.code == "token_not_signed"
    assert told in caught.value.detail
    assert [fault.path for fault in caught.value.faults] == ["key"]
    assert key not in caught.value.detail


async def test_a_certificate_that_cannot_be_read_is_a_fault_at_its_own_field() -> None:
    with pytest.raises(HubError, match="the certificate cannot be read") as caught:
        await signed(pem("RSA"), certificate="$.credentials.torn")

    assert [fault.path for fault in caught.value.faults] == ["torn"]


async def test_a_token_may_hold_before_now_for_clocks_that_are_behind() -> None:
    output = await signed(SECRET, "HS256", claims={"nbf": "now-60s"})

    claims = opened(output["token"], jwk.import_key(SECRET, "oct")).claims
    assert claims["nbf"] == claims["iat"] - 60
    with pytest.raises(HubError, match="nbf"):
        await signed(pem("RSA"), mode="compat", claims={"nbf": "now-60s"})


async def test_the_published_engine_knows_one_algorithm() -> None:
    with pytest.raises(HubError, match=r"Allowed values are: \[RS256\]"):
        await signed(SECRET, "HS256", mode="compat")
