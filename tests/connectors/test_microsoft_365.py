"""Signing in at Microsoft: the addresses of each cloud, the scopes of each directory, and refusals."""

import base64
import json
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from joserfc.jwk import RSAKey

from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.connectors.loading.discovery import own_folder
from jackfield.connectors.loading.loader import load
from jackfield.engine.oauth.sign_in import SignInAnswer, new_request, sign_in_url
from jackfield.engine.oauth.token_endpoint import TokenEndpoint
from jackfield.engine.ports import Response
from jackfield.kit.errors import ProviderError
from jackfield.testing.calls import make_run_context
from jackfield.testing.provider import ScriptedTransport, answer
from jackfield.vault.signing import KeySigner

pytestmark = pytest.mark.anyio

GUID = "00001111-aaaa-2222-bbbb-3333cccc4444"
TENANT = "2432b57b-0abd-43db-aa7b-16eadd115d34"
APP = {
    "cloud": "graph.microsoft.com",
    "tenant": "organizations",
    "clientId": GUID,
    "clientSecret": "abc8Q~a/b+c=d",
}
CLOUDS = [
    ("graph.microsoft.com", "login.microsoftonline.com"),
    ("graph.microsoft.us", "login.microsoftonline.us"),
    ("dod-graph.microsoft.us", "login.microsoftonline.us"),
    ("microsoftgraph.chinacloudapi.cn", "login.chinacloudapi.cn"),
]
TOKENS = {"token_type": "Bearer", "expires_in": 3599, "access_token": "token-1"}


@pytest.fixture(scope="module")
def connector() -> Connector:
    return load(own_folder() / "microsoft_365" / "microsoft_365.connector.s1.yaml")


class SignIn:
    """One auth method of the connector, with a scripted token endpoint."""

    def __init__(
        self, connector: Connector, key: str, values: Mapping[str, str], *answers: Response
    ) -> None:
        method = connector.find_auth_method(key)
        assert method is not None
        assert method.oauth is not None
        self.method: AuthMethod = method
        self.values = {**APP, **values}
        self.transport = ScriptedTransport(answers)
        call = make_run_context(self.transport, self.values, auth_method=key, signer=KeySigner())
        allows = partial(connector.compiled.allows, credentials=self.values)
        self.endpoint = TokenEndpoint(method.oauth, call, "https://hub.example.com", allows)

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.endpoint.settings.wanted_scopes(self.endpoint.scope)

    @property
    def sent(self) -> dict[str, str]:
        body = self.transport.requests[-1].body
        assert body is not None
        return dict(parse_qsl(body.decode()))

    def url(self) -> str:
        endpoint = self.endpoint
        request = new_request(
            endpoint.settings,
            endpoint.scope,
            redirect_uri="https://hub.example.com/connect/oauth2/microsoft_365/callback",
            scopes=self.scopes,
            state="state-1",
        )
        return sign_in_url(endpoint.settings, endpoint.scope, request)


def refusal(code: int, error: str, status: int = 400) -> Response:
    body: Any = {
        "error": error,
        "error_description": f"AADSTS{code}: Something went wrong. Trace ID: t-1",
        "error_codes": [code],
        "trace_id": "t-1",
    }
    return answer(status=status, json=body)


@pytest.mark.parametrize(("cloud", "login"), CLOUDS)
async def test_each_cloud_is_signed_in_to_where_it_is(
    connector: Connector, cloud: str, login: str
) -> None:
    account = SignIn(
        connector,
        "oauth2",
        {"cloud": cloud, "tenant": TENANT, "refreshToken": "refresh-1"},
        answer(json=TOKENS),
    )

    address = urlsplit(account.url())
    await account.endpoint.request_renewal()

    query = parse_qs(address.query)
    assert (address.netloc, address.path) == (login, f"/{TENANT}/oauth2/v2.0/authorize")
    assert query["code_challenge_method"] == ["S256"]
    assert query["prompt"] == ["select_account"]
    assert account.transport.requests[0].url == f"https://{login}/{TENANT}/oauth2/v2.0/token"
    assert account.sent["client_secret"] == APP["clientSecret"]


@pytest.mark.parametrize("tenant", ["common", "consumers"])
async def test_personal_accounts_are_asked_for_nothing_that_they_do_not_have(
    connector: Connector, tenant: str
) -> None:
    asked = SignIn(connector, "oauth2", {"tenant": tenant, "channel_messages": "yes"}).scopes

    assert {"offline_access", "User.Read", "Mail.ReadWrite", "Files.Read.All"} <= {*asked}
    assert not [scope for scope in asked if scope.startswith(("Team", "Channel", "Chat", "Sites"))]
    assert "User.ReadBasic.All" not in asked


async def test_what_an_admin_has_to_agree_to_is_asked_for_only_if_wanted(
    connector: Connector,
) -> None:
    usual = SignIn(connector, "oauth2", {}).scopes
    wanted = SignIn(connector, "oauth2", {"channel_messages": "yes"}).scopes

    assert {*wanted} - {*usual} == {"ChannelMessage.Read.All"}
    assert "Team.ReadBasic.All" in usual


