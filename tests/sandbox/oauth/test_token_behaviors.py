"""Behaviors of the token endpoint: the one request that is taken, and the usual one that is not."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.sandbox.oauth.client import REDIRECT, Answer, Caller, came

pytestmark = pytest.mark.anyio
Make = Callable[..., Caller]
Options = dict[str, Any]
Params = dict[str, str]
JSON = {"Content-Type": "application/json"}


def post(caller: Caller, params: Params) -> Options:
    return {"data": params | {"client_id": caller.id, "client_secret": caller.secret}}


def signed(caller: Caller, params: Params) -> Options:
    # The frozen clock of the tests, in milliseconds.
    stamp = "1772357400000"
    body = "&".join(f"{name}={value}" for name, value in params.items())
    sign = hmac.new(caller.secret.encode(), (body + stamp).encode(), hashlib.sha256).hexdigest()
    headers = {"appkey": caller.id, "timestamp": stamp, "sign": sign}
    return {
        "data": body,
        "headers": {**headers, "Content-Type": "application/x-www-form-urlencoded"},
    }


def renamed(params: Params, **names: str) -> Params:
    return {names.get(name, name): value for name, value in params.items()}


def as_username(caller: Caller, params: Params) -> Options:
    header = b64encode(f"{caller.secret}:".encode()).decode()
    return {"data": params, "headers": {"Authorization": f"Basic {header}"}}


# By behavior: how the request is sent. The usual one, a form with HTTP Basic, is refused.
RIGHT: dict[str, Callable[[Caller, Params], Options]] = {
    "token.basic_raw": lambda c, p: {"data": p, "headers": c.basic(raw=True)},
    "token.post_only": post,
    "token.secret_as_username": as_username,
    "token.no_secret": lambda c, p: {"data": p | {"client_id": c.id}},
    "token.hmac_signed": signed,
    "token.json_body": lambda c, p: {"json": p, "headers": c.basic()},
    "token.xml_body": lambda c, p: {
        "data": "<request>" + "".join(f"<{k}>{v}</{k}>" for k, v in p.items()) + "</request>",
        "headers": {**c.basic(), "Content-Type": "application/xml"},
    },
    "token.query_only": lambda c, p: {"params": p, "headers": c.basic()},
    "token.get": lambda c, p: {"method": "GET", "params": p, "headers": c.basic()},
    "token.part_in_query": lambda c, p: {
        "params": {"redirect_uri": p["redirect_uri"]},
        "data": {name: value for name, value in p.items() if name != "redirect_uri"},
        "headers": c.basic(),
    },
    "token.state_echo": lambda c, p: {"data": p | {"state": "s-1"}, "headers": c.basic()},
    "token.params_renamed": lambda c, p: {
        "data": renamed(p, grant_type="type"),
        "headers": c.basic(),
    },
    "token.params_required": lambda c, p: {"data": p | {"account_id": "7"}, "headers": c.basic()},
}
# Behaviors that take the usual request, and what they refuse.
WRONG: dict[str, Callable[[Caller, Params], Options]] = {
    "token.basic_only": post,
    "token.header_only": lambda c, p: {"data": p | {"client_id": c.id}, "headers": c.basic()},
}
TRIED = {
    *RIGHT,
    *WRONG,
    "token.grant_type_renamed",
    "token.private_key_jwt",
    "token.assertion_headers",
    # In `test_grants`.
    "token.certificate",
    "token.assertion_for",
    "token.assertion_brief",
    "token.scopes_authorized",
    "token.default_scope",
}


async def ask(
    sandbox: OAuthSandbox, caller: Caller, make: Callable[[Caller, Params], Options]
) -> Answer:
    params = {
        "grant_type": "authorization_code",
        "code": came(sandbox.approve(caller.authorize_url()))["code"],
        "redirect_uri": REDIRECT,
    }
    options = {"method": "POST", **make(caller, params)}
    return await caller.ask(options.pop("method"), "/token", **options)


def usual(caller: Caller, params: Params) -> Options:
    return {"data": params, "headers": caller.basic()}


@pytest.mark.parametrize("behavior", RIGHT)
async def test_only_the_request_that_the_behavior_asks_for_is_taken(
    sandbox: OAuthSandbox, client: Make, behavior: str
) -> None:
    caller = client(behavior)

    right = await ask(sandbox, caller, RIGHT[behavior])
    wrong = await ask(sandbox, caller, usual)

    assert right.status == 200, right.text
    assert "access_token" in right.json
    assert wrong.status >= 400


@pytest.mark.parametrize("behavior", WRONG)
async def test_the_usual_request_is_taken_and_the_other_is_not(
    sandbox: OAuthSandbox, client: Make, behavior: str
) -> None:
    caller = client(behavior)

    assert (await ask(sandbox, caller, usual)).status == 200
    assert (await ask(sandbox, caller, WRONG[behavior])).status >= 400


@pytest.mark.parametrize("make", [usual, post], ids=["header", "body"])
async def test_without_behaviors_a_secret_of_odd_letters_is_taken_in_header_and_body(
    sandbox: OAuthSandbox, client: Make, make: Any
) -> None:
    caller = client()

    assert all(letter in caller.secret for letter in ":+/%=&é")
    assert (await ask(sandbox, caller, make)).status == 200


async def test_without_behaviors_a_header_that_is_not_form_encoded_is_refused(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller = client()

    refused = await ask(sandbox, caller, RIGHT["token.basic_raw"])

    assert (refused.status, refused.error) == (401, "invalid_client")
    assert refused.headers["www-authenticate"].startswith("Basic")


async def test_two_ways_at_once_are_refused(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client()

    refused = await ask(sandbox, caller, lambda c, p: {**post(c, p), "headers": c.basic()})

    assert refused.error == "invalid_request"


async def test_numbers_of_a_json_body_stay_numbers(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("token.json_body", "token.params_required")

    def sent(value: Any) -> Callable[[Caller, Params], Options]:
        return lambda c, p: {"json": {**p, "account_id": value}, "headers": c.basic()}

    assert (await ask(sandbox, caller, sent(7))).status == 200
    assert (await ask(sandbox, caller, sent("7"))).error == "invalid_request"


async def test_an_empty_secret_is_one_too_many(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client(secret="")

    refused = await ask(
        sandbox, caller, lambda c, p: {"data": p | {"client_id": c.id, "client_secret": ""}}
    )

    assert refused.error == "invalid_client"


async def test_a_grant_type_may_have_another_name(client: Make) -> None:
    caller = client("token.grant_type_renamed")

    assert (await caller.token(grant_type="openapi_2lo")).status == 200
    refused = await caller.token(grant_type="client_credentials")
    assert refused.error == "unsupported_grant_type"


async def test_a_client_that_was_removed_is_unknown(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client()
    added = sandbox.authority.clients.get(caller.id)
    assert added is not None
    sandbox.remove_client(added)

    refused = await caller.token(grant_type="client_credentials")

    assert (refused.status, refused.error) == (401, "invalid_client")
