"""Sign-ins and renewals that fail: by whose fault, and what is said of it."""

import json

import pytest

from jackfield.engine.errors import InvalidStep
from jackfield.engine.oauth.errors import ClientRefused, GrantRefused, TokenRefused
from jackfield.engine.oauth.sign_in import CallbackRefused
from jackfield.kit.errors import (
    EgressBlocked,
    HubError,
    ProviderError,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
    UnreadableAnswer,
)
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.oauth.flow import flow

pytestmark = pytest.mark.anyio

DETAILED = "tokenResponse: {errorDetail: 'error_codes[0]'}\ntokenRefusals:\n"


GIVES_NONE: list[tuple[int, str, type[HubError]]] = [
    (400, '{"error": "invalid_grant"}', GrantRefused),
    (200, "error=invalid_grant&access_token=x", GrantRefused),
    (200, '{"error": {"code": "invalid_grant"}}', GrantRefused),
    (401, '{"error": "invalid_client"}', ClientRefused),
    (400, '{"error": "unauthorized_client"}', ClientRefused),
    (401, '{"message": "no"}', ClientRefused),
    (400, '{"error": "invalid_scope"}', TokenRefused),
    (400, '{"errors": ["odd"]}', TokenRefused),
    (200, '{"error": "bad_verification_code"}', TokenRefused),
    (200, '{"error": true, "access_token": "x"}', TokenRefused),
    (200, '{"error": ["denied"], "access_token": "x"}', TokenRefused),
    (400, '{"error": "temporarily_unavailable"}', ProviderUnavailable),
    (500, "", ProviderUnavailable),
    (502, "[]", ProviderUnavailable),
    (503, "<html>Down for maintenance</html>", ProviderUnavailable),
    (429, "{}", ProviderRateLimited),
    (400, "<html>Blocked</html>", UnreadableAnswer),
    (200, "<html>a=b</html>", UnreadableAnswer),
    (204, "", UnreadableAnswer),
    (200, "null", UnreadableAnswer),
    (200, "5", UnreadableAnswer),
    (200, '"x"', UnreadableAnswer),
    (200, "x", UnreadableAnswer),
    (200, "=&=", UnreadableAnswer),
    (200, "access_token=", UnreadableAnswer),
    (200, "access_token=x\nexpires_in=5", UnreadableAnswer),
    (200, "{}", UnreadableAnswer),
    (200, "[]", UnreadableAnswer),
    (200, '[{"access_token": "x"}]', UnreadableAnswer),
    (200, '{"access_token": ""}', UnreadableAnswer),
    (200, '{"access_token": "  "}', UnreadableAnswer),
    (200, '{"access_token": null}', UnreadableAnswer),
    (200, '{"access_token": true}', UnreadableAnswer),
    (200, '{"access_token": ["x"]}', UnreadableAnswer),
    (200, '{"access_token": {"a": "b"}}', UnreadableAnswer),
    (200, '{"access_token": "x\\r\\nHost: evil"}', UnreadableAnswer),
    (200, '{"access_token": "x\\u0000"}', UnreadableAnswer),
    (200, '{"access_token": "\\ud800"}', UnreadableAnswer),
    (200, '{"access_token": NaN}', UnreadableAnswer),
    (200, '{"data": {"access_token": "x"}}', UnreadableAnswer),
    (200, '{"access_token": "x"', UnreadableAnswer),
    (200, '{"access_token": "x"} {}', UnreadableAnswer),
    (200, "{'access_token': 'x'}", UnreadableAnswer),
    (200, 'callback({"access_token": "x"})', UnreadableAnswer),
    (200, "[" * 50_000, UnreadableAnswer),
]


@pytest.mark.parametrize(("status", "body", "kind"), GIVES_NONE, ids=range(len(GIVES_NONE)))
async def test_answer_without_a_token_says_by_whose_fault(
    idp: OAuthSandbox, status: int, body: str, kind: type[HubError]
) -> None:
    async with flow(idp) as account:
        idp.add_fault(account.client, endpoint="token", status=status, body=body)
        with pytest.raises(kind) as refused:
            await account.sign_in()

    assert refused.type is kind


