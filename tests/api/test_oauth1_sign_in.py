"""Linking by way of a sign-in page of OAuth 1.0a."""

from collections.abc import AsyncGenerator, Callable
from urllib.parse import parse_qsl, urlsplit

import pytest

from jackfield.sandbox.oauth.server import OAuthSandbox, serve
from tests.support.clock import FrozenClock
from tests.support.oakdale import Browser
from tests.support.running import HubWith, Running

pytestmark = pytest.mark.anyio

SPRUCE = """
StackOne: 1.0.0
engine: strict
info: {title: Spruce, key: spruce, version: 1.0.0, description: d, assets: {icon: icon.svg}}
baseUrl: URL
authentication:
  - oauth1:
      type: oauth1
      label: OAuth 1.0a
      authorization:
        type: none
        signing:
          strategy: oauth1
          consumerKey: $.credentials.consumerKey
          consumerSecret: $.credentials.consumerSecret
          token: $.credentials.accessToken
          tokenSecret: $.credentials.accessTokenSecret
        signIn:
          requestTokenUrl: URL/oauth1/request_token
          authorizationUrl: URL/oauth1/authorize
          accessTokenUrl: URL/oauth1/access_token
      setupFields:
        - {key: consumerKey, label: Consumer key, type: text, required: true}
        - {key: consumerSecret, label: Consumer secret, type: password, required: true, secret: true}
      testActions: [{action: me}]
      identity: {action: me, values: $.output.id}
actions:
  - actionId: me
    label: Me
    description: Who signed in.
    categories: [internal]
    actionType: get
    effects: [read]
    steps:
      - stepId: me
        stepFunction:
          functionName: request
          parameters: {url: /api/me, method: get}
    result: {data: $.steps.me.output.data}
"""


@pytest.fixture
async def spruce(
    hub_with: HubWith, clock: FrozenClock
) -> AsyncGenerator[tuple[Running, OAuthSandbox]]:
    async with serve(clock=clock) as idp:
        callback = "https://hub.test/connect/oauth2/spruce/callback"
        client = idp.add_client(redirect_uris=[callback])
        # A signature covers the address: it is signed as it is called.
        text = SPRUCE.replace("URL", idp.url)
        async with hub_with({"spruce": text}) as hub:
            created = await hub.api.post(
                "/connector_profiles",
                json={
                    "connector_key": "spruce",
                    "setup": {"consumerKey": client.id, "consumerSecret": client.secret},
                    "default": True,
                },
            )
            assert created.status_code == 201, created.text
            yield hub, idp


def came_from(idp: OAuthSandbox, asked: dict[str, str], person: str = "ada") -> dict[str, str]:
    token = asked["oauth_token"]
    back = idp.approve(f"{idp.url}/oauth1/authorize?oauth_token={token}", person)
    return dict(parse_qsl(urlsplit(back).query))


async def test_account_is_linked_by_signing_in(spruce: tuple[Running, OAuthSandbox]) -> None:
    hub, idp = spruce
    browser = Browser.of(hub, "spruce")

    asked = await browser.leave(hub)
    came = came_from(idp, asked)
    page = await browser.come_back(**came)
    ended = await browser.attempt(asked)
    await browser.come_back(**came)
    accounts = (await hub.api.get("/accounts")).json()
    ran = await hub.run(accounts[0]["id"], "spruce_me")

    assert page.status_code == 200, page.text
    assert ended["status"] == "authenticated", ended
    assert [each["id"] for each in accounts] == [ended["account"]["id"]]
    assert ran.json()["data"]["id"] == "ada"
    assert came["oauth_verifier"] not in page.text


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (lambda token: {"denied": token}, "access_denied"),
        (lambda token: {"oauth_token": token, "oauth_problem": "user_refused"}, "access_denied"),
        (lambda _token: {"oauth_token": "of-another", "oauth_verifier": "v"}, "sign_in_callback_refused"),
        (lambda _token: {"oauth_verifier": "v"}, "sign_in_callback_refused"),
    ],
)  # fmt: skip
async def test_nothing_is_linked_without_the_answer_to_this_sign_in(
    spruce: tuple[Running, OAuthSandbox], said: Callable[[str], dict[str, str]], code: str
) -> None:
    hub, idp = spruce
    browser = Browser.of(hub, "spruce")
    asked = await browser.leave(hub)
    state = (came_from(idp, asked))["state"]

    page = await browser.come_back(state=state, **said(asked["oauth_token"]))
    ended = await browser.attempt(asked)

    assert ended["status"] == "error"
    assert ended["error"]["code"] == code, ended
    assert asked["oauth_token"] not in page.text
    assert (await hub.api.get("/accounts")).json() == []


async def test_answer_belongs_to_the_browser_that_went(
    spruce: tuple[Running, OAuthSandbox],
) -> None:
    hub, idp = spruce
    asked = await Browser.of(hub, "spruce").leave(hub)
    came = came_from(idp, asked)

    page = await Browser.of(hub, "spruce").come_back(**came)

    assert page.status_code == 403
    assert (await hub.api.get("/accounts")).json() == []


async def test_operator_learns_that_the_provider_refuses_the_app(
    spruce: tuple[Running, OAuthSandbox],
) -> None:
    hub, idp = spruce
    browser = Browser.of(hub, "spruce")
    begun = await browser.begin(hub)
    for client in list(idp.authority.clients):
        idp.remove_client(client)

    page = await browser.client.get(begun["start"])
    ended = await browser.attempt(begun)

    assert page.headers["location"].endswith("/result")
    assert ended["error"]["code"] == "oauth_client_refused"


async def test_token_that_the_provider_quotes_is_not_passed_on(
    spruce: tuple[Running, OAuthSandbox],
) -> None:
    hub, idp = spruce
    browser = Browser.of(hub, "spruce")
    asked = await browser.leave(hub)
    came = came_from(idp, asked)
    quoted = f"oauth_problem=nonce_used&error_description=No+{asked['oauth_token']}"
    idp.add_fault(next(iter(idp.authority.clients)), client_id="*", status=400, body=quoted)

    page = await browser.come_back(**came)
    ended = await browser.attempt(asked)

    assert ended["error"]["code"] == "token_refused"
    assert asked["oauth_token"] not in page.text + str(ended)
