"""An account of a hub at the sandbox, signed in as a person does."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

import yaml

from jackfield.kit.json import Json
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.oauth.flow import connector_of
from tests.support.clock import FrozenClock
from tests.support.oakdale import Browser
from tests.support.running import HubWith, Running

CALLBACK = "https://hub.test/connect/oauth2/rowan/callback"


@dataclass
class Rowan:
    """A hub that has an account at the sandbox."""

    hub: Running
    idp: OAuthSandbox
    client: Client
    clock: FrozenClock
    account: str

    async def later(self) -> int:
        """Return how a call is answered when the tokens have ended."""
        self.clock.advance(hours=2)
        return await self.call()

    async def call(self) -> int:
        return (await self.hub.run(self.account, "rowan_me")).status_code

    @property
    def requests(self) -> list[dict[str, str]]:
        return [dict(parse_qsl(each.body)) for each in self.idp.requests(self.client, "token")]


RowanWith: TypeAlias = Callable[..., AbstractAsyncContextManager[Rowan]]


@asynccontextmanager
async def rowan(
    hub_with: HubWith,
    idp: OAuthSandbox,
    clock: FrozenClock,
    *behaviors: str,
    authorization: str,
    renewal: Mapping[str, Any] | None = None,
    method: Mapping[str, Any] | None = None,
    **settings: Json,
) -> AsyncGenerator[Rowan]:
    """Sign in by a hub at a client of the sandbox, whose `settings` are those of its behaviors."""
    client = idp.add_client(
        behaviors=behaviors, secret="s3cret-of-rowan", redirect_uris=[CALLBACK], **settings
    )
    action = {"actionId": "renew", "categories": ["internal"], "actionType": "refresh_token"}
    steps = {"refreshAuthentication": {"action": {**action, **renewal}}} if renewal else {}
    connector = connector_of(
        f"clientId: {client.id}\nclientSecret: {client.secret}\n{authorization}",
        idp.url,
        testActions=[{"action": "me"}],
        identity={"action": "me", "values": "$.output.email"},
        **steps,
        **(method or {}),
    )
    text = yaml.safe_dump(connector.compilation.document)
    text = (
        text.replace("URL", idp.url)
        .replace("CLIENT", client.id)
        .replace("SECRET", str(client.secret))
    )
    async with hub_with({"rowan": text}) as hub:
        browser = Browser.of(hub, "rowan")
        asked = await browser.leave(hub)
        back = idp.approve(f"{idp.url}/authorize?{urlencode(asked)}")
        await browser.come_back(**dict(parse_qsl(urlsplit(back).query)))
        ended = await browser.attempt(asked)
        assert ended["status"] == "authenticated", ended
        yield Rowan(hub, idp, client, clock, ended["account"]["id"])