async def test_every_scope_of_an_action_can_be_asked_for(connector: Connector) -> None:
    asked = SignIn(connector, "oauth2", {"channel_messages": "yes"}).scopes

    needed = {scope for action in connector.actions for scope in action.required_scopes}

    assert needed <= {*asked}


async def test_whose_account_it_is_can_be_asked_whatever_the_actions_are(
    connector: Connector,
) -> None:
    account = SignIn(connector, "oauth2", {})
    me = connector.find_action("microsoft_365_get_me")

    assert me is not None
    assert {*me.required_scopes} <= {*account.method.required_scopes}


async def test_tokens_are_renewed_for_what_was_granted(connector: Connector) -> None:
    first = {**TOKENS, "refresh_token": "refresh-1", "scope": "Mail.Read User.Read openid"}
    account = SignIn(connector, "oauth2", {}, answer(json=first))
    request = new_request(
        account.endpoint.settings,
        account.endpoint.scope,
        redirect_uri="https://hub.example.com/callback",
        scopes=account.scopes,
        state="state-1",
    )
    back = SignInAnswer("state-1", "code-1", "", "", "", {})
    tokens = await account.endpoint.exchange_code(request, back)
    again = SignIn(connector, "oauth2", tokens.values, answer(json={**first, "refresh_token": "2"}))

    renewed = await again.endpoint.request_renewal()

    assert tokens.scopes == ("Mail.Read", "User.Read", "openid", "offline_access")
    assert again.sent["scope"] == "Mail.Read User.Read openid offline_access"
    assert again.sent["refresh_token"] == "refresh-1"
    assert renewed.values["refreshToken"] == "2"


@pytest.mark.parametrize(
    ("scope", "known"),
    [
        ("Mail.Read", ("Mail.Read",)),
        ("https://graph.microsoft.com/Mail.Read", None),
        (None, None),
    ],
)
async def test_granted_scopes_are_compared_only_if_they_are_written_as_they_were_asked_for(
    connector: Connector, scope: str | None, known: tuple[str, ...] | None
) -> None:
    told = {**TOKENS, "scope": scope} if scope else TOKENS
    account = SignIn(connector, "oauth2", {"refreshToken": "refresh-1"}, answer(json=told))

    tokens = await account.endpoint.request_renewal()

    assert tokens.scopes == known


@pytest.mark.parametrize(("cloud", "login"), CLOUDS)
async def test_an_app_of_ones_own_asks_for_all_that_was_agreed_to_in_its_cloud(
    connector: Connector, cloud: str, login: str
) -> None:
    values = {"cloud": cloud, "tenant": "acme.example"}
    account = SignIn(connector, "client_credentials", values, answer(json=TOKENS))

    await account.endpoint.request_tokens()

    assert account.transport.requests[0].url == f"https://{login}/acme.example/oauth2/v2.0/token"
    assert account.sent == {
        "grant_type": "client_credentials",
        "client_id": GUID,
        "client_secret": APP["clientSecret"],
        "scope": f"https://{cloud}/.default",
    }


async def test_an_app_with_a_certificate_signs_who_it_is(connector: Connector) -> None:
    key = RSAKey.generate_key(2048)
    values = {
        "tenant": TENANT,
        "clientSecret": "",
        "private_key": key.as_pem(private=True).decode(),
        "thumbprint": "A1B2C3D4E5F6a1b2c3d4e5f6A1B2C3D4E5F6a1b2c3d",
    }
    account = SignIn(connector, "certificate", values, answer(json=TOKENS))

    await account.endpoint.request_tokens()

    header, claims = (
        json.loads(base64.urlsafe_b64decode(part + "=="))
        for part in account.sent["client_assertion"].split(".")[:2]
    )
    assert header["alg"] == "PS256"
    assert header["x5t#S256"] == values["thumbprint"]
    assert claims["iss"] == claims["sub"] == GUID
    assert claims["aud"] == f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
    assert claims["exp"] - claims["nbf"] <= 600
    assert "client_secret" not in account.sent


REFUSED = "oauth_client_refused"
ENDED = "grant_refused"
LATER = "provider_unavailable"


