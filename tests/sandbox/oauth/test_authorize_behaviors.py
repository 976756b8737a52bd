"""Behaviors of the page where people sign in: the one request that is taken, and the usual one that is not."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from jackfield.engine.oauth.code_webhook import compile_code_webhook
from jackfield.kit.json import Json
from jackfield.sandbox.oauth.refusals import OAuthError
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.sandbox.oauth.client import CHALLENGE, REDIRECT, Caller, came
from tests.support.running import PATIENCE
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio
Make = Callable[..., Caller]
S256 = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}

# By behavior: what is taken, as changes of the usual request, and what is not. "-" leaves out.
REQUESTS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "authorize.client_id_renamed": ({"client_id": "-", "client_key": "{id}"}, {}),
    "authorize.redirect_uri_renamed": ({"redirect_uri": "-", "redirect_url": REDIRECT}, {}),
    "authorize.state_renamed": ({"state": "-", "payload": "s-1"}, {}),
    "authorize.scope_renamed": ({"scope": "-", "scopes": "notes.read"}, {}),
    "authorize.scope_separator": ({"scope": "notes.read,people.read"}, {}),
    "authorize.scope_unescaped": ({}, {"scope": "notes.read/people.read"}),
    "authorize.user_scope": ({"user_scope": "notes.write"}, {}),
    "authorize.response_type": ({"response_type": "auth_code"}, {}),
    "authorize.response_type_renamed": ({"response_type": "-", "type": "web_server"}, {}),
    "authorize.response_type_absent": ({"response_type": "-"}, {}),
    "authorize.params_required": ({"access_type": "offline"}, {"access_type": "online"}),
    "authorize.empty_refused": ({}, {"audience": ""}),
    "authorize.nonce_required": ({"nonce": "n-1"}, {}),
    "authorize.audience": ({"audience": "api.sandbox.example"}, {}),
    "authorize.resource": ({"resource": "https://api.sandbox.example"}, {}),
    "pkce.required": (S256, {}),
    "pkce.refused": ({}, S256),
    "pkce.plain": (
        {"code_challenge": "v" * 50, "code_challenge_method": "plain"},
        {"code_challenge": "v" * 50, "code_challenge_method": "S512"},
    ),
}  # fmt: skip

# By behavior: what does not come along, and what comes instead.
CALLBACKS: dict[str, tuple[set[str], dict[str, str]]] = {
    "callback.code_renamed": ({"code"}, {}),
    "callback.code_absent": ({"code"}, {"tenant": "acme", "admin_consent": "True"}),
    "callback.code_by_webhook": ({"code"}, {"installation_id": "51", "setup_action": "install"}),
    "callback.extra_params": (set(), {"realmId": "4620816365"}),
    "callback.state_missing": ({"state"}, {}),
    "callback.state_wrong": (set(), {"state": "not-s-1"}),
    "callback.iss_missing": ({"iss"}, {}),
    "callback.iss_wrong": (set(), {"iss": "https://evil.example"}),
    "callback.error": ({"code"}, {"error": "server_error"}),
}

# By behavior: the parameters that bring a refresh token.
OFFLINE: dict[str, dict[str, str]] = {
    "authorize.offline_param": {"access_type": "offline"},
    "authorize.offline_scope": {"scope": "notes.read offline_access"},
    "authorize.consent_once": {"prompt": "consent"},
}

TRIED = {*REQUESTS, *CALLBACKS, *OFFLINE, "callback.error_markup"}


def url_of(caller: Caller, changes: dict[str, str]) -> str:
    filled = {name: value.replace("{id}", caller.id) for name, value in changes.items()}
    return caller.authorize_url(**filled)


@pytest.mark.parametrize("behavior", REQUESTS)
async def test_a_request_has_to_be_as_the_behavior_says(
    sandbox: OAuthSandbox, client: Make, behavior: str
) -> None:
    caller, (right, wrong) = client(behavior), REQUESTS[behavior]

    assert "code" in came(sandbox.approve(url_of(caller, right)))
    try:
        answered = came(sandbox.approve(url_of(caller, wrong)))
    except OAuthError:
        return  # the person is told, as of a redirect URI
    assert "error" in answered


@pytest.mark.parametrize(
    ("behavior", "there", "right", "wrong"),
    [
        (
            "authorize.redirect_uri_renamed",
            {"redirect_uri": "-", "redirect_url": REDIRECT},
            {"redirect_uri": "-", "redirect_url": REDIRECT},
            {},
        ),
        (
            "authorize.audience",
            {"audience": "api.sandbox.example"},
            {"audience": "api.sandbox.example"},
            {},
        ),
        (
            "authorize.resource",
            {"resource": "https://api.sandbox.example"},
            {"resource": "https://api.sandbox.example"},
            {"resource": "https://other.example"},
        ),
        ("pkce.refused", {}, {}, {"code_verifier": "v" * 50}),
    ],
)
async def test_what_is_asked_for_there_is_asked_for_at_the_token_endpoint_too(
    sandbox: OAuthSandbox,
    client: Make,
    behavior: str,
    there: dict[str, str],
    right: dict[str, str],
    wrong: dict[str, str],
) -> None:
    caller = client(behavior)
    callback = sandbox.approve(caller.authorize_url(**there))

    assert (await caller.redeem(callback, **wrong)).error == "invalid_request"
    assert (await caller.redeem(callback, **right)).status == 200


@pytest.mark.parametrize("behavior", CALLBACKS)
async def test_the_browser_brings_back_what_the_behavior_says(
    sandbox: OAuthSandbox, client: Make, behavior: str
) -> None:
    caller, (absent, there) = client(behavior), CALLBACKS[behavior]

    brought = came(sandbox.approve(caller.authorize_url()))

    assert not absent & set(brought)
    assert there.items() <= brought.items()


@pytest.mark.parametrize("behavior", OFFLINE)
async def test_a_refresh_token_comes_only_if_it_is_asked_for(
    sandbox: OAuthSandbox, client: Make, behavior: str
) -> None:
    caller = client(behavior)

    async def tokens(**changes: str) -> Any:
        return (await caller.redeem(sandbox.approve(caller.authorize_url(**changes)))).json

    if behavior == "authorize.consent_once":
        assert "refresh_token" in await tokens()
    assert "refresh_token" not in await tokens()
    assert "refresh_token" in await tokens(**OFFLINE[behavior])


async def test_the_text_of_an_error_may_be_markup(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("callback.error_markup")

    denied = came(sandbox.deny(caller.authorize_url()))

    assert denied["error"] == "access_denied"
    assert denied["error_description"].startswith("<script>")


async def test_a_host_that_is_not_the_providers_can_come_back(
    sandbox: OAuthSandbox, client: Make
) -> None:
    params = {"accounts-server": "https://evil"}
    caller = client("callback.extra_params", callback_params=params)

    assert came(sandbox.approve(caller.authorize_url()))["accounts-server"] == "https://evil"


async def test_a_code_is_sent_by_a_webhook_that_a_connector_can_check(
    sandbox: OAuthSandbox, client: Make
) -> None:
    came_in = asyncio.Event()

    async def take(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await reply()(writer, seen)
        came_in.set()

    async with scripted(take) as server:
        url = f"{server.url}/codes"
        caller = client("callback.code_by_webhook", code_webhook_url=url)
        sandbox.approve(caller.authorize_url())
        await asyncio.wait_for(came_in.wait(), PATIENCE)
        (seen,) = server.seen

    written: dict[str, Json] = {
        "code": "data.installation.code",
        "installation": "data.installation.uuid",
        "credential": "installationId",
        "signatureHeader": "Sandbox-Hook-Signature",
    }
    webhook = compile_code_webhook(written, "strict")
    assert webhook is not None
    now = sandbox.clock()
    assert webhook.is_signed(seen.headers, seen.body, key=caller.secret, now=now)
    assert not webhook.is_signed(seen.headers, seen.body + b" ", key=caller.secret, now=now)
    sent = webhook.read(seen.body)
    assert sent is not None
    assert sent.installation == "51"
    assert (await caller.redeem(f"{REDIRECT}?code={sent.code}")).status == 200


async def test_a_code_that_comes_by_webhook_is_at_hand(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("callback.code_by_webhook")
    sandbox.approve(caller.authorize_url())

    (kept,) = (await caller.ask("GET", f"/__sandbox__/codes?client_id={caller.id}")).json["codes"]

    tokens = await caller.redeem(f"{REDIRECT}?code={kept['code']}")
    assert tokens.status == 200
