"""Behaviors of answers with tokens, and with errors instead."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.sandbox.oauth.client import Answer, Caller

pytestmark = pytest.mark.anyio
Make = Callable[..., Caller]
Check = Callable[[Answer], bool]


def form(answer: Answer) -> dict[str, str]:
    return dict(parse_qsl(answer.text))


# By behavior: what is so of an answer with tokens.
TOKENS: dict[str, Check] = {
    "reply.nested": lambda a: "access_token" in a.json["data"] and "access_token" not in a.json,
    "reply.camel_case": lambda a: {"accessToken", "expiresIn"} <= set(a.json),
    "reply.renamed": lambda a: "token" in a.json and "access_token" not in a.json,
    "reply.xml": lambda a: a.text.startswith("<?xml") and "<expires_in>3600</expires_in>" in a.text,
    "reply.form_encoded": lambda a: form(a)["expires_in"] == "3600",
    "reply.form_unless_accept": lambda a: "access_token" in form(a),
    "reply.wrong_content_type": lambda a: (
        a.headers["content-type"] == "text/html" and "access_token" in a.json
    ),
    "reply.created_201": lambda a: a.status == 201,
    "reply.ok_false": lambda a: a.json["ok"] is True,
    "reply.expires_as": lambda a: a.json["expires_in"] == 3_600_000,
    "reply.expiry": lambda a: a.json["expires_in"] == 0,
    "reply.jwt_access_token": lambda a: (
        a.json["access_token"].count(".") == 2 and "expires_in" not in a.json
    ),
    "reply.token_type": lambda a: a.json["token_type"] == "User Access Token",
    "reply.scope_absent": lambda a: "scope" not in a.json,
    "reply.scope_separator": lambda a: a.json["scope"] == "notes.read,people.read",
    "reply.two_tokens": lambda a: (
        a.json["authed_user"]["access_token"] != a.json["access_token"]
        and a.json["authed_user"]["refresh_token"] != a.json["refresh_token"]
    ),
    "reply.api_host": lambda a: a.json["api_domain"] == "https://api.sandbox.example",
    "reply.extra": lambda a: a.json["tenant_id"] == "acme",
    "reply.scopes_fewer": lambda a: a.json["scope"] == "notes.read",
}
# By behavior: what is so of an error.
ERRORS: dict[str, Check] = {
    "reply.error_in_200": lambda a: a.status == 200 and a.error == "invalid_grant",
    "reply.ok_false": lambda a: a.status == 200 and a.json["ok"] is False,
    "reply.error_extra": lambda a: a.status == 400 and a.json["error_codes"] == [50173],
    "reply.error_echo": lambda a: "no-such-code" in a.text and "Basic " in a.text,
}
TRIED = {*TOKENS, *ERRORS}

EXPIRIES: dict[str, Any] = {
    "string": "5400",
    "float": 5400.7,
    "milliseconds": 5_400_000,
    "minutes": 90,
    "epoch": 1_772_362_800,
    "epoch_ms": 1_772_362_800_000,
    "iso": "2026-03-01T11:00:00Z",
    "duration": "PT5400S",
    "clock": "0:01:30",
    "missing": None,
}


async def signed_in(sandbox: OAuthSandbox, caller: Caller) -> Answer:
    return await caller.redeem(sandbox.approve(caller.authorize_url()))


@pytest.mark.parametrize("behavior", TOKENS)
async def test_tokens_come_as_the_behavior_says(
    sandbox: OAuthSandbox, client: Make, behavior: str
) -> None:
    answer = await signed_in(sandbox, client(behavior))

    assert answer.status < 300
    assert TOKENS[behavior](answer), answer.text


@pytest.mark.parametrize("behavior", ERRORS)
async def test_an_error_comes_as_the_behavior_says(client: Make, behavior: str) -> None:
    answer = await client(behavior).redeem("http://127.0.0.1/?code=no-such-code")

    assert ERRORS[behavior](answer), answer.text


@pytest.mark.parametrize("expires_as", EXPIRIES)
async def test_an_expiry_is_told_in_many_ways(
    sandbox: OAuthSandbox, client: Make, expires_as: str
) -> None:
    caller = client(
        "reply.expires_as", expires_as=expires_as, expiry_field="ttl", access_token_lifetime=5400
    )

    answer = await signed_in(sandbox, caller)

    assert answer.json.get("ttl") == EXPIRIES[expires_as]


@pytest.mark.parametrize("value", ["never", None, -1, "177:05:38", True, [], {}])
async def test_an_expiry_may_be_anything(sandbox: OAuthSandbox, client: Make, value: Any) -> None:
    answer = await signed_in(sandbox, client("reply.expiry", expiry_value=value))

    assert answer.json["expires_in"] == value


async def test_json_comes_where_it_is_asked_for(client: Make) -> None:
    caller = client("reply.form_unless_accept")
    options = {"headers": {**caller.basic(), "Accept": "application/json"}}

    answer = await caller.ask(
        "POST", "/token", data={"grant_type": "client_credentials"}, **options
    )

    assert "access_token" in answer.json


async def test_a_host_may_change_with_each_refresh(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("reply.api_host", api_host="https://api{generation}.sandbox.example")
    first = (await signed_in(sandbox, caller)).json

    second = (await caller.refresh(first["refresh_token"])).json

    assert first["api_domain"] == "https://api0.sandbox.example"
    assert second["api_domain"] == "https://api1.sandbox.example"


async def test_the_second_token_is_refreshed_apart(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("reply.two_tokens", "authorize.user_scope")
    url = caller.authorize_url(user_scope="notes.write")
    tokens = (await caller.redeem(sandbox.approve(url))).json

    renewed = (await caller.refresh(tokens["authed_user"]["refresh_token"])).json

    assert renewed["scope"] == tokens["authed_user"]["scope"] == "notes.write"
    assert (await caller.refresh(tokens["refresh_token"])).json["scope"] == tokens["scope"]


async def test_several_behaviors_go_together(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client(
        "reply.nested", "reply.camel_case", "reply.expires_as",
        nested="data.token", expiry_field="expiresAt", expires_as="iso",
    )  # fmt: skip

    answer = (await signed_in(sandbox, caller)).json["data"]["token"]

    assert {"accessToken", "expiresAt"} <= set(answer)
