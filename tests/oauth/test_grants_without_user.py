"""Grants that need no user: client credentials, and signed statements."""

from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from jackfield.engine.oauth.errors import ClientRefused
from jackfield.engine.steps.sign_jwt import TokenNotSigned
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.oauth.flow import Flow, flow

pytestmark = pytest.mark.anyio

BY_KEY = """
clientAuthentication: privateKeyJwt
clientAssertion: {key: $.credentials.privateKey, algorithm: ALG, headers: {kid: k-1}}
"""


def pem_of(key: Any) -> str:
    return key.as_pem(private=True).decode()


def public_of(key: Any) -> dict[str, Any]:
    return {"keys": [{**key.as_dict(private=False), "kid": "k-1"}]}


async def tokens_for(account: Flow) -> None:
    account.tokens = await account.endpoint().request_tokens()


@pytest.mark.parametrize(
    ("behaviors", "authorization", "settings"),
    [
        ((), "", {}),
        (("token.basic_only",), "clientAuthentication: basic", {}),
        (
            ("token.grant_type_renamed",),
            "tokenParams: {grant_type: openapi_2lo}",
            {"grant_types": {"client_credentials": "openapi_2lo"}},
        ),
        (
            ("token.params_required",),
            "tokenParams: {account_id: 7}\ntokenRequest: {encoding: json}",
            {},
        ),
    ],
)
async def test_client_credentials_are_exchanged_for_a_token_and_again(
    idp: OAuthSandbox, behaviors: tuple[str, ...], authorization: str, settings: dict[str, Any]
) -> None:
    method = {"grantType": "client_credentials"}
    if "token.params_required" in behaviors:
        behaviors = (*behaviors, "token.json_body")
    async with flow(
        idp, *behaviors, authorization=authorization, method=method, **settings
    ) as account:
        await tokens_for(account)
        await account.me()
        first = account.tokens.values["accessToken"]
        await account.renew()
        await account.me()

    assert account.tokens.values["accessToken"] != first
    assert "refreshToken" not in account.tokens.values


@pytest.mark.parametrize(
    ("algorithm", "more", "settings"),
    [
        ("RS256", "", {}),
        ("PS256", "", {"assertion_audience": "token_url"}),
        ("ES256", "claims: {aud: URL}", {"assertion_audience": "issuer"}),
        ("ES256", "headers: {kid: k-1, x5t#S256: $.credentials.thumbprint}", {}),
    ],
)
async def test_client_says_who_it_is_with_a_signed_statement(
    idp: OAuthSandbox, algorithm: str, more: str, settings: dict[str, Any]
) -> None:
    key = ECKey.generate_key("P-256") if algorithm == "ES256" else RSAKey.generate_key(2048)
    by_key = BY_KEY.replace("ALG", algorithm)
    by_key = by_key.replace(
        "headers: {kid: k-1}", more if "kid" in more else f"headers: {{kid: k-1}}, {more}"
    )
    behaviors = ("token.private_key_jwt", *(["token.assertion_headers"] if "x5t" in more else []))
    async with flow(
        idp, *behaviors, authorization=by_key, jwks=public_of(key), secret="", **settings
    ) as account:
        account.fields = {"privateKey": pem_of(key), "thumbprint": "thumbprint"}
        await account.sign_in()
        # Each request has a statement of its own: the sandbox takes none twice.
        await account.renew()
        who = await account.me()

    assert who


@pytest.mark.parametrize("minutes", [-10, 10])
@pytest.mark.parametrize("grant_type", ["authorization_code", "jwt_bearer"])
async def test_statement_is_dated_by_the_clock_of_the_provider(
    idp: OAuthSandbox, grant_type: str, minutes: int
) -> None:
    key = RSAKey.generate_key(2048)
    by_key = BY_KEY.replace("ALG", "RS256") + "assertion: {key: $.credentials.privateKey}"
    method = {} if grant_type == "authorization_code" else {"grantType": grant_type}
    async with flow(
        idp,
        "token.private_key_jwt",
        authorization=by_key,
        method=method,
        jwks=public_of(key),
        secret="",
    ) as account:
        account.fields["privateKey"] = pem_of(key)
        account.ahead = timedelta(minutes=minutes)
        await (account.sign_in() if method == {} else tokens_for(account))
        # The first is refused, and says what time it is there.
        first = len(idp.requests(account.client, "token"))
        await account.renew()
        await account.me()

    assert (first, len(idp.requests(account.client, "token"))) == (2, 3)