@pytest.mark.parametrize(
    ("number", "error", "code", "words"),
    [
        (7000215, "invalid_client", REFUSED, "Secret ID"),
        (7000222, "invalid_client", REFUSED, "expired"),
        (7000218, "invalid_client", REFUSED, "missing"),
        (700025, "invalid_client", REFUSED, "public client"),
        (700016, "unauthorized_client", REFUSED, "client ID"),
        (90002, "invalid_request", REFUSED, "no such directory"),
        (900382, "invalid_request", REFUSED, "another cloud"),
        (900432, "invalid_request", REFUSED, "another cloud"),
        (90038, "invalid_request", REFUSED, "another cloud"),
        (500011, "invalid_resource", REFUSED, "another one"),
        (50194, "invalid_request", REFUSED, "directory's ID"),
        (9002332, "invalid_request", REFUSED, "organizations"),
        (90130, "invalid_request", REFUSED, "organizations"),
        (9001023, "invalid_request", REFUSED, "organizations"),
        (7000112, "unauthorized_client", REFUSED, "switched off"),
        (70001, "unauthorized_client", REFUSED, "switched off"),
        (70011, "invalid_scope", REFUSED, "scope"),
        (28002, "invalid_scope", REFUSED, "scope"),
        (700022, "invalid_scope", REFUSED, "scope"),
        (65001, "invalid_grant", ENDED, "agree"),
        (65004, "access_denied", ENDED, "not agreed"),
        (90094, "invalid_grant", ENDED, "admin"),
        (90095, "invalid_grant", ENDED, "admin"),
        (50105, "invalid_grant", ENDED, "assigned"),
        (50076, "interaction_required", ENDED, "prove once more"),
        (50079, "invalid_grant", ENDED, "prove once more"),
        (50158, "interaction_required", ENDED, "prove once more"),
        (53003, "interaction_required", ENDED, "policy"),
        (53000, "interaction_required", ENDED, "policy"),
        (50173, "invalid_grant", ENDED, "revoked"),
        (700082, "invalid_grant", ENDED, "too long"),
        (70008, "invalid_grant", ENDED, "too long"),
        (70043, "invalid_grant", ENDED, "too long"),
        (700084, "invalid_grant", ENDED, "as Web"),
        (54005, "invalid_grant", ENDED, "already"),
        (501481, "invalid_grant", ENDED, "elsewhere"),
        (700005, "invalid_grant", ENDED, "another directory"),
        (90055, "temporarily_unavailable", LATER, "no more"),
        (50196, "invalid_grant", LATER, "no more"),
        (999999, "invalid_grant", ENDED, "Something went wrong"),
        (999999, "invalid_client", REFUSED, "Something went wrong"),
    ],
)
async def test_refusals_of_the_token_endpoint_say_what_mends_them(
    connector: Connector, number: int, error: str, code: str, words: str
) -> None:
    values = {"refreshToken": "refresh-1"}
    account = SignIn(connector, "oauth2", values, refusal(number, error))

    with pytest.raises(ProviderError) as caught:
        await account.endpoint.request_renewal()

    assert caught.value.code == code
    assert words in caught.value.detail


@pytest.mark.parametrize(
    ("key", "number", "error", "cause", "step"),
    [
        ("client_credentials", 7000215, "invalid_client", "key_revoked", "Create a client secret"),
        ("client_credentials", 7000222, "invalid_client", "expired", "Create a client secret"),
        ("client_credentials", 700016, "unauthorized_client", "key_revoked", "Copy the app's ID"),
        ("client_credentials", 7000112, "unauthorized_client", "key_disabled", None),
        ("client_credentials", 90002, "invalid_request", "wrong_region", "Copy the directory's ID"),
        ("client_credentials", 90038, "invalid_request", "wrong_region", "Copy the directory's ID"),
        ("certificate", 700027, "invalid_client", "key_revoked", "Upload the certificate"),
        ("certificate", 700016, "unauthorized_client", "key_revoked", "Copy the app's ID"),
        ("certificate", 90002, "invalid_request", "wrong_region", "Copy the directory's ID"),
    ],
)
async def test_refusals_of_an_app_of_ones_own_lead_to_the_step_that_mends_them(
    connector: Connector, key: str, number: int, error: str, cause: str, step: str | None
) -> None:
    pem = RSAKey.generate_key(2048).as_pem(private=True).decode()
    values = {"tenant": TENANT, "private_key": pem, "thumbprint": "A" * 43}
    account = SignIn(connector, key, values, refusal(number, error, 401))

    with pytest.raises(ProviderError) as caught:
        await account.endpoint.request_tokens()

    known = account.method.find_known(caught.value, account.values)
    assert known is not None
    assert (known.cause, known.step) == (cause, step)


async def test_links_of_the_guide_lead_to_the_console_of_the_cloud(connector: Connector) -> None:
    method = connector.find_auth_method("client_credentials")
    assert method is not None

    worldwide = str(method.link_guide(values={"cloud": "graph.microsoft.com"}))
    china = str(method.link_guide(values={"cloud": "microsoftgraph.chinacloudapi.cn"}))

    assert "https://entra.microsoft.com" in worldwide
    assert "https://portal.azure.cn" in china
    assert "https://entra.microsoft.com" not in china


async def test_apps_of_ones_own_are_told_apart_by_directory_user_and_cloud(
    connector: Connector,
) -> None:
    method = connector.find_auth_method("client_credentials")
    assert method is not None
    assert method.identity is not None
    read = method.identity.read
    organization = {"id": TENANT, "displayName": "Acme"}

    by_name = read({**APP, "tenant": "acme.example", "user": "Ann@acme.example"}, organization)
    by_id = read({**APP, "tenant": TENANT, "user": "ann@acme.example"}, organization)
    others = [
        read({**APP, "tenant": TENANT}, organization),
        read({**APP, "tenant": TENANT, "user": "bob@acme.example"}, organization),
        read({**APP, "cloud": "graph.microsoft.us", "user": "ann@acme.example"}, organization),
    ]

    assert by_name == by_id == {f"graph.microsoft.com/{TENANT}/ann@acme.example"}
    assert not any(by_id & other for other in others)
