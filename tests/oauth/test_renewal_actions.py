"""Renewals in steps of the connector's own, where one usual request for tokens is not enough."""

from typing import Any

import pytest

from jackfield.engine.oauth.tokens import Tokens
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.oauth.flow import flow
from tests.oauth.rowan import RowanWith

pytestmark = pytest.mark.anyio


def step(name: str, url: str = "/token", **parameters: Any) -> dict[str, Any]:
    call = {"url": url, "method": "post", "authorization": {"type": "none"}, **parameters}
    return {"stepId": name, "stepFunction": {"functionName": "request", "parameters": call}}


def args(place: str, **values: str) -> list[dict[str, str]]:
    form = [{"name": "Content-Type", "value": "application/x-www-form-urlencoded", "in": "headers"}]
    return [*form, *({"name": name, "value": of, "in": place} for name, of in values.items())]


def refresh_of(token: str) -> dict[str, Any]:
    return {
        "authorization": {"type": "basic", "username": "CLIENT", "password": "SECRET"},
        "args": args("body", grant_type="refresh_token", refresh_token=token),
    }


REFRESH = "$.credentials.refreshToken"
USUAL = step("usual", **refresh_of(REFRESH))
GIVEN = {
    "accessToken": "$.steps.usual.output.data.access_token",
    "refreshToken": "$.steps.usual.output.data.refresh_token",
    "expiresIn": "$.steps.usual.output.data.expires_in",
}
TWO = {
    "steps": [USUAL, step("user", **refresh_of("$.credentials.userRefreshToken"))],
    "result": {
        "data": {
            **GIVEN,
            "userToken": "$.steps.user.output.data.access_token",
            "userRefreshToken": "$.steps.user.output.data.refresh_token",
        }
    },
}
BOTH = """additionalTokenFields:
  userToken: $.authed_user.access_token
  userRefreshToken: $.authed_user.refresh_token"""
SESSION = {
    "steps": [
        USUAL,
        step(
            "session",
            "/session",
            authorization={"type": "bearer", "token": "$.steps.usual.output.data.access_token"},
        ),
    ],
    "result": {"data": {**GIVEN, "sessionId": "$.steps.session.output.data.sessionId"}},
}
AT_ONCE = "renewsAtOnce: true\ntoken: $.credentials.sessionId"


async def test_two_tokens_are_renewed_together(rowan_with: RowanWith) -> None:
    async with rowan_with("reply.two_tokens", authorization=BOTH, renewal=TWO) as account:
        answers = [await account.later() for _ in range(3)]

    spent = [each["refresh_token"] for each in account.requests[1:]]
    assert answers == [200] * 3
    assert len(spent) == len(set(spent)) == 6
    assert [each.reuses for each in account.idp.families(account.client)] == [0, 0]


async def test_session_is_opened_with_the_first_token_and_with_later_ones(
    rowan_with: RowanWith,
) -> None:
    async with rowan_with("token.session_step", authorization=AT_ONCE, renewal=SESSION) as account:
        answers = [await account.call(), await account.later()]

    assert answers == [200, 200]
    assert len(account.idp.requests(account.client, "session")) == 2


async def test_refresh_token_outlives_a_later_step_that_fails(rowan_with: RowanWith) -> None:
    async with rowan_with("token.session_step", authorization=AT_ONCE, renewal=SESSION) as account:
        account.idp.add_fault(account.client, endpoint="session", status=503)
        failed, then = await account.later(), await account.call()

    assert (failed, then) == (503, 200)
    (family,) = account.idp.families(account.client)
    assert (family.reuses, family.generation) == (0, 3)


async def test_request_for_tokens_may_be_xml(idp: OAuthSandbox) -> None:
    client = {"type": "basic", "username": "$.credentials.clientId", "password": "s3cret"}
    written = [
        {"name": "Content-Type", "value": "application/xml", "in": "headers"},
        {
            "name": "grant",
            "value": {"grant_type": "refresh_token", "refresh_token": REFRESH},
            "in": "body",
        },
    ]
    asked = step("usual", authorization=client, args=written)
    action = {"actionId": "renew", "steps": [asked], "result": {"data": GIVEN}}
    async with flow(idp, "token.xml_body", secret="s3cret") as account:
        pair = idp.grant(account.client)
        assert pair.refresh is not None
        account.fields["refreshToken"] = pair.refresh.value
        renewed = await account.connector.compiled.inline(action).run(account.context())
        account.tokens = Tokens(dict(renewed.data))

        assert await account.me()
