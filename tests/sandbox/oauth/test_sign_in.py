"""A person signs in, and the client has tokens that work."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.sandbox.oauth.client import CHALLENGE, REDIRECT, VERIFIER, Caller, came

pytestmark = pytest.mark.anyio
Make = Callable[..., Caller]


async def decide(caller: Caller, url: str, **form: str) -> str:
    """Fill in the page as a person does, and return where it leads."""
    page = await caller.ask("GET", url)
    assert page.status == 200, page.text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    sent = {name: html.unescape(value) for name, value in hidden.items()} | form
    answer = await caller.ask("POST", f"{caller.url}/authorize", data=sent)
    assert answer.status == 303, answer.text
    return answer.headers["location"]


async def test_a_person_allows_and_the_client_calls_the_api_as_them(client: Make) -> None:
    caller = client()
    url = caller.authorize_url(code_challenge=CHALLENGE, code_challenge_method="S256")

    callback = await decide(caller, url, person="kim", decision="allow")
    tokens = await caller.redeem(callback, code_verifier=VERIFIER)

    assert callback.startswith(f"{REDIRECT}?")
    assert came(callback)["state"] == "s-1"
    assert came(callback)["iss"] == caller.url
    assert tokens.json["scope"] == "notes.read people.read"
    assert tokens.json["expires_in"] == 3600
    assert (await caller.me(tokens.json["access_token"])).json["name"] == "Kim Lee"


async def test_a_person_denies_and_the_client_is_told(client: Make) -> None:
    caller = client()

    callback = await decide(caller, caller.authorize_url(), decision="deny")

    assert came(callback)["error"] == "access_denied"
    assert came(callback)["state"] == "s-1"


async def test_the_page_names_client_people_and_scopes_and_runs_no_script(client: Make) -> None:
    caller = client()

    page = await caller.ask("GET", caller.authorize_url())

    assert f"{caller.id} wants to use your account" in page.text
    assert all(name in page.text for name in ("Ada Byron", "Birch &amp; Co", "Read your notes"))
    assert "<script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "params",
    [
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "unknown"},
        {"client_id": "-"},
    ],
)
async def test_nothing_is_sent_to_an_address_that_is_not_the_clients(
    client: Make, params: dict[str, str]
) -> None:
    caller = client()

    page = await caller.ask("GET", caller.authorize_url(**params))

    assert page.status == 400
    assert "location" not in page.headers


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
    ],
)
async def test_other_mistakes_are_told_to_the_client(
    client: Make, params: dict[str, str], error: str
) -> None:
    caller = client()

    answer = await caller.ask("GET", caller.authorize_url(**params))

    assert answer.status == 303
    assert came(answer.headers["location"])["error"] == error


@pytest.mark.parametrize("verifier", [{}, {"code_verifier": "w" * 50}])
async def test_a_challenge_has_to_be_answered(
    sandbox: OAuthSandbox, client: Make, verifier: dict[str, str]
) -> None:
    caller = client()
    url = caller.authorize_url(code_challenge=CHALLENGE, code_challenge_method="S256")

    assert (await caller.redeem(sandbox.approve(url), **verifier)).error == "invalid_grant"


async def test_a_code_used_twice_ends_what_it_gave(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client()
    callback = sandbox.approve(caller.authorize_url())
    tokens = (await caller.redeem(callback)).json

    assert (await caller.redeem(callback)).error == "invalid_grant"
    assert (await caller.me(tokens["access_token"])).status == 401


async def test_a_code_is_for_its_client_address_and_time(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller, other = client(), client()
    callback = sandbox.approve(caller.authorize_url())

    assert (await other.redeem(callback)).error == "invalid_grant"
    assert (await caller.redeem(callback, redirect_uri="-")).error == "invalid_request"
    assert (await caller.redeem(callback, redirect_uri=f"{REDIRECT}2")).error == "invalid_grant"
    sandbox.clock.advance(61)
    assert (await caller.redeem(callback)).error == "invalid_grant"


async def test_an_id_token_is_signed_by_the_published_key(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller = client()
    url = caller.authorize_url(scope="openid", nonce="n-1")
    tokens = (await caller.redeem(sandbox.approve(url))).json
    keys = (await caller.ask("GET", "/jwks")).json

    claims: dict[str, Any] = jwt.decode(
        tokens["id_token"], KeySet.import_key_set(keys), algorithms=["ES256"]
    ).claims

    assert (claims["iss"], claims["aud"]) == (caller.url, caller.id)
    assert (claims["sub"], claims["nonce"]) == ("ada", "n-1")


async def test_what_is_described_is_there(client: Make) -> None:
    caller = client()

    for name in ("oauth-authorization-server", "openid-configuration"):
        described = (await caller.ask("GET", f"/.well-known/{name}")).json
        assert described["issuer"] == caller.url
        for key, url in described.items():
            if key.endswith("_endpoint"):
                assert (await caller.ask("GET", url)).status != 404, key


async def test_a_call_without_a_token_is_told_where_to_get_one(client: Make) -> None:
    caller = client()

    refused = await caller.ask("GET", "/api/me")
    (where,) = re.findall(r'resource_metadata="([^"]+)"', refused.headers["www-authenticate"])
    described = (await caller.ask("GET", where)).json

    assert refused.status == 401
    assert described["authorization_servers"] == [caller.url]
