"""Ways of providers to revoke what a sign-in gave: each ends it, and is proved by the API's refusal."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import yaml

from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.oauth.flow import Flow, connector_of, flow
from tests.support.running import HubWith, Running
from tests.support.token_provider import sign_in

pytestmark = pytest.mark.anyio


def request_to(url: str, method: str, **parameters: Any) -> dict[str, Any]:
    """Return a revocation by an action that is one request."""
    call = {"functionName": "request", "parameters": {"url": url, "method": method, **parameters}}
    steps = [{"stepId": "end", "stepFunction": call}]
    return {
        "action": {
            "actionId": "end", "actionType": "custom", "categories": ["internal"], "steps": steps,
        }
    }  # fmt: skip


BODY = [{"name": "access_token", "value": "$.credentials.accessToken", "in": "body"}]
CLIENT = {"type": "basic", "username": "CLIENT", "password": "SECRET"}
HOST = "additionalTokenFields: {apiDomain: $.api_domain}"
BY_TOKEN = {"url": "URL/revoke"}
WAYS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "an address for tokens": ((), BY_TOKEN),
    "an address for tokens, which is sent the access token": (
        (),
        {**BY_TOKEN, "token": "accessToken"},
    ),
    "an address on the host that came with the tokens": (
        (),
        {"url": "${credentials.apiDomain}/revoke"},
    ),
    "the access token itself": (("revoke.bearer",), request_to("/revoke", "post")),
    "the deletion of a grant": (
        ("revoke.delete_grant",),
        request_to("/applications/CLIENT/grant", "delete", authorization=CLIENT, args=BODY),
    ),
    "the deletion of a refresh token": (
        ("revoke.delete_token",),
        request_to("/refresh-tokens/${credentials.refreshToken}", "delete"),
    ),
}


@asynccontextmanager
async def revoking(
    idp: OAuthSandbox, hub_with: HubWith, behaviors: tuple[str, ...], way: Mapping[str, Any]
) -> AsyncGenerator[tuple[Running, Flow]]:
    """Open a hub whose connector revokes in this way, and a sign-in at its provider."""
    async with flow(
        idp,
        *behaviors,
        "reply.api_host",
        authorization=HOST,
        secret="s3cret-of-rowan",
        api_host=idp.url,
    ) as signed:
        connector = connector_of(
            f"clientId: {signed.client.id}\nclientSecret: {signed.client.secret}\n{HOST}",
            idp.url,
            testActions=[{"action": "me"}],
            identity={"action": "me", "values": "$.output.email"},
            revocation=dict(way),
        )
        text = yaml.safe_dump(connector.compilation.document)
        for name, value in {
            "URL": idp.url, "CLIENT": signed.client.id, "SECRET": signed.client.secret,
        }.items():  # fmt: skip
            text = text.replace(name, value)
        async with hub_with({"rowan": text}) as hub:
            yield hub, signed


async def link(hub: Running, signed: Flow, owner: str = "acme") -> str:
    tokens = await signed.sign_in()
    return (await sign_in(hub.hub, hub.project.id, tokens, key="rowan", owner=owner)).id


async def end(hub: Running, account_id: str) -> tuple[str, bool]:
    answer = (await hub.api.delete(f"/accounts/{account_id}")).json()
    return answer["revocation"]["result"], answer["revocation"]["proved"]


@pytest.mark.parametrize("name", WAYS)
async def test_what_a_sign_in_gave_is_revoked_in_the_providers_way(
    idp: OAuthSandbox, hub_with: HubWith, name: str
) -> None:
    behaviors, way = WAYS[name]
    async with revoking(idp, hub_with, behaviors, way) as (hub, signed):
        account_id = await link(hub, signed)

        assert await end(hub, account_id) == ("revoked", True)


@pytest.mark.parametrize(
    ("behavior", "result"),
    [("revoke.no_effect", "revoked"), ("revoke.unsupported", "failed")],
)
async def test_a_revocation_without_effect_is_not_proved(
    idp: OAuthSandbox, hub_with: HubWith, behavior: str, result: str
) -> None:
    async with revoking(idp, hub_with, (behavior,), BY_TOKEN) as (hub, signed):
        account_id = await link(hub, signed)

        assert await end(hub, account_id) == (result, False)


async def test_a_grant_that_two_accounts_share_outlives_the_first_of_them(
    idp: OAuthSandbox, hub_with: HubWith
) -> None:
    way = {**BY_TOKEN, "sharedGrant": True}
    async with revoking(idp, hub_with, ("revoke.shared_grant",), way) as (hub, signed):
        linked = [await link(hub, signed, owner) for owner in ("acme", "globex")]

        first = await end(hub, linked[0])
        twin = await hub.run(linked[1], "rowan_me")

        assert (first, twin.status_code) == (("not_applicable", False), 200)
        assert await end(hub, linked[1]) == ("revoked", True)
