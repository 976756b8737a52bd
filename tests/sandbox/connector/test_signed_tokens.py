"""Tokens for what is signed: the checks of each provider's token endpoint, and its words for each fault."""

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from jackfield.sandbox.connector.server import ConnectorSandbox, serve
from tests.support.clock import FrozenClock
from tests.support.running import own_catalog

pytestmark = pytest.mark.anyio

NOW = 1_772_357_400  # the frozen clock of the tests
OTHER = RSAKey.generate_key(2048)
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
BY_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/"
NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
async def google() -> AsyncGenerator[ConnectorSandbox]:
    async with serve(own_catalog().get("google_workspace"), clock=FrozenClock()) as running:
        yield running


@pytest.fixture(scope="module")
async def salesforce() -> AsyncGenerator[ConnectorSandbox]:
    async with serve(own_catalog().get("salesforce"), clock=FrozenClock()) as running:
        yield running


@pytest.fixture(scope="module")
async def microsoft() -> AsyncGenerator[ConnectorSandbox]:
    async with serve(own_catalog().get("microsoft_365"), clock=FrozenClock()) as running:
        yield running


@dataclass(frozen=True)
class Answered:
    """What a token endpoint answered."""

    status: int
    body: Mapping[str, Any]

    @property
    def told(self) -> tuple[int, str, str]:
        return self.status, self.body["error"], self.body["error_description"]


async def ask(sandbox: ConnectorSandbox, path: str, **form: str) -> Answered:
    async with httpx2.AsyncClient(base_url=sandbox.url) as provider:
        answer = await provider.post(path, data=form)
    return Answered(answer.status_code, answer.json())


def sign(claims: Mapping[str, Any], key: RSAKey, changes: Mapping[str, Any], **header: str) -> str:
    """Sign claims with changes: `key` means with another key, and capitals a member of the header."""
    changed = {**claims, **{name: value for name, value in changes.items() if name.islower()}}
    written = {"alg": "RS256", **header}
    written |= {name.lower(): value for name, value in changes.items() if name.isupper()}
    signer = OTHER if changed.pop("key", None) else key
    return jwt.encode(written, changed, signer, algorithms=["RS256", "PS256"])


async def ask_google(sandbox: ConnectorSandbox, **changes: Any) -> Answered:
    filled = sandbox.login("service_account").credentials
    file = json.loads(filled["key_file"])
    claims = {
        "iss": file["client_email"],
        "sub": filled["subject"],
        "aud": "https://oauth2.googleapis.com/token",
        "scope": filled["scopes"],
        "iat": NOW,
        "exp": NOW + 3600,
    }
    key = RSAKey.import_key(file["private_key"])
    assertion = sign(claims, key, changes, kid=file["private_key_id"])
    return await ask(sandbox, "/token", grant_type=JWT_BEARER, assertion=assertion)


async def test_google_gives_a_token_for_the_key_file_that_the_sandbox_made(
    google: ConnectorSandbox,
) -> None:
    given = await ask_google(google, scope=f"{SCOPE}drive")
    alone = await ask_google(google, sub="hub@acme-1.iam.gserviceaccount.com")

    assert (given.status, given.body["token_type"]) == (200, "Bearer")
    assert given.body["scope"] == f"{SCOPE}drive"
    assert given.body["expires_in"] == 3600
    assert "refresh_token" not in given.body
    assert alone.status == 200


@pytest.mark.parametrize(
    ("change", "status", "error", "words"),
    [
        ({"key": "another"}, 400, "invalid_grant", "Invalid JWT Signature."),
        ({"KID": "deleted"}, 400, "invalid_grant", "Invalid JWT Signature."),
        ({"aud": "https://oauth2.example/token"}, 400, "invalid_grant", "Failed audience check"),
        ({"exp": NOW}, 400, "invalid_grant", "reasonable timeframe"),
        ({"exp": NOW + 3601}, 400, "invalid_grant", "short-lived token"),
        ({"iat": NOW + 60}, 400, "invalid_grant", "reasonable timeframe"),
        ({"sub": "nobody@acme.example"}, 400, "invalid_grant", "Invalid email or User ID"),
        ({"iss": "gone@acme-1.iam"}, 400, "invalid_grant", "account not found"),
        ({"scope": f"{SCOPE}gmail.readonly"}, 401, "unauthorized_client", "not authorized"),
        ({"scope": f"{SCOPE}gmail"}, 400, "invalid_scope", "Invalid OAuth scope"),
    ],
    ids=str,
)
async def test_google_tells_what_is_wrong_with_a_service_accounts_statement(
    google: ConnectorSandbox, change: dict[str, Any], status: int, error: str, words: str
) -> None:
    told = (await ask_google(google, **change)).told

    assert told[:2] == (status, error)
    assert words in told[2]


async def ask_salesforce(sandbox: ConnectorSandbox, **changes: Any) -> Answered:
    filled = sandbox.login("jwt_bearer").credentials
    claims = {
        "iss": filled["clientId"],
        "sub": filled["username"],
        "aud": "https://login.salesforce.com",
        "exp": NOW + 180,
    }
    assertion = sign(claims, RSAKey.import_key(filled["private_key"]), changes)
    path = "/services/oauth2/token"
    return await ask(sandbox, path, grant_type=JWT_BEARER, assertion=assertion)


