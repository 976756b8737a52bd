"""Accounts of MCP servers: signed in to, called and renewed, at the sandbox."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from jackfield.kit.json import decode
from jackfield.profiles.oauth_clients import find_client
from jackfield.sandbox.oauth.journal import Entry
from jackfield.sandbox.oauth.registration import Description, add_document
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.support.clock import FrozenClock
from tests.support.oakdale import Browser
from tests.support.running import HubWith, Running
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

ROWAN = """
StackOne: 1.0.0
engine: strict
info: {title: Rowan, key: rowan, version: 1.0.0, description: d, assets: {icon: icon.svg}}
baseUrl: URL
authentication:
  - mcp:
      type: mcp
      label: Sign in
      authorization: {type: bearer, token: $.credentials.accessToken}
      authorizationFlow: {serverUrl: URL/mcp, clientRegistration: dcr}
      testActions: [{action: who}]
actions:
  - actionId: who
    label: Who
    description: Who signed in.
    categories: [internal]
    actionType: get
    effects: [read]
    steps:
      - stepId: who
        stepFunction: {functionName: mcp_request, parameters: {url: /mcp, toolName: who_am_i}}
    result: {data: $.steps.who.output.data}
"""
SETUP = """      setupFields:
        - {key: clientId, label: Client ID, type: text, required: true}
        - {key: clientSecret, label: Client Secret, type: password, required: true, secret: true}