async def test_statement_of_a_clock_that_is_a_little_ahead_is_taken(idp: OAuthSandbox) -> None:
    key = RSAKey.generate_key(2048)
    async with flow(
        idp, "token.private_key_jwt", authorization=BY_KEY.replace("ALG", "RS256"),
        jwks=public_of(key), secret="",
    ) as account:  # fmt: skip
        account.fields["privateKey"] = pem_of(key)
        account.ahead = timedelta(seconds=-29)
        await account.sign_in()

    assert len(idp.requests(account.client, "token")) == 1


async def test_request_for_tokens_is_signed_as_the_connector_says(idp: OAuthSandbox) -> None:
    signing = """
clientAuthentication: none
parameterNames: {client_id: ""}
tokenRequest:
  signing:
    strategy: template
    algorithm: sha256
    key: $.credentials.clientSecret
    text: ${request.body}${signing.milliseconds}
    name: sign
    also:
      - {name: appkey, value: $.credentials.clientId}
      - {name: timestamp, value: $.signing.milliseconds}
"""
    async with flow(
        idp,
        "token.hmac_signed",
        authorization=signing + "authorizationParams: {client_id: $.credentials.clientId}",
    ) as account:
        await account.sign_in()
        await account.renew()
        assert await account.me()


async def test_statement_signed_with_another_key_is_the_setups_fault(idp: OAuthSandbox) -> None:
    key, other = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
    async with flow(
        idp,
        "token.private_key_jwt",
        authorization=BY_KEY.replace("ALG", "RS256"),
        jwks=public_of(key),
        secret="",
    ) as account:
        account.fields["privateKey"] = pem_of(other)
        with pytest.raises(ClientRefused):
            await account.sign_in()


async def test_service_account_gets_a_token_for_its_statement(idp: OAuthSandbox) -> None:
    key = RSAKey.generate_key(2048)
    assertion = """
clientAuthentication: none
assertion: {key: $.credentials.privateKey, headers: {kid: k-1}, claims: {sub: ada, scope: $.scopes}}
"""
    method = {"grantType": "jwt_bearer"}
    async with flow(
        idp, authorization=assertion, method=method, jwks=public_of(key), secret=""
    ) as account:
        account.fields["privateKey"] = pem_of(key)
        await tokens_for(account)
        first = account.tokens.values["accessToken"]
        await account.me()
        await account.renew()
        await account.me()

    assert account.tokens.values["accessToken"] != first


async def test_times_of_a_statement_are_written_as_those_of_a_signed_token(
    idp: OAuthSandbox,
) -> None:
    key = RSAKey.generate_key(2048)
    assertion = """
clientAuthentication: none
assertion: {key: $.credentials.privateKey, headers: {kid: k-1}, claims: {exp: now+3m, nbf: ""}}
"""
    method = {"grantType": "jwt_bearer"}
    async with flow(
        idp,
        "token.assertion_brief",
        authorization=assertion,
        method=method,
        jwks=public_of(key),
        secret="",
    ) as account:
        account.fields["privateKey"] = pem_of(key)
        await tokens_for(account)
        expires_at = account.tokens.expires_at

    assert expires_at == idp.clock() + timedelta(minutes=3)


async def test_private_key_that_signs_nothing_is_blamed(idp: OAuthSandbox) -> None:
    method = {"grantType": "jwt_bearer"}
    authorization = "assertion: {key: $.credentials.privateKey}"
    async with flow(idp, authorization=authorization, method=method) as account:
        account.fields = {"privateKey": "no key at all"}
        with pytest.raises(TokenNotSigned) as refused:
            await tokens_for(account)

    assert [each.path for each in refused.value.faults] == ["privateKey"]
