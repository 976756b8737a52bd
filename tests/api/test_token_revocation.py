"""Tokens are revoked at the provider's own address for it, by the OAuth app that got them."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest

from jackfield.worker.token_renewal import renew_due
from tests.support.clock import NOW, FrozenClock
from tests.support.running import HubWith, Running
from tests.support.scripted import Answer, Seen, reply, scripted
from tests.support.token_provider import TokenProvider, document, named, sign_in

pytestmark = [pytest.mark.anyio, pytest.mark.database]

DONE = reply("")
CLIENT = ", tokenUrl: '{}/token', clientId: app, clientSecret: 's+1', clientAuthentication: basic"


@dataclass(slots=True)
class Revoking(TokenProvider):
    revoked: list[Seen] = field(default_factory=list[Seen])
    revoking: Answer = DONE

    async def answer(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        if "/revoke" not in seen.line:
            await TokenProvider.answer(self, writer, seen)
            return
        self.revoked.append(seen)
        self.access = set()
        await self.revoking(writer, seen)


@pytest.fixture(params=["refreshToken"])
async def oat(
    request: pytest.FixtureRequest, hub_with: HubWith
) -> AsyncGenerator[tuple[Running, Revoking]]:
    provider = Revoking()
    async with scripted(provider.answer) as server:
        text = document(server.url, more=CLIENT.format(server.url))
        way = f"      revocation: {{url: '{server.url}/revoke', token: {request.param}}}\n"
        text = text.replace("      testActions:", f"{way}      testActions:", 1)
        async with hub_with({"oat": text}) as hub:
            yield hub, provider


@pytest.mark.parametrize("oat", ["refreshToken", "accessToken", "both"], indirect=True)
async def test_the_tokens_that_the_connector_names_are_revoked(
    oat: tuple[Running, Revoking], request: pytest.FixtureRequest
) -> None:
    hub, provider = oat
    account = await sign_in(hub.hub, hub.project.id, provider.tokens(NOW))

    ended = (await hub.api.delete(f"/accounts/{account.id}")).json()["revocation"]

    every = [
        {"token": named("r", 1), "token_type_hint": "refresh_token"},
        {"token": named("a", 1), "token_type_hint": "access_token"},
    ]
    wanted = {"refreshToken": every[:1], "accessToken": every[1:], "both": every}
    named_way = request.node.callspec.params["oat"]
    assert [dict(parse_qsl(each.body.decode())) for each in provider.revoked] == wanted[named_way]
    said = {each.headers["authorization"] for each in provider.revoked}
    assert said == {f"Basic {b64encode(b'app:s%2B1').decode()}"}
    assert (ended["result"], ended["proved"]) == ("revoked", True)
    assert list(await hub.hub.db.unscoped("select * from account_tokens")) == []


async def test_a_sign_in_without_a_refresh_token_has_its_access_token_revoked(
    oat: tuple[Running, Revoking],
) -> None:
    hub, provider = oat
    tokens = provider.tokens(NOW)
    alone = replace(tokens, values={"accessToken": tokens.values["accessToken"]})
    account = await sign_in(hub.hub, hub.project.id, alone)

    await hub.api.delete(f"/accounts/{account.id}")

    (asked,) = provider.revoked
    assert dict(parse_qsl(asked.body.decode()))["token"] == named("a", 1)


async def test_no_token_is_in_the_answer_or_an_event(oat: tuple[Running, Revoking]) -> None:
    hub, provider = oat
    account = await sign_in(hub.hub, hub.project.id, provider.tokens(NOW))

    ended = await hub.api.post(f"/jackfield/accounts/{account.id}/suspend?revoke=true")

    told = str(await hub.hub.db.unscoped("select body from events"))
    assert (ended.json()["status"], ended.json()["revocation"]["result"]) == (
        "suspended",
        "revoked",
    )
    for secret in (named("a", 1), named("r", 1)):
        assert secret not in ended.text + told


async def test_tokens_that_are_on_their_way_are_awaited_before_they_are_revoked(
    oat: tuple[Running, Revoking], clock: FrozenClock
) -> None:
    hub, provider = oat
    account = await sign_in(hub.hub, hub.project.id, provider.tokens(NOW))
    until = clock.now + timedelta(seconds=2)
    await hub.hub.db.unscoped("update account_tokens set leased_until = :until", until=until)

    ended = (await hub.api.delete(f"/accounts/{account.id}")).json()["revocation"]

    assert (ended["result"], clock.now >= until) == ("revoked", True)


async def test_an_account_that_is_ending_gets_no_other_tokens(
    oat: tuple[Running, Revoking], clock: FrozenClock
) -> None:
    hub, provider = oat
    account = await sign_in(hub.hub, hub.project.id, provider.tokens(NOW))
    seen = list[int]()

    async def meanwhile(writer: asyncio.StreamWriter, asked: Seen) -> None:
        clock.advance(hours=2)
        await renew_due(hub.hub)
        seen.append(len(provider.requests))
        await DONE(writer, asked)

    provider.revoking = meanwhile
    await hub.api.delete(f"/accounts/{account.id}")

    assert seen == [0]


@pytest.mark.parametrize("seconds", [60, 3600])
async def test_an_access_token_that_may_have_expired_proves_no_revocation(
    oat: tuple[Running, Revoking], clock: FrozenClock, seconds: int
) -> None:
    hub, provider = oat
    account = await sign_in(hub.hub, hub.project.id, provider.tokens(NOW))
    provider.revoking = reply("{}", status=404)
    clock.advance(seconds=seconds)

    ended = (await hub.api.delete(f"/accounts/{account.id}")).json()["revocation"]

    assert (ended["result"], ended["proved"]) == ("failed", False)