"""


@asynccontextmanager
async def rowan(
    hub_with: HubWith, idp: OAuthSandbox, *changes: tuple[str, str]
) -> AsyncGenerator[tuple[Running, Browser]]:
    text = ROWAN
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    async with hub_with({"rowan": text.replace("URL", idp.url)}) as hub:
        yield hub, Browser.of(hub, "rowan")


def approved(idp: OAuthSandbox, asked: Mapping[str, str]) -> dict[str, str]:
    """Return what the provider sends back after the person said yes."""
    back = idp.approve(f"{idp.url}/authorize?{urlencode(asked)}")
    return dict(parse_qsl(urlsplit(back).query))


async def link(hub: Running, browser: Browser, idp: OAuthSandbox, owner: str = "acme") -> Any:
    """Sign in as a person does, and return the account."""
    asked = await browser.leave(hub, origin_owner_id=owner)
    page = await browser.come_back(**approved(idp, asked))
    assert page.status_code == 200, page.text
    ended = await browser.attempt(asked)
    assert ended["status"] == "authenticated", ended
    return {**ended["account"], "asked": asked}


def posted(idp: OAuthSandbox, endpoint: str) -> list[Entry]:
    return [each for each in idp.authority.journal if each.endpoint == endpoint]


async def test_account_calls_tools_of_the_server_that_was_signed_in_to(
    hub_with: HubWith, idp: OAuthSandbox, clock: FrozenClock
) -> None:
    async with rowan(hub_with, idp) as (hub, browser):
        account = await link(hub, browser, idp)
        ran = await hub.run(account["id"], "rowan_who")
        clock.advance(hours=2)
        later = await hub.run(account["id"], "rowan_who")

    resource = f"{idp.url}/mcp"
    exchanges = [dict(parse_qsl(each.body)) for each in posted(idp, "token")]
    assert ran.json()["data"]["id"] == "ada", ran.text
    assert later.json()["data"]["id"] == "ada", later.text
    assert account["asked"]["resource"] == resource
    assert [(each["grant_type"], each["resource"]) for each in exchanges] == [
        ("authorization_code", resource),
        ("refresh_token", resource),
    ]


async def test_hub_is_registered_once_for_all_accounts_of_a_profile(
    hub_with: HubWith, idp: OAuthSandbox
) -> None:
    async with rowan(hub_with, idp) as (hub, browser):
        first = await link(hub, browser, idp)
        second = await link(hub, browser, idp, "globex")
        assert first["id"] != second["id"]

    (registered,) = posted(idp, "register")
    assert json.loads(registered.body) == {
        "client_name": "Jackfield",
        "client_uri": "https://hub.test",
        "redirect_uris": ["https://hub.test/connect/oauth2/rowan/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": first["asked"]["scope"],
    }


async def test_sign_ins_that_begin_at_once_are_of_one_client(
    hub_with: HubWith, idp: OAuthSandbox
) -> None:
    async with rowan(hub_with, idp) as (hub, browser):
        owners = ("acme", "globex")
        leaving = (browser.leave(hub, origin_owner_id=owner) for owner in owners)
        first, second = await asyncio.gather(*leaving)

    assert first["client_id"] == second["client_id"]


async def test_hub_is_registered_again_where_its_registration_was_deleted(
    hub_with: HubWith, idp: OAuthSandbox, clock: FrozenClock
) -> None:
    async with rowan(hub_with, idp) as (hub, browser):
        first = await link(hub, browser, idp)
        client = idp.authority.clients.get(first["asked"]["client_id"])
        assert client is not None
        idp.remove_client(client)
        clock.advance(hours=2)
        refused = await hub.run(first["id"], "rowan_who")
        second = await link(hub, browser, idp)
        third = await link(hub, browser, idp, "globex")

    assert refused.json()["code"] == "grant_refused"
    assert first["id"] == second["id"]
    assert second["asked"]["client_id"] == third["asked"]["client_id"] != client.id
    assert len(posted(idp, "register")) == 2


async def test_registration_goes_with_its_profile(hub_with: HubWith, idp: OAuthSandbox) -> None:
    async with rowan(hub_with, idp) as (hub, browser):
        account = await link(hub, browser, idp)
        profile_id = (await hub.api.get(f"/accounts/{account['id']}")).json()["integration_id"]
        vault, found = hub.hub.vault, []
        async with hub.hub.db.read(hub.project.id) as tx:
            found.append(await find_client(tx, vault, profile_id, idp.url))
        await hub.api.delete(f"/accounts/{account['id']}")
        await hub.api.delete(f"/connector_profiles/{profile_id}")
        async with hub.hub.db.read(hub.project.id) as tx:
            found.append(await find_client(tx, vault, profile_id, idp.url))

    assert [each is not None for each in found] == [True, False]


async def test_hub_is_known_by_its_client_document_where_that_is_taken(
    hub_with: HubWith, idp: OAuthSandbox
) -> None:
    async with rowan(hub_with, idp, ("Registration: dcr", "Registration: cimd")) as (hub, browser):
        shown = await browser.client.get("/connect/oauth2/rowan/client.json")
        none = await browser.client.get("/connect/oauth2/iterable/client.json")
        add_document(idp.authority, str(shown.url), decode(shown.content, Description))
        account = await link(hub, browser, idp)

    assert shown.json() == {
        "client_id": "https://hub.test/connect/oauth2/rowan/client.json",
        "client_name": "Jackfield",
        "client_uri": "https://hub.test",
        "redirect_uris": ["https://hub.test/connect/oauth2/rowan/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
    assert none.status_code == 404
    assert account["asked"]["client_id"] == shown.json()["client_id"]
    assert not posted(idp, "register")


async def test_app_of_the_operator_is_used_before_any_other(
    hub_with: HubWith, idp: OAuthSandbox
) -> None:
    client = idp.add_client(redirect_uris=["https://hub.test/connect/oauth2/rowan/callback"])
    tests = "      testActions"
    async with rowan(hub_with, idp, (tests, SETUP + tests)) as (hub, browser):
        setup = {"clientId": client.id, "clientSecret": client.secret}
        profile = {"connector_key": "rowan", "setup": setup, "default": True}
        created = await hub.api.post("/connector_profiles", json=profile)
        assert created.status_code == 201, created.text
        account = await link(hub, browser, idp)

    assert account["asked"]["client_id"] == client.id
    assert not posted(idp, "register")


async def test_answer_without_its_issuer_is_refused_where_the_server_says_that_it_has_one(
    hub_with: HubWith, idp: OAuthSandbox
) -> None:
    async with rowan(hub_with, idp) as (hub, browser):
        asked = await browser.leave(hub)
        back = approved(idp, asked)
        del back["iss"]
        await browser.come_back(**back)
        ended = await browser.attempt(asked)

    assert ended["error"]["code"] == "sign_in_callback_refused"
    assert not posted(idp, "token")


async def test_key_in_the_servers_address_is_not_told(hub_with: HubWith, idp: OAuthSandbox) -> None:
    key = "        - {key: key, label: Key, type: password, required: true, secret: true}"
    fields = f"      configFields:\n{key}\n      testActions"
    changes = (("URL/mcp", "'URL/${credentials.key}'"), ("      testActions", fields))
    async with rowan(hub_with, idp, *changes) as (hub, _):
        browser = Browser.of(hub, "rowan", key="k-5e1f0d2c9a")
        begun = await browser.begin(hub)
        page = await browser.get(begun["start"])
        ended = await browser.attempt(begun)

    assert ended["error"]["code"] == "mcp_discovery_refused"
    assert "k-5e1f0d2c9a" not in f"{ended}{page.text}"


async def test_host_that_has_to_be_declared_is_named(hub_with: HubWith, idp: OAuthSandbox) -> None:
    async def answer(writer: Any, seen: Seen) -> None:
        resource = f"http://{seen.headers['host']}/mcp"
        document = {"resource": resource, "authorization_servers": [idp.url]}
        await reply(json.dumps(document))(writer, seen)

    async with scripted(answer) as server:
        # No other part of this connector's is at the sandbox.
        changes = (
            ("serverUrl: URL", f"serverUrl: {server.url}"),
            ("baseUrl: URL", f"baseUrl: {server.url}"),
        )
        async with rowan(hub_with, idp, *changes) as (hub, browser):
            begun = await browser.begin(hub)
            await browser.get(begun["start"])
            ended = await browser.attempt(begun)
            session = (await hub.api.get(f"/jackfield/connect_sessions/{begun['session']}")).json()

    told = session["latest_connection_attempt"]
    assert ended["error"]["code"] == told["oauth_error_code"] == "egress_blocked"
    assert f"leads to {idp.url}, which the connector does not declare" in str(ended["error"])
    assert not list(idp.authority.journal)
