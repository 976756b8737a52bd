"""Tokens of a sign-in are kept like any other secret of an account, in generations."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from jackfield.accounts.access import load, open_credentials
from jackfield.accounts.tokens.store import load_tokens
from jackfield.accounts.verification import Candidate, verify
from jackfield.connect.models import ConnectSessionId, SessionTerms
from jackfield.connect.pending import service as pending
from jackfield.connect.verified_account import LinkTarget
from tests.support.actor import TESTER
from tests.support.clock import NOW
from tests.support.running import HubWith, Running
from tests.support.token_provider import (
    TokenProvider,
    document,
    named,
    profile_of,
    sign_in,
    token_provider,
)

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
async def oat(hub_with: HubWith) -> AsyncGenerator[tuple[Running, TokenProvider]]:
    async with (
        token_provider() as (provider, server),
        hub_with({"oat": document(server.url)}) as hub,
    ):
        yield hub, provider


async def stored(hub: Running, account_id: str) -> Any:
    async with hub.hub.db.read(hub.project.id) as tx:
        return await load_tokens(
            tx, hub.hub.vault, (await load(tx, hub.hub, account_id)).account.id
        )


async def test_actions_run_with_the_token_of_the_sign_in(
    oat: tuple[Running, TokenProvider],
) -> None:
    hub, provider = oat
    account = await sign_in(hub.hub, hub.project.id, provider.tokens(NOW))

    answer = await hub.run(account.id, "oat_me")

    assert answer.status_code == 200
    assert provider.calls == [named("a", 1)] * 2


async def test_no_token_stands_in_the_database_or_in_an_answer(
    oat: tuple[Running, TokenProvider],
) -> None:
    hub, provider = oat
    account = await sign_in(hub.hub, hub.project.id, provider.tokens(NOW, tenant="t-1234567"))
    shown = await hub.api.get(f"/accounts/{account.id}")

    rows = [
        await hub.hub.db.unscoped("select * from account_tokens"),
        await hub.hub.db.unscoped("select * from accounts"),
        await hub.hub.db.unscoped("select * from credentials"),
        await hub.hub.db.unscoped("select * from events"),
    ]
    for secret in (named("a", 1), named("r", 1), "t-1234567"):
        assert secret not in str(rows)
        assert secret not in shown.text


async def test_what_a_provider_echoes_of_a_token_is_masked(
    oat: tuple[Running, TokenProvider],
) -> None:
    hub, provider = oat
    account = await sign_in(hub.hub, hub.project.id, provider.tokens(NOW, tenant="t-1234567"))
    async with hub.hub.db.read(hub.project.id) as tx:
        access = await load(tx, hub.hub, account.id)

    credentials = open_credentials(hub.hub, access)

    said = credentials.redactor.text(f"{named('a', 1)} {named('r', 1)} t-1234567")
    assert said == "[redacted] [redacted] t-1234567"
    assert credentials.values["expiresIn"] == "3600"


async def test_signing_in_again_starts_another_generation(
    oat: tuple[Running, TokenProvider],
) -> None:
    hub, provider = oat
    account = await sign_in(hub.hub, hub.project.id, provider.tokens(NOW))
    await hub.run(account.id, "oat_me")
    first = await stored(hub, account.id)

    await sign_in(hub.hub, hub.project.id, provider.tokens(NOW), into=account)
    await hub.run(account.id, "oat_me")

    second = await stored(hub, account.id)
    assert second.state.generation > first.state.generation
    assert provider.calls[-1] == named("a", 2)


async def test_tokens_go_with_their_account(oat: tuple[Running, TokenProvider]) -> None:
    hub, provider = oat
    account = await sign_in(hub.hub, hub.project.id, provider.tokens(NOW))

    await hub.api.delete(f"/accounts/{account.id}")

    assert list(await hub.hub.db.unscoped("select * from account_tokens")) == []
    assert list(await hub.hub.db.unscoped("select * from credentials")) == []


@pytest.mark.parametrize("verb", ["confirm", "refuse"])
async def test_tokens_wait_for_the_confirmation_of_a_link(
    oat: tuple[Running, TokenProvider], verb: str
) -> None:
    hub, provider = oat
    connector = hub.hub.catalog.get("oat")
    profile = await profile_of(hub.hub, hub.project.id)
    candidate = Candidate(
        hub.project.id, "acme", "Acme", profile, connector, connector.auth_methods[0], {},
        tokens=provider.tokens(NOW),
    )  # fmt: skip
    verified = await verify(hub.hub, candidate)
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        into = LinkTarget(SessionTerms("acme", "Acme"))
        link = await pending.add(tx, hub.hub.vault, verified, into, ConnectSessionId(1))

    decided = (await hub.api.post(f"/jackfield/pending_links/{link.id}/{verb}")).json()

    if verb == "confirm":
        assert (await hub.run(decided["account_id"], "oat_me")).status_code == 200
    else:
        assert list(await hub.hub.db.unscoped("select * from credentials")) == []


@pytest.mark.parametrize("kind", ["client_credentials", "session_token"])
async def test_a_method_without_a_sign_in_gets_its_first_tokens_from_what_was_filled_in(
    hub_with: HubWith, kind: str
) -> None:
    async with token_provider() as (provider, server):
        text = document(server.url).replace("authorization_code", "client_credentials")
        text = (
            text.replace(
                "setupFields: [{key: client, label: Client, type: text, required: false}]", ""
            )
            .replace(
                "configFields: []",
                "configFields: [{key: key, label: Key, type: password, required: true, secret: true}]",
            )
            .replace("$.credentials.refreshToken", "$.credentials.key")
        )
        if kind == "session_token":
            text = text.replace("type: oauth2\n", "type: custom\n")
            text = text.replace("authorization: {type: oauth2", "authorization: {type: bearer")
        async with hub_with({"oat": text}) as hub:
            provider.refresh = "the-right-key"
            account_id = await hub.link_to("oat", {"key": "the-right-key"})
            session = await hub.session(provider="oat", multiple=True)
            wrong = await hub.submit(session["token"], {"key": "another-key"}, provider="oat")

            ran = await hub.run(account_id, "oat_me")
            assert ran.status_code == 200, ran.text
            assert provider.requests == ["the-right-key", "another-key"]
            assert wrong.json()["code"] == "credential_rejected"
