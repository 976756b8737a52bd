"""The worker asks a provider about tokens whose end is told by introspection alone."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from jackfield.kit.errors import EgressBlocked
from jackfield.kit.json import Json
from jackfield.sandbox.oauth.server import OAuthSandbox
from jackfield.worker.token_introspection import introspect_due
from jackfield.worker.token_renewal import renew_due
from tests.oauth.flow import flow
from tests.oauth.rowan import Rowan, RowanWith

pytestmark = [pytest.mark.anyio, pytest.mark.database]

ASKED = "introspectionUrl: URL/introspect"
BASIC = "\nclientAuthentication: basic"
BEARER = """
introspectionParams: {client_id: "", client_secret: ""}
introspectionRequest: {headers: {Authorization: "Bearer ${credentials.accessToken}"}}"""


@pytest.fixture
async def told(rowan_with: RowanWith) -> AsyncGenerator[Rowan]:
    """An account whose tokens come without an end, though they last for an hour."""
    async with rowan_with("reply.expires_as", authorization=ASKED, expires_as="missing") as account:
        yield account


def asked(account: Rowan) -> int:
    return len(account.idp.requests(account.client, "introspect"))


def renewals(account: Rowan) -> int:
    (family,) = account.idp.families(account.client)
    return family.generation


def end(account: Rowan) -> None:
    """End the access token at the provider, as an administrator does with a session."""
    (family,) = account.idp.families(account.client)
    assert family.latest_access is not None
    family.latest_access.revoked = True


async def work(account: Rowan, *, minutes: int) -> None:
    """Let time pass, and the worker do its jobs every minute."""
    for _ in range(minutes):
        await introspect_due(account.hub.hub)
        await renew_due(account.hub.hub)
        account.clock.advance(minutes=1)


async def test_token_is_renewed_before_the_end_that_was_asked_for(told: Rowan) -> None:
    await work(told, minutes=55)
    early = renewals(told)
    await work(told, minutes=5)

    assert (early, renewals(told)) == (0, 1)


async def test_it_is_asked_when_tokens_come_and_then_about_every_quarter_of_an_hour(
    told: Rowan,
) -> None:
    counts: list[int] = []
    for minutes in (1, 10, 5, 34):
        await work(told, minutes=minutes)
        counts.append(asked(told))

    assert counts[:2] == [1, 1]
    assert counts[2] == 2
    assert 4 <= counts[3] <= 5


async def test_no_call_asks(told: Rowan) -> None:
    await told.call()

    assert asked(told) == 0


async def test_two_workers_ask_once(told: Rowan) -> None:
    await asyncio.gather(*(introspect_due(told.hub.hub) for _ in range(2)))

    assert asked(told) == 1


async def test_inactive_token_is_renewed_and_the_account_lives(told: Rowan) -> None:
    await work(told, minutes=1)
    end(told)
    await work(told, minutes=16)
    calls = len(told.idp.requests(told.client, "api"))

    answer = await told.call()

    assert (answer, renewals(told)) == (200, 1)
    assert len(told.idp.requests(told.client, "api")) == calls + 1
    shown = (await told.hub.api.get(f"/accounts/{told.account}")).json()
    assert shown["status"] == "active"


async def test_provider_that_calls_all_tokens_inactive_is_not_asked_for_new_ones_all_the_time(
    told: Rowan,
) -> None:
    told.idp.add_fault(
        told.client, endpoint="introspect", status=200, body='{"active": false}', times=None
    )
    await work(told, minutes=60)

    assert 3 <= renewals(told) <= 5
    assert await told.call() == 200


async def test_provider_that_says_all_tokens_end_at_once_is_not_asked_for_new_ones_all_the_time(
    told: Rowan,
) -> None:
    soon = int(told.clock().timestamp()) + 600
    told.idp.add_fault(
        told.client,
        endpoint="introspect",
        status=200,
        body=f'{{"active": true, "exp": {soon}}}',
        times=None,
    )
    told.clock.advance(minutes=9, seconds=58)
    for _ in range(30):
        await introspect_due(told.hub.hub)
        await renew_due(told.hub.hub)
        told.clock.advance(seconds=1)

    assert renewals(told) <= 1
    assert await told.call() == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 429},
        {"status": 401, "error": "invalid_client"},
        {"status": 400, "error": "invalid_grant"},
        {"status": 200, "body": "<html>Maintenance</html>"},
        {"status": 200, "body": "[]"},
        {"status": 200, "body": '{"active": "no"}'},
        {"kind": "reset"},
    ],
)
async def test_introspection_that_fails_changes_nothing_and_is_tried_later(
    told: Rowan, fault: dict[str, Json]
) -> None:
    told.idp.add_fault(told.client, endpoint="introspect", **fault)
    await work(told, minutes=10)
    failed, unknown = asked(told), renewals(told)
    await work(told, minutes=50)

    assert (failed, unknown, renewals(told)) == (1, 0, 1)
    shown = (await told.hub.api.get(f"/accounts/{told.account}")).json()
    assert shown["status"] == "active"


async def test_token_whose_end_is_told_is_not_asked_about(rowan_with: RowanWith) -> None:
    async with rowan_with(authorization=ASKED) as account:
        await work(account, minutes=30)

        assert asked(account) == 0


@pytest.mark.parametrize(
    ("behaviors", "more"),
    [((), ""), (("token.basic_only",), BASIC), (("introspect.bearer",), BEARER)],
)
async def test_provider_is_asked_in_its_way(
    idp: OAuthSandbox, behaviors: tuple[str, ...], more: str
) -> None:
    async with flow(idp, *behaviors, authorization=ASKED + more) as account:
        await account.sign_in()
        life = await account.endpoint().introspect()

    assert life.is_active
    assert life.expires_at is not None
    assert (life.expires_at - idp.clock()).total_seconds() == 3600


async def test_provider_is_asked_where_the_connector_declares_alone(idp: OAuthSandbox) -> None:
    written = """
additionalTokenFields: {server: $.server}
introspectionUrl: ${credentials.server}/introspect"""
    async with flow(
        idp, "reply.extra", authorization=written, reply_extra={"server": "https://evil.example"}
    ) as account:
        await account.sign_in()

        with pytest.raises(EgressBlocked):
            await account.endpoint().introspect()