async def test_salesforce_gives_a_token_whose_end_it_does_not_tell(
    salesforce: ConnectorSandbox,
) -> None:
    given = await ask_salesforce(salesforce)

    assert given.status == 200
    assert {"expires_in", "refresh_token"}.isdisjoint(given.body)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"key": "another"}, "invalid_grant", "invalid assertion"),
        ({"aud": "https://test.salesforce.com"}, "invalid_grant", "Audience validation failed"),
        ({"exp": NOW}, "invalid_grant", "expired authorization code"),
        ({"exp": NOW + 181}, "invalid_grant", "expired authorization code"),
        ({"sub": "nobody@acme.example"}, "invalid_grant", "user hasn't approved this consumer"),
        ({"iss": "another"}, "invalid_client_id", "client identifier invalid"),
    ],
    ids=str,
)
async def test_salesforce_tells_what_is_wrong_with_a_statement(
    salesforce: ConnectorSandbox, change: dict[str, Any], error: str, words: str
) -> None:
    assert (await ask_salesforce(salesforce, **change)).told == (400, error, words)


async def ask_microsoft(
    sandbox: ConnectorSandbox,
    *,
    by: str = "x5t#S256",
    tenant: str = "",
    scope: str = "https://graph.microsoft.com/.default",
    **changes: Any,
) -> Answered:
    login = sandbox.login("certificate")
    filled = login.credentials
    assert login.key is not None
    path = f"/{filled['tenant']}/oauth2/v2.0/token"
    known = {**login.key.thumbprints, "x5t#S256": filled["thumbprint"]}
    thumbprint = changes.pop("thumbprint", known[by])
    claims = {
        "iss": filled["clientId"],
        "sub": filled["clientId"],
        "aud": f"https://login.microsoftonline.com{path}",
        "nbf": NOW,
        "exp": NOW + 300,
        "jti": uuid4().hex,
    }
    header = {"alg": "PS256" if by == "x5t#S256" else "RS256", by: thumbprint}
    return await ask(
        sandbox,
        f"/{tenant or filled['tenant']}/oauth2/v2.0/token",
        grant_type="client_credentials",
        client_id=filled["clientId"],
        scope=scope,
        client_assertion_type=BY_ASSERTION,
        client_assertion=sign(claims, RSAKey.import_key(filled["private_key"]), changes, **header),
    )


@pytest.mark.parametrize("by", ["x5t#S256", "x5t"])
async def test_microsoft_gives_a_token_for_a_certificate_by_either_thumbprint(
    microsoft: ConnectorSandbox, by: str
) -> None:
    given = await ask_microsoft(microsoft, by=by)

    assert given.status == 200
    assert "refresh_token" not in given.body


@pytest.mark.parametrize(
    ("change", "status", "error", "number", "words"),
    [
        ({"key": "another"}, 401, "invalid_client", 700027, "signature value did not match"),
        ({"thumbprint": "A" * 43}, 401, "invalid_client", 700027, "The key was not found"),
        ({"aud": "https://login.microsoftonline.us"}, 401, "invalid_client", 700023, "audience"),
        ({"exp": NOW}, 401, "invalid_client", 700024, "valid time range"),
        ({"nbf": NOW + 60}, 401, "invalid_client", 700024, "valid time range"),
        ({"tenant": NOWHERE}, 400, "invalid_request", 90002, f"Tenant '{NOWHERE}' not found"),
        ({"iss": NOWHERE, "sub": NOWHERE}, 401, "invalid_client", 700021, "client_id"),
        ({"scope": "Mail.Read"}, 400, "invalid_scope", 1002012, "/.default suffixed"),
        (
            {"scope": "https://graph.microsoft.us/.default"},
            400,
            "invalid_resource",
            500011,
            "https://graph.microsoft.us was not found",
        ),
    ],
    ids=str,
)
async def test_microsoft_tells_what_is_wrong_by_number(
    microsoft: ConnectorSandbox,
    change: dict[str, Any],
    status: int,
    error: str,
    number: int,
    words: str,
) -> None:
    answered = await ask_microsoft(microsoft, **change)

    assert answered.told[:2] == (status, error)
    assert answered.body["error_codes"] == [number]
    assert answered.told[2].startswith(f"AADSTS{number}: ")
    assert f"Correlation ID: {answered.body['correlation_id']} " in answered.told[2]
    assert words in answered.told[2]


async def test_microsoft_knows_an_app_in_its_own_directory_alone(
    microsoft: ConnectorSandbox,
) -> None:
    filled = microsoft.login("client_credentials").credentials
    elsewhere = microsoft.login("certificate").credentials["tenant"]
    app = {
        "grant_type": "client_credentials",
        "client_id": filled["clientId"],
        "client_secret": filled["clientSecret"],
        "scope": "https://graph.microsoft.com/.default",
    }

    async def told(tenant: str, **changes: str) -> Any:
        answered = await ask(microsoft, f"/{tenant}/oauth2/v2.0/token", **{**app, **changes})
        return answered.body.get("error_codes", answered.status)

    assert await told(filled["tenant"]) == 200
    assert await told(elsewhere) == [700016]
    assert await told(filled["tenant"], client_id=NOWHERE) == [700016]
    assert await told(filled["tenant"], client_secret="wrong") == [7000215]
    assert await told(NOWHERE) == [90002]
    assert await told("common") == await told("consumers") == [9001023]


async def test_an_app_that_signs_gets_no_token_by_its_id_alone(
    salesforce: ConnectorSandbox,
) -> None:
    known = salesforce.login("jwt_bearer").credentials["clientId"]

    refused = await ask(
        salesforce, "/services/oauth2/token", grant_type="client_credentials", client_id=known
    )

    assert refused.told[1] == "unauthorized_client"