# What comes beside a token is odd: the token is good.
GIVES_ONE = {
    '{"access_token": "x", "expires_in": 1' + "0" * 400 + "}": {"accessToken": "x"},
    '{"access_token": "x", "expires_in": []}': {"accessToken": "x"},
    '{"access_token": "x", "scope": 5, "token_type": {}}': {"accessToken": "x"},
    '{"access_token": "x", "refresh_token": ["r"]}': {"accessToken": "x"},
    '{"access_token": "x", "error": "", "error_description": null}': {"accessToken": "x"},
    '{"access_token": "x", "error": 0}': {"accessToken": "x"},
    '{"access_token": " x ", "refresh_token": 7}': {"accessToken": "x", "refreshToken": "7"},
    '\ufeff{"access_token": "x"}': {"accessToken": "x"},
    "access_token=x&expires_in=never": {"accessToken": "x"},
}


@pytest.mark.parametrize(("body", "values"), GIVES_ONE.items(), ids=range(len(GIVES_ONE)))
async def test_token_beside_odd_members_is_taken(
    idp: OAuthSandbox, body: str, values: dict[str, str]
) -> None:
    async with flow(idp) as account:
        idp.add_fault(account.client, endpoint="token", status=200, body=body)
        tokens = await account.sign_in()

    assert (tokens.values, tokens.expires_at) == (values, None)


@pytest.mark.parametrize(
    ("status", "body", "authorization", "kind"),
    [
        (
            200,
            '{"error": "bad_verification_code"}',
            "tokenRefusals: [{code: bad_verification_code, means: grant}]",
            GrantRefused,
        ),
        (
            200,
            '{"ok": false, "access_token": "x"}',
            "tokenResponse: {success: '{{ok == true}}'}",
            TokenRefused,
        ),
        (
            200,
            '{"result": "0001", "access_token": "x"}',
            "tokenResponse: {success: \"{{result == '0000'}}\", error: result}",
            TokenRefused,
        ),
        (
            400,
            '{"error": "invalid_grant", "error_codes": [7000218]}',
            DETAILED + "- {code: 7000218, means: client}",
            ClientRefused,
        ),
        (
            400,
            '{"error": "invalid_grant", "error_codes": [50173]}',
            DETAILED + "- {code: 50173, means: grant, message: Access was withdrawn}",
            GrantRefused,
        ),
        (
            400,
            '{"error": "interaction_required", "error_codes": [50076]}',
            DETAILED + "- {code: 50076, means: grant, message: A second factor is asked for}",
            GrantRefused,
        ),
    ],
)
async def test_connector_says_what_the_codes_of_its_provider_mean(
    idp: OAuthSandbox, status: int, body: str, authorization: str, kind: type[HubError]
) -> None:
    async with flow(idp, authorization=authorization) as account:
        idp.add_fault(account.client, endpoint="token", status=status, body=body)
        with pytest.raises(kind) as refused:
            await account.sign_in()

    assert refused.type is kind
    assert authorization.partition("message: ")[2].rstrip("}") in refused.value.detail


async def test_wait_that_the_provider_asks_for_is_known(idp: OAuthSandbox) -> None:
    async with flow(idp) as account:
        idp.add_fault(account.client, endpoint="token", status=429, headers={"retry-after": "7"})
        with pytest.raises(ProviderRateLimited) as refused:
            await account.sign_in()

    assert refused.value.retry_after == 7


@pytest.mark.parametrize("kind", ["reset", "lost"])
async def test_lost_connection_is_transient(idp: OAuthSandbox, kind: str) -> None:
    async with flow(idp) as account:
        idp.add_fault(account.client, endpoint="token", kind=kind)
        with pytest.raises((ProviderUnavailable, ProviderTimeout)):
            await account.sign_in()


async def test_error_says_nothing_of_what_was_sent(idp: OAuthSandbox) -> None:
    async with flow(idp, "reply.error_echo") as account:
        idp.add_fault(account.client, endpoint="token", error="invalid_grant", echo=True)
        with pytest.raises(ProviderError) as refused:
            await account.sign_in()

    shown = f"{refused.value.detail} {refused.value.answer}"
    assert account.client.secret not in shown
    assert account.callback["code"] not in shown


