"""Grants other than a person's consent in a browser, and clients that sign."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.sandbox.oauth.client import Caller

pytestmark = pytest.mark.anyio
Make = Callable[..., Caller]
KEY = ECKey.generate_key("P-256", {"kid": "k-1"})
OTHER = ECKey.generate_key("P-256", {"kid": "k-1"})
JWKS = {"keys": [KEY.as_dict(private=False)]}
NOW = 1_772_357_400  # the frozen clock of the tests
BY_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


def sign(claims: dict[str, Any], *, key: ECKey = KEY, **header: str) -> str:
    return jwt.encode({"alg": "ES256", "kid": "k-1", **header}, claims, key)


def claims_of(caller: Caller, **changes: Any) -> dict[str, Any]:
    usual = {
        "iss": caller.id,
        "sub": caller.id,
        "aud": f"{caller.url}/token",
        "exp": NOW + 300,
        "iat": NOW,
        "jti": "j-1",
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


async def by_assertion(caller: Caller, assertion: str) -> Any:
    data = {
        "grant_type": "client_credentials",
        "client_assertion_type": BY_ASSERTION,
        "client_assertion": assertion,
    }
    return await caller.ask("POST", "/token", data=data)


async def test_a_client_gets_tokens_for_itself(client: Make) -> None:
    caller = client()

    tokens = (await caller.token(grant_type="client_credentials", scope="people.read")).json

    assert tokens["scope"] == "people.read"
    assert "refresh_token" not in tokens
    assert (await caller.me(tokens["access_token"])).json == {"client": caller.id}


async def test_a_client_that_signs_is_taken_once_for_each_assertion(client: Make) -> None:
    caller = client("token.private_key_jwt", jwks=JWKS)
    assertion = sign(claims_of(caller))

    assert (await by_assertion(caller, assertion)).status == 200
    assert (await by_assertion(caller, assertion)).error == "invalid_client"
    assert (await caller.token(grant_type="client_credentials")).error == "invalid_client"


@pytest.mark.parametrize(
    "change",
    [
        {"exp": NOW + 301},
        {"exp": NOW},
        {"exp": None},
        {"aud": "https://other.example/token"},
        {"iss": "someone"},
        {"sub": "ada"},
        {"jti": None},
        {"nbf": NOW + 1},
        {"aud": [{}]},
        {"aud": [[]]},
        {"exp": 10**400},
        {"exp": "soon"},
        {"iss": {}},
    ],
    ids=str,
)
async def test_an_assertion_that_is_wrong_is_refused(client: Make, change: dict[str, Any]) -> None:
    caller = client(jwks=JWKS, secret="")

    assert (await by_assertion(caller, sign(claims_of(caller, **change)))).error == "invalid_client"


@pytest.mark.parametrize(
    "header",
    [{"crit": None}, {"crit": 1}, {"crit": [{}]}, {"crit": [None]}, {"kid": {}}, {"alg": "none"}],
    ids=str,
)
async def test_an_assertion_with_a_header_that_is_none_is_refused(
    client: Make, header: dict[str, Any]
) -> None:
    caller = client(jwks=JWKS, secret="")
    usual, claims, signature = sign(claims_of(caller)).split(".")
    members = {**json.loads(base64.urlsafe_b64decode(usual + "==")), **header}
    changed = base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")

    refused = await by_assertion(caller, f"{changed}.{claims}.{signature}")

    assert refused.error == "invalid_client"


async def test_an_assertion_of_another_key_is_refused(client: Make) -> None:
    caller = client(jwks=JWKS)

    refused = await by_assertion(caller, sign(claims_of(caller), key=OTHER))

    assert refused.error == "invalid_client"


@pytest.mark.parametrize(("audience", "taken"), [("token_url", "/token"), ("issuer", "")])
async def test_the_audience_may_be_one_alone(client: Make, audience: str, taken: str) -> None:
    caller = client("token.private_key_jwt", jwks=JWKS, assertion_audience=audience)

    async def status(path: str) -> int:
        assertion = sign(claims_of(caller, aud=f"{caller.url}{path}", jti=path))
        return (await by_assertion(caller, assertion)).status

    statuses = {path: await status(path) for path in ("/token", "")}

    assert {path for path, each in statuses.items() if each == 200} == {taken}


async def test_an_assertion_may_need_a_header(client: Make) -> None:
    caller = client("token.assertion_headers", jwks=JWKS)

    bare = await by_assertion(caller, sign(claims_of(caller)))
    full = await by_assertion(caller, sign(claims_of(caller), **{"x5t#S256": "thumbprint"}))

    assert (bare.status, full.status) == (401, 200)


async def test_an_assertion_names_its_certificate_by_a_thumbprint(client: Make) -> None:
    known = {"x5t": "short", "x5t#S256": "thumbprint"}
    caller = client("token.certificate", jwks=JWKS, thumbprints=known)

    async def status(jti: str, **header: str) -> int:
        return (await by_assertion(caller, sign(claims_of(caller, jti=jti), **header))).status

    assert await status("j-1", x5t="short") == 200
    assert await status("j-2", **{"x5t#S256": "thumbprint"}) == 200
    assert await status("j-3") == 401
    assert await status("j-4", **{"x5t": "short", "x5t#S256": "another"}) == 401


async def test_an_assertion_is_for_whom_it_has_to_be_and_no_longer_than_it_may(
    client: Make,
) -> None:
    behaviors = ("token.assertion_for", "token.assertion_brief")
    caller = client(*behaviors, jwks=JWKS, secret="")

    async def told(**changes: Any) -> Any:
        usual = {"aud": "https://login.sandbox.example", "exp": NOW + 180}
        assertion = sign(claims_of(caller, **{**usual, **changes}))
        data = {"grant_type": JWT_BEARER, "assertion": assertion}
        answer = await caller.ask("POST", "/token", data=data)
        return answer.error if answer.status != 200 else answer.status

    assert await told() == 200
    assert await told(aud=f"{caller.url}/token") == "invalid_grant"
    assert await told(exp=NOW + 181) == "invalid_grant"


async def test_an_assertion_asks_for_scopes_that_were_authorized(client: Make) -> None:
    caller = client("token.scopes_authorized", jwks=JWKS, secret="")

    async def ask(scope: str) -> Any:
        data = {"grant_type": JWT_BEARER, "assertion": sign(claims_of(caller, scope=scope))}
        return await caller.ask("POST", "/token", data=data)

    assert (await ask("people.read")).json["scope"] == "people.read"
    refused = await ask("people.read notes.read")
    assert (refused.status, refused.error) == (401, "unauthorized_client")
    assert (await ask("nothing.read")).error == "invalid_scope"


async def test_a_client_asks_for_itself_with_the_scope_that_stands_for_all(client: Make) -> None:
    caller = client("token.default_scope", scopes=["people.read", "notes.read"])

    async def ask(**scope: str) -> Any:
        return await caller.token(grant_type="client_credentials", **scope)

    given = await ask(scope="https://api.sandbox.example/.default")
    assert given.json["scope"] == "people.read notes.read"
    assert (await ask(scope="people.read")).error == "invalid_scope"
    assert (await ask()).error == "invalid_scope"
    assert (await ask(scope="https://other.example/.default")).error == "invalid_resource"


async def test_a_client_with_a_key_gets_no_token_by_its_id_alone(client: Make) -> None:
    caller = client(jwks=JWKS, secret="")

    data = {"grant_type": "client_credentials", "client_id": caller.id}
    assert (await caller.ask("POST", "/token", data=data)).error == "unauthorized_client"


async def test_a_service_account_speaks_for_a_person_until_its_assertion_ends(
    client: Make,
) -> None:
    rsa = RSAKey.generate_key(2048, {"kid": "r-1"})
    caller = client(jwks={"keys": [rsa.as_dict(private=False)]})
    claims = claims_of(caller, sub="noor@birch.example", exp=NOW + 600)
    assertion = jwt.encode({"alg": "RS256", "kid": "r-1"}, claims, rsa)

    tokens = (await caller.token(grant_type=JWT_BEARER, assertion=assertion)).json

    assert tokens["expires_in"] == 600
    assert "refresh_token" not in tokens
    assert (await caller.me(tokens["access_token"])).json["id"] == "noor"


async def test_a_token_is_exchanged_for_one_that_may_less(client: Make) -> None:
    caller = client()
    first = (await caller.token(grant_type="client_credentials")).json["access_token"]
    params = {"subject_token": first, "subject_token_type": ACCESS_TOKEN, "scope": "notes.read"}

    exchanged = (await caller.token(grant_type=EXCHANGE, **params)).json
    refused = await caller.token(
        grant_type=EXCHANGE,
        **{**params, "subject_token": exchanged["access_token"], "scope": "email"},
    )

    assert exchanged["issued_token_type"] == ACCESS_TOKEN
    assert exchanged["scope"] == "notes.read"
    assert refused.error == "invalid_scope"


async def test_a_password_is_taken(client: Make) -> None:
    caller = client()
    person = {"username": "ada", "password": "password-of-ada"}

    tokens = (await caller.token(grant_type="password", **person)).json
    refused = await caller.token(grant_type="password", username="ada", password="wrong")

    assert (await caller.me(tokens["access_token"])).json["id"] == "ada"
    assert refused.error == "invalid_grant"


async def test_a_session_begins_with_a_password_and_lives_in_a_cookie(client: Make) -> None:
    caller = client("token.place.cookie")
    body = {"client_id": caller.id, "username": "ada", "password": "password-of-ada"}

    begun = await caller.ask("POST", "/session", json=body)
    cookie = begun.headers["set-cookie"].partition(";")[0]
    refused = await caller.ask("POST", "/session", json={**body, "password": "wrong"})

    assert (await caller.ask("GET", "/api/me", headers={"Cookie": cookie})).json["id"] == "ada"
    assert refused.status == 401


async def test_a_device_waits_for_a_person(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client()

    async def poll(code: str) -> Any:
        sandbox.clock.advance(15)
        return await caller.token(grant_type=DEVICE, device_code=code)

    asked = (
        await caller.ask(
            "POST", "/device_authorization", data={"scope": "notes.read"}, headers=caller.basic()
        )
    ).json
    waiting = await poll(asked["device_code"])
    hasty = await caller.token(grant_type=DEVICE, device_code=asked["device_code"])
    page = await caller.ask("GET", asked["verification_uri_complete"])
    form = {"user_code": asked["user_code"].lower(), "person": "max", "decision": "allow"}
    done = await caller.ask("POST", "/device", data=form)
    tokens = (await poll(asked["device_code"])).json

    assert (waiting.error, hasty.error) == ("authorization_pending", "slow_down")
    assert f'value="{asked["user_code"]}"' in page.text
    assert "You are signed in" in done.text
    assert tokens["scope"] == "notes.read"
    assert (await caller.me(tokens["access_token"])).json["id"] == "max"
    assert (await poll(asked["device_code"])).error == "invalid_grant"


async def test_a_device_is_denied_or_too_late(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client()

    async def ask() -> Any:
        return (await caller.ask("POST", "/device_authorization", headers=caller.basic())).json

    denied, late = await ask(), await ask()
    await caller.ask("POST", "/device", data={"user_code": denied["user_code"], "decision": "deny"})

    refused = await caller.token(grant_type=DEVICE, device_code=denied["device_code"])
    sandbox.clock.advance(600)
    ended = await caller.token(grant_type=DEVICE, device_code=late["device_code"])

    assert (refused.error, ended.error) == ("access_denied", "expired_token")


async def test_a_client_registers_itself(client: Make) -> None:
    caller = client()
    body = {"redirect_uris": ["https://hub.example/callback"], "client_name": "Hub"}

    registered = await caller.ask("POST", "/register", json=body)
    public = await caller.ask(
        "POST", "/register", json={**body, "token_endpoint_auth_method": "none"}
    )
    refused = await caller.ask("POST", "/register", json={})

    assert registered.status == 201
    hub = Caller(
        caller.http, caller.url, registered.json["client_id"], registered.json["client_secret"]
    )
    assert (await hub.token(grant_type="client_credentials")).status == 200
    assert "client_secret" not in public.json
    assert (refused.status, refused.error) == (400, "invalid_redirect_uri")


async def test_a_client_is_described_by_the_document_at_its_id(client: Make) -> None:
    caller, url = client(), "https://hub.example/client.json"
    described = {"client_id": url, "redirect_uris": ["https://hub.example/callback"]}

    added = await caller.ask(
        "POST", "/__sandbox__/documents", json={"url": url, "document": described}
    )
    wrong = await caller.ask(
        "POST", "/__sandbox__/documents", json={"url": f"{url}2", "document": described}
    )
    hub = Caller(caller.http, caller.url, url, "")
    page = await hub.ask("GET", hub.authorize_url(redirect_uri="https://hub.example/callback"))

    assert (added.status, wrong.status, page.status) == (200, 422, 200)


def test_the_clock_of_these_tests_is_the_frozen_one() -> None:
    assert time.gmtime(NOW)[:5] == (2026, 3, 1, 9, 30)
