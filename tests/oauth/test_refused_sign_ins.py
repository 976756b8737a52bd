"""Sign-ins and renewals that fail: by whose fault, and what is said of it."""

from typing import Any

import pytest

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


@pytest.mark.parametrize(
    ("fault", "authorization", "kind"),
    [
        ({"error": "invalid_grant", "status": 400}, "", GrantRefused),
        ({"error": "invalid_client", "status": 401}, "", ClientRefused),
        ({"error": "unauthorized_client", "status": 400}, "", ClientRefused),
        ({"error": "invalid_scope", "status": 400}, "", TokenRefused),
        ({"error": "temporarily_unavailable", "status": 400}, "", ProviderUnavailable),
        ({"status": 429, "headers": {"retry-after": "7"}}, "", ProviderRateLimited),
        ({"status": 500}, "", ProviderUnavailable),
        ({"status": 503, "body": "<html>Down for maintenance</html>"}, "", ProviderUnavailable),
        ({"status": 400, "body": "<html>Blocked</html>"}, "", UnreadableAnswer),
        ({"status": 200, "body": "<html>Sign in</html>"}, "", UnreadableAnswer),
        ({"status": 200, "body": "{}"}, "", UnreadableAnswer),
        ({"status": 200, "body": "[]"}, "", UnreadableAnswer),
        ({"status": 200, "body": '{"access_token": ""}'}, "", UnreadableAnswer),
        ({"status": 200, "body": '{"access_token": null}'}, "", UnreadableAnswer),
        ({"status": 200, "body": '{"access_token": {"a": "b"}}'}, "", UnreadableAnswer),
        ({"status": 200, "body": '{"data": {"access_token": "x"}}'}, "", UnreadableAnswer),
        ({"status": 200, "body": '{"access_token": "x"'}, "", UnreadableAnswer),
        ({"status": 200, "body": ""}, "", UnreadableAnswer),
        ({"status": 200, "body": '{"error": "bad_verification_code"}'}, "", TokenRefused),
        (
            {"status": 200, "body": '{"error": "bad_verification_code"}'},
            "tokenRefusals: [{code: bad_verification_code, means: grant}]",
            GrantRefused,
        ),
        (
            {"status": 200, "body": '{"ok": false, "access_token": "x"}'},
            "tokenResponse: {success: '{{ok == true}}'}",
            TokenRefused,
        ),
        (
            {"status": 400, "body": '{"error": "invalid_grant", "error_codes": [7000218]}'},
            DETAILED + "- {code: 7000218, means: client}",
            ClientRefused,
        ),
        (
            {"status": 400, "body": '{"error": "invalid_grant", "error_codes": [50173]}'},
            DETAILED + "- {code: 50173, means: grant}",
            GrantRefused,
        ),
        ({"status": 401, "body": '{"message": "no"}'}, "", ClientRefused),
    ],
)
async def test_refusal_is_told_apart_by_its_code(
    idp: OAuthSandbox, fault: dict[str, Any], authorization: str, kind: type[HubError]
) -> None:
    async with flow(idp, authorization=authorization) as account:
        idp.add_fault(account.client, endpoint="token", **fault)
        with pytest.raises(kind) as refused:
            await account.sign_in()

    assert refused.type is kind
    if kind is ProviderRateLimited:
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