@pytest.mark.parametrize("field", ["error", "error_description"])
async def test_long_words_of_the_provider_are_not_cut_within_a_secret(
    idp: OAuthSandbox, field: str
) -> None:
    async with flow(idp) as account:
        said = {"error": "invalid_request", field: f"{'word ' * 58}{account.client.secret}"}
        body = json.dumps(said)
        idp.add_fault(account.client, endpoint="token", status=400, body=body)
        with pytest.raises(ProviderError) as refused:
            await account.sign_in()

    shown = f"{refused.value.detail} {refused.value.answer}"
    assert "word word" in shown
    assert account.client.secret[:6] not in shown
    assert len(refused.value.detail) < 400


async def test_answer_of_another_server_is_refused(idp: OAuthSandbox) -> None:
    async with flow(idp, "callback.iss_wrong", authorization="issuer: URL") as account:
        with pytest.raises(CallbackRefused):
            await account.sign_in()

    assert not idp.requests(account.client, endpoint="token")


async def test_missing_issuer_is_refused_where_the_connector_needs_one(idp: OAuthSandbox) -> None:
    needs = "issuer: URL\ncallback: {needsIssuer: true}"
    async with flow(idp, "callback.iss_missing", authorization=needs) as account:
        with pytest.raises(CallbackRefused):
            await account.sign_in()


TOLD = "callbackParams: {accounts-server: server}\ntokenUrl: '${credentials.server}/token'"
SUFFIX = "callbackParams: {tenant: tenant}\ntokenUrl: 'https://${credentials.tenant}.rowan.example/token'"


@pytest.mark.parametrize(
    ("authorization", "told"),
    [
        (TOLD, {"accounts-server": "https://evil.example"}),
        (SUFFIX, {"tenant": "evil.example/#"}),
        (SUFFIX, {"tenant": "a@evil.example"}),
        (SUFFIX, {"tenant": "evil.example:443/"}),
        (SUFFIX, {"tenant": "acme.evil.example/x?"}),
        (SUFFIX, {"tenant": "127.0.0.1/"}),
        (SUFFIX, {"tenant": "[::1]/"}),
        (SUFFIX, {"tenant": ".."}),
        (SUFFIX, {"tenant": "acme\\.evil.example"}),
    ],
)
async def test_code_is_not_sent_to_a_host_that_only_the_callback_names(
    idp: OAuthSandbox, authorization: str, told: dict[str, str]
) -> None:
    async with flow(idp, authorization=authorization) as account:
        with pytest.raises(EgressBlocked):
            await account.sign_in(**told)


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ("${credentials.apiDomain}", "https://evil.example"),
        ("${credentials.apiDomain}", "https://127.0.0.1:1"),
        ("https://${credentials.apiDomain}.rowan.example", "evil.example/#"),
        ("https://${credentials.apiDomain}.rowan.example", "a@evil.example"),
        ("https://${credentials.apiDomain}.rowan.example", ".."),
    ],
)
async def test_token_is_not_sent_to_a_host_that_only_its_answer_names(
    idp: OAuthSandbox, base: str, told: str
) -> None:
    kept = "additionalTokenFields: {apiDomain: $.api_domain}"
    async with flow(idp, "reply.api_host", authorization=kept, base=base, api_host=told) as account:
        await account.sign_in()
        with pytest.raises((EgressBlocked, InvalidStep)) as refused:
            await account.me()

    assert "evil" not in refused.value.detail


@pytest.mark.parametrize("value", ["4620x", "1" * 30, "../7", "<b>"])
async def test_value_of_the_callback_has_the_form_that_the_connector_expects(
    idp: OAuthSandbox, value: str
) -> None:
    kept = "callbackParams: {realmId: realmId}\ncallback: {patterns: {realmId: '[0-9]{1,20}'}}"
    async with flow(idp, authorization=kept) as account:
        with pytest.raises(CallbackRefused) as refused:
            await account.sign_in(realmId=value)

    assert value not in refused.value.detail


async def test_token_of_another_type_is_refused_where_the_connector_names_types(
    idp: OAuthSandbox,
) -> None:
    only = "tokenResponse: {acceptTokenTypes: [Bearer]}"
    async with flow(idp, "reply.token_type", authorization=only) as account:
        with pytest.raises(UnreadableAnswer):
            await account.sign_in()
