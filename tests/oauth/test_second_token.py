"""A second token of a sign-in is renewed when it ends, by its own refresh token."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from jackfield.sandbox.oauth.grants import Family
from jackfield.sandbox.oauth.server import OAuthSandbox
from jackfield.worker.token_renewal import renew_due
from tests.oauth.flow import connector_of, flow
from tests.oauth.rowan import Rowan, RowanWith

pytestmark = [pytest.mark.anyio, pytest.mark.database]

SECOND = "secondToken: {name: user, at: authed_user}"


@pytest.fixture
async def two(rowan_with: RowanWith) -> AsyncGenerator[Rowan]:
    """An account whose calls carry the second token, which lasts ten minutes of the first's hour."""
    async with rowan_with(
        "reply.two_tokens",
        authorization=f"{SECOND}\ntoken: $.credentials.userToken",
        method={"revocation": {"url": "URL/revoke"}},
        user_token_lifetime=600,
    ) as account:
        yield account


def grants(account: Rowan) -> tuple[Family, Family]:
    """Return the grants of the first token and of the second."""
    first, second = account.idp.families(account.client)
    return first, second


async def status(account: Rowan) -> Any:
    return (await account.hub.api.get(f"/accounts/{account.account}")).json()


async def test_each_token_is_renewed_when_it_ends_and_the_other_one_stays(two: Rowan) -> None:
    generations: list[tuple[int, ...]] = []
    for minutes in (5, 6, 50, 11):
        two.clock.advance(minutes=minutes)
        assert await two.call() == 200
        generations.append(tuple(each.generation for each in grants(two)))

    assert generations == [(0, 0), (0, 1), (1, 2), (1, 3)]
    assert [each.reuses for each in grants(two)] == [0, 0]


async def test_worker_renews_the_token_that_ends_next(two: Rowan) -> None:
    two.clock.advance(minutes=9, seconds=45)
    await renew_due(two.hub.hub)
    after_ten = tuple(each.generation for each in grants(two))
    two.clock.advance(minutes=49)
    for _ in range(2):
        await renew_due(two.hub.hub)

    assert after_ten == (0, 1)
    assert tuple(each.generation for each in grants(two)) == (1, 2)


async def test_second_token_that_is_refused_is_renewed_and_the_read_repeated(two: Rowan) -> None:
    two.clock.advance(minutes=2)
    token = grants(two)[1].latest_access
    assert token is not None
    token.revoked = True

    answer = await two.call()

    assert answer == 200
    assert grants(two)[1].generation == 1


async def test_refused_grant_names_the_token_that_it_was_for(two: Rowan) -> None:
    two.idp.authority.grants.revoke(grants(two)[1], "revoked by the person")
    two.clock.advance(minutes=11)

    refused = (await two.hub.run(two.account, "rowan_me")).json()
    shown = await status(two)

    assert refused["code"] == "grant_refused"
    assert "`userToken`" in refused["message"]
    assert [each["code"] for each in shown["status_reasons"]] == ["needs_relink"]
    assert "`userToken`" in shown["status_reasons"][0]["description"]
    assert grants(two)[0].generation == 0


async def test_outage_for_one_token_leaves_both_as_they_are(two: Rowan) -> None:
    two.clock.advance(minutes=11)
    two.idp.add_fault(two.client, endpoint="token", status=503)

    failed, then = await two.call(), await two.call()

    assert (failed, then) == (503, 200)
    assert [(each.generation, each.reuses) for each in grants(two)] == [(0, 0), (1, 0)]
    assert (await status(two))["status"] == "active"


async def test_both_are_revoked_when_the_account_is_deleted(two: Rowan) -> None:
    ended = (await two.hub.api.delete(f"/accounts/{two.account}")).json()

    assert ended["revocation"]["result"] == "revoked"
    assert [each.revoked for each in grants(two)] == ["revoked", "revoked"]


async def test_sign_in_that_gives_one_token_renews_that(rowan_with: RowanWith) -> None:
    async with rowan_with(authorization=SECOND) as account:
        assert await account.later() == 200
        assert [each.generation for each in account.idp.families(account.client)] == [1]


async def test_second_token_has_its_own_credentials(idp: OAuthSandbox) -> None:
    async with flow(
        idp, "reply.two_tokens", authorization=SECOND, user_token_lifetime=600
    ) as account:
        tokens = await account.sign_in()

    assert tokens.second is not None
    assert tokens.second.expires_at is not None
    assert (tokens.second.expires_at - idp.clock()).total_seconds() == 600
    assert {"userToken", "userRefreshToken"} < tokens.values.keys()


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("access", {}),
        ("user", {"refreshAuthentication": {"action": {"actionId": "renew", "steps": []}}}),
    ],
)
def test_connector_cannot_say_two_things_about_a_token(name: str, more: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="secondToken"):
        connector_of(f"secondToken: {{name: {name}, at: x}}", "https://rowan.example", **more)
