"""Sign-in by OAuth 1.0a: three requests that are signed, and then every call."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from jackfield.connectors.loading.validation import validate
from jackfield.engine.oauth.errors import ClientRefused, TokenRefused
from jackfield.engine.oauth.oauth1 import oauth2_callback
from jackfield.engine.oauth.sign_in import CallbackRefused, SignInAnswer, SignInRequest
from jackfield.engine.oauth.token_endpoint import can_renew
from jackfield.kit.errors import (
    EgressBlocked,
    HubError,
    ProviderRateLimited,
    ProviderUnavailable,
    UnreadableAnswer,
)
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.oauth.flow import CALLBACK, Flow, connector_of, flow

pytestmark = pytest.mark.anyio


def method(url: str, **changed: Any) -> dict[str, Any]:
    return {
        "type": "oauth1",
        "authorization": {
            "type": "none",
            "signing": {
                "strategy": "oauth1",
                "consumerKey": "$.credentials.clientId",
                "consumerSecret": "$.credentials.clientSecret",
                "token": "$.credentials.accessToken",
                "tokenSecret": "$.credentials.accessTokenSecret",
                **changed.pop("signing", {}),
            },
            "signIn": {
                "requestTokenUrl": f"{url}/oauth1/request_token?scope=notes",
                "authorizationUrl": f"{url}/oauth1/authorize",
                "authorizationParams": {"expiration": "never"},
                "accessTokenUrl": f"{url}/oauth1/access_token",
                **changed,
            },
        },
    }


def signing_in(idp: OAuthSandbox, **changed: Any) -> AbstractAsyncContextManager[Flow]:
    return flow(idp, method=method(idp.url, **changed))


async def test_account_is_linked_with_a_token_that_signs_its_calls(idp: OAuthSandbox) -> None:
    async with signing_in(idp) as account:
        tokens = await account.sign_in()
        who = await account.me()

    assert "&expiration=never&oauth_token=oauth1-" in account.url
    assert isinstance(who, dict)
    assert who["id"] == "ada"
    assert tokens.values.keys() == {"accessToken", "accessTokenSecret"}
    assert tokens.values["accessToken"] != account.callback["oauth_token"]
    assert tokens.expires_at is None
    assert not can_renew(account.settings, tokens.values)


async def test_token_can_be_replaced_by_signing_in_again(idp: OAuthSandbox) -> None:
    async with signing_in(idp) as account:
        first = await account.sign_in()
        second = await account.sign_in()
        await account.me()

    assert first.values["accessToken"] != second.values["accessToken"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 200, "body": "oauth_token=a&oauth_token_secret=b"}, UnreadableAnswer),
        (
            {
                "status": 200,
                "body": "oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=false",
            },
            UnreadableAnswer,
        ),
        ({"status": 200, "body": "oauth_token=a&oauth_callback_confirmed=true"}, TokenRefused),
        ({"status": 401, "body": "oauth_problem=consumer_key_unknown"}, ClientRefused),
        ({"status": 401, "body": '{"error": "signature_invalid"}'}, ClientRefused),
        ({"status": 401, "body": "Failed to validate the signature"}, ClientRefused),
        ({"status": 403, "body": "Go away"}, UnreadableAnswer),
        ({"status": 429}, ProviderRateLimited),
        ({"status": 503, "body": "<html>Down</html>"}, ProviderUnavailable),
    ],
)
async def test_sign_in_does_not_begin_where_the_provider_gives_no_good_token(
    idp: OAuthSandbox, fault: dict[str, Any], kind: type[HubError]
) -> None:
    async with signing_in(idp) as account:
        idp.add_fault(account.client, client_id="*", **fault)

        with pytest.raises(HubError) as failed:
            await account.sign_in()

    assert type(failed.value) is kind
    assert account.url == ""


async def test_wrong_consumer_secret_is_blamed_on_the_app(idp: OAuthSandbox) -> None:
    async with signing_in(idp, signing={"consumerSecret": "wrong"}) as account:
        with pytest.raises(ClientRefused, match="signature_invalid"):
            await account.sign_in()


@pytest.mark.parametrize(
    ("callback", "kind"),
    [
        ({"oauth_token": "oauth1-of-another-sign-in"}, CallbackRefused),
        ({"oauth_verifier": "wrong"}, TokenRefused),
    ],
)
async def test_answer_has_to_be_of_this_sign_in(
    idp: OAuthSandbox, callback: dict[str, str], kind: type[HubError]
) -> None:
    async with signing_in(idp) as account:
        with pytest.raises(kind):
            await account.sign_in(**callback)


async def test_token_without_its_secret_is_none(idp: OAuthSandbox) -> None:
    async with signing_in(idp) as account:
        idp.add_fault(account.client, client_id="*", status=200, body="oauth_token=a")
        endpoint = account.endpoint({"accessToken": "temporary", "accessTokenSecret": "temporary"})
        request = SignInRequest(CALLBACK, (), "state", "", "")

        with pytest.raises(TokenRefused):
            await endpoint.exchange_code(request, SignInAnswer("", "code", "", "", "", {}))


@pytest.mark.parametrize("name", ["requestTokenUrl", "accessTokenUrl"])
async def test_nothing_is_sent_to_a_host_that_is_not_declared(idp: OAuthSandbox, name: str) -> None:
    host = "https://${credentials.nowhere}/token"
    async with signing_in(idp, **{name: host}) as account:
        with pytest.raises(EgressBlocked):
            await account.sign_in()


@pytest.mark.parametrize(
    ("parameters", "error", "code"),
    [
        ({"oauth_token": "t", "oauth_verifier": "v"}, "", "v"),
        ({"denied": "t"}, "access_denied", ""),
        ({"oauth_token": "t", "oauth_problem": "user_refused"}, "access_denied", ""),
        ({"oauth_token": "t", "oauth_problem": "token_expired"}, "token_expired", ""),
        ({"oauth_verifier": "v"}, "", ""),
    ],
)
def test_callback_is_read_as_one_of_oauth_2(
    parameters: dict[str, str], error: str, code: str
) -> None:
    came = oauth2_callback({**parameters, "state": "s"})

    assert (came["state"], came["error"], came["code"]) == ("s", error, code)


def test_secret_of_the_token_is_a_known_credential() -> None:
    document = dict(
        connector_of("", "https://x.example", **method("https://x.example")).compilation.document
    )

    assert not [each for each in validate(document) if "accessTokenSecret" in each.message]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"type": "oauth2"}, "for methods of type 'oauth1'"),
        ({"authorization": {"type": "none"}}, "needs 'signIn'"),
        (
            {"authorization": method("https://x.example", signing={"token": "t"})["authorization"]},
            "needs 'signIn', and 'signing'",
        ),
    ],
)
def test_half_a_sign_in_is_refused(changed: dict[str, Any], said: str) -> None:
    document = dict(connector_of("", "https://x.example").compilation.document)
    document["authentication"] = [
        {"oauth1": {"label": "OAuth 1.0a", **method("https://x.example"), **changed}}
    ]

    problems = [each.message for each in validate(document)]

    assert any(said in each for each in problems), problems
