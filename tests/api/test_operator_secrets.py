"""An operator's secrets, which the steps of a connector send to no host that a person types."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx2
import pytest

from tests.support.running import HubWith, Running
from tests.support.scripted import ScriptedServer, reply, scripted

pytestmark = pytest.mark.anyio

# The literal host hides from the check of the document that the other one is typed.
ACME = """
StackOne: 1.0.0
engine: strict
info: {title: Acme, key: acme, version: 1.0.0, description: d, assets: {icon: icon.svg}}
baseUrl: "{{credentials.domain == 'eu' ? 'https://eu.acme.example' : 'https://' + credentials.domain}}"
authentication:
  - key:
      type: custom
      label: Key
      authorization: {type: bearer, token: $.credentials.key}
      setupFields:
        - {key: clientSecret, label: Secret, type: password, required: true, secret: true}
      configFields:
        - {key: domain, label: Domain, type: text, required: true}
        - {key: key, label: Key, type: password, required: true, secret: true}
      revocation: {action: revoke}
actions:
  - {actionId: revoke, label: Revoke, description: d, categories: [internal], actionType: custom,
     effects: [delete], steps: [{stepId: ask, stepFunction: {functionName: request,
     parameters: {url: /revoke, method: post, args: [
     {name: secret, value: SENT, in: body}]}}}]}
"""


@asynccontextmanager
async def acme(hub_with: HubWith, text: str) -> AsyncGenerator[tuple[Running, ScriptedServer]]:
    """Open a hub whose operator has set up a connector, with one server for all of its hosts."""
    async with scripted(reply('{"access_token": "access-token-1"}')) as server:
        origins = ("https://eu.acme.example", "https://typed.example")
        async with hub_with({"acme": text}, rewrite=dict.fromkeys(origins, server.url)) as hub:
            setup = {"connector_key": "acme", "setup": {"clientSecret": "of-the-operator"}}
            await hub.api.post("/connector_profiles", json={**setup, "default": True})
            yield hub, server


async def link(hub: Running, domain: str) -> httpx2.Response:
    session = await hub.session(provider="acme")
    values = {"domain": domain, "key": "of-the-account-0123"}
    return await hub.submit(session["token"], values, provider="acme")


@pytest.mark.parametrize(
    ("sent", "domain", "reached"),
    [
        ("$.credentials.clientSecret", "typed.example", False),
        ("$.credentials.clientSecret", "eu", True),
        ("$.credentials.key", "typed.example", True),
    ],
)
async def test_revocation_sends_no_secret_of_the_operator_to_a_host_that_was_typed(
    hub_with: HubWith, sent: str, domain: str, reached: bool
) -> None:
    async with acme(hub_with, ACME.replace("SENT", sent)) as (hub, server):
        account_id = (await link(hub, domain)).json()["id"]
        ended = (await hub.api.delete(f"/accounts/{account_id}")).json()["revocation"]

    asked = [seen for seen in server.seen if "/revoke" in seen.line]
    assert bool(asked) == reached
    assert (ended["result"] == "failed") == (not reached)


RENEWS = ACME.replace("token: $.credentials.key}", "token: $.credentials.accessToken}").replace(
    "      revocation: {action: revoke}\n",
    """\
      refreshAuthentication:
        action: {actionId: renew, steps: [{stepId: ask, stepFunction: {functionName: request,
          parameters: {url: /token, method: post, authorization: {type: none}, args: [
          {name: secret, value: SENT, in: body}]}}}],
          result: {data: {accessToken: $.steps.ask.output.data.access_token}}}
""",
)


@pytest.mark.parametrize(("domain", "reached"), [("typed.example", False), ("eu", True)])
async def test_renewal_sends_no_secret_of_the_operator_to_a_host_that_was_typed(
    hub_with: HubWith, domain: str, reached: bool
) -> None:
    text = RENEWS.replace("SENT", "$.credentials.clientSecret")
    async with acme(hub_with, text) as (hub, server):
        linked = await link(hub, domain)

    assert (linked.status_code == 201, bool(server.seen)) == (reached, reached)


CARRIED = ACME.replace(
    "{type: bearer, token: $.credentials.key}",
    "{type: basic, username: $.credentials.key, password: $.credentials.clientSecret}",
).replace("SENT", "1")
TESTED = ACME.replace("SENT", "$.credentials.clientSecret").replace(
    "      revocation: {action: revoke}\n", "      testActions: [{action: revoke}]\n"
)
NAMED = ACME.replace("SENT", "$.credentials.clientSecret")


@pytest.mark.parametrize(
    ("text", "domain", "reached"),
    [
        (CARRIED, "typed.example", []),
        (CARRIED, "eu", ["run", "proxied"]),
        (TESTED, "typed.example", ["link"]),
        (TESTED, "eu", ["run", "proxied"]),
        (NAMED, "typed.example", ["proxied"]),
        (NAMED, "eu", ["run", "proxied"]),
    ],
)
async def test_request_with_a_secret_of_the_operator_goes_to_no_host_that_was_typed(
    hub_with: HubWith, text: str, domain: str, reached: list[str]
) -> None:
    async with acme(hub_with, text) as (hub, server):
        linked = await link(hub, domain)
        if linked.status_code != 201:
            assert (reached, server.seen) == (["link"], [])
            return
        account = {"x-account-id": linked.json()["id"]}
        server.seen.clear()
        await hub.run(account["x-account-id"], "acme_revoke")
        await hub.api.post("/unified/proxy", headers=account, json={"path": "/me"})

    names = {"/revoke": "run", "/me": "proxied"}
    assert [names[seen.line.split()[1]] for seen in server.seen] == reached
