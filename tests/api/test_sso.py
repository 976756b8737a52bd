"""Sign-in of members at their identity provider: who joins, with which role, and who does not come back."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from jackfield.kit.secret import Secret
from jackfield.members import service as members
from jackfield.members.models import Role
from jackfield.members.repo import Memberships, find_member
from jackfield.members.service import Authority
from jackfield.oidc_settings import GroupRole, OidcSettings
from jackfield.projects import service as projects
from jackfield.sandbox.oauth.server import serve
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.identity_provider import (
    IdentityProvider,
    come_back,
    identity_provider,
    leave,
    sign_in,
)
from tests.support.members import browser, member
from tests.support.running import HubWith, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

MAP = (GroupRole("staff", "viewer"), GroupRole("/hub-admins", "admin"), GroupRole("boss", "owner"))


@pytest.fixture
async def idp(clock: FrozenClock) -> AsyncGenerator[IdentityProvider]:
    async with identity_provider(clock) as running:
        yield running


async def roles(hub: Running) -> dict[str, str]:
    async with hub.hub.db.read(hub.project.id) as tx:
        return {each.email: each.role.value for each in await Memberships(tx).all()}


async def enter(hub: Running) -> int:
    async with browser(hub) as opened:
        return (await sign_in(opened)).status_code


async def test_who_signs_in_at_the_sandbox_is_a_member_with_the_role_of_their_company(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    async with serve(clock=clock) as sandbox:
        client = sandbox.add_client(
            redirect_uris=["https://hub.test/dashboard/sign-in/sso/callback"]
        )
        settings = OidcSettings(
            sandbox.url, client.id, Secret(client.secret), role_map=(GroupRole("acme", "admin"),)
        )
        async with hub_with(oidc=settings) as hub, browser(hub) as opened:
            begun = await opened.get("/dashboard/sign-in/sso", params={"next": "/dashboard/keys"})
            callback = sandbox.approve(begun.headers["location"], person="ada")
            done = await opened.get(callback.removeprefix("https://hub.test"))
            page = await opened.get(done.headers["location"])
            denied = sandbox.deny((await opened.get("/dashboard/sign-in/sso")).headers["location"])
            refused = await opened.get(denied.removeprefix("https://hub.test"))
            other = await opened.get("/dashboard/sign-in/sso")
            stranger = sandbox.approve(other.headers["location"], person="kim")
            unknown = await opened.get(stranger.removeprefix("https://hub.test"))
            found = await roles(hub)

    assert (done.status_code, done.headers["location"]) == (303, "/dashboard/keys")
    assert "Ada Byron" in page.text
    assert found == {"ada@acme.example": "admin"}
    assert (refused.status_code, unknown.status_code) == (403, 403)
    assert "none of your groups" in unknown.text


async def test_the_role_follows_the_groups_at_each_sign_in(
    hub_with: HubWith, idp: IdentityProvider
) -> None:
    seen: list[Any] = []
    async with hub_with(oidc=idp.settings(role_map=MAP)) as hub:
        await member(hub, "olga@example.com", Role.OWNER)
        for groups in (["staff"], ["staff", "hub-admins"], "boss", ["staff"], [], ["other"]):
            idp.claims = {"groups": groups}
            seen.append((await enter(hub), (await roles(hub)).get("ada@example.com")))
        idp.claims = {"groups": ["staff"]}
        seen.append((await enter(hub), (await roles(hub)).get("ada@example.com")))

    assert seen == [
        (303, "viewer"),
        (303, "admin"),
        (303, "owner"),
        (303, "viewer"),
        (403, None),
        (403, None),
        (303, "viewer"),
    ]


async def test_groups_have_roles_in_several_projects(
    hub_with: HubWith, idp: IdentityProvider
) -> None:
    mapped = (
        GroupRole("a", "viewer"),
        GroupRole("b", "admin", "acme"),
        GroupRole("b", "viewer", "not there"),
    )
    async with hub_with(oidc=idp.settings(role_map=mapped)) as hub:
        acme = await projects.ensure_project(hub.hub, TESTER, "acme")
        idp.claims = {"groups": ["a", "b"]}
        both = await enter(hub)
        ada = await find_member(hub.hub.db, "ada@example.com")
        assert ada is not None
        async with hub.hub.db.read(acme.id) as tx:
            there = await Memberships(tx).role_of(ada.id)
        here = await roles(hub)

    assert (both, there, here) == (303, Role.ADMIN, {"ada@example.com": "viewer"})


async def test_a_removed_member_does_not_come_back_by_signing_in(
    hub_with: HubWith, idp: IdentityProvider
) -> None:
    async with hub_with(oidc=idp.settings(role_map=MAP)) as hub:
        await member(hub, "olga@example.com", Role.OWNER)
        idp.claims = {"groups": ["hub-admins"]}
        first = await enter(hub)
        async with hub.hub.db.write(hub.project.id, TESTER) as tx:
            ada = await members.find(hub.hub, tx, "ada@example.com")
            await members.remove(tx, Authority(), ada.id)
        second = await enter(hub)
        async with hub.hub.db.write(hub.project.id, TESTER) as tx:
            await members.invite(tx, Authority(), "ada@example.com", Role.VIEWER)
        third = await enter(hub)
        found = await roles(hub)

    assert (first, second, third) == (303, 403, 303)
    assert found == {"ada@example.com": "viewer", "olga@example.com": "owner"}


async def test_the_role_that_people_gave_and_the_last_owner_stay(
    hub_with: HubWith, idp: IdentityProvider
) -> None:
    async with hub_with(oidc=idp.settings(role_map=MAP)) as hub:
        idp.claims = {"groups": ["boss"]}
        await enter(hub)
        idp.claims = {"groups": ["staff"]}
        kept = (await enter(hub), (await roles(hub))["ada@example.com"])
        idp.claims = {"groups": []}
        still = (await enter(hub), (await roles(hub))["ada@example.com"])
        await member(hub, "bea@example.com", Role.ADMIN)
        idp.claims = {"sub": "b", "email": "bea@example.com", "groups": ["staff"]}
        by_hand = (await enter(hub), (await roles(hub))["bea@example.com"])

    assert (kept, still, by_hand) == ((303, "owner"), (303, "owner"), (303, "admin"))


@pytest.mark.parametrize(
    ("domains", "expected"), [(("example.com",), (303, "viewer")), ((), (403, None))]
)
async def test_without_a_role_map_people_of_a_domain_join_as_viewers_and_others_are_invited(
    hub_with: HubWith, idp: IdentityProvider, domains: tuple[str, ...], expected: Any
) -> None:
    async with hub_with(oidc=idp.settings(domains=domains)) as hub:
        seen = (await enter(hub), (await roles(hub)).get("ada@example.com"))

    assert seen == expected


async def test_an_invite_is_accepted_by_signing_in_with_its_address(
    hub_with: HubWith, idp: IdentityProvider
) -> None:
    async with hub_with(oidc=idp.settings(), sso_only=True) as hub:
        theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
        for project, role in ((hub.project, Role.ADMIN), (theirs, Role.OWNER)):
            async with hub.hub.db.write(project.id, TESTER) as tx:
                made = await members.invite(tx, Authority(), "ada@example.com", role)
        path = f"/dashboard/invite?token={made.token.reveal()}"
        async with browser(hub) as opened:
            page = await opened.get(path)
            forged = await opened.post(
                "/dashboard/invite", data={"token": made.token.reveal(), "password": "x" * 30}
            )
            asked = await leave(opened, path)
            done = await come_back(opened, code=asked["nonce"], state=asked["state"])
            listed = await opened.get("/dashboard/projects")
        found = await roles(hub)

    assert "Join with your organization" in page.text
    assert forged.status_code == 403
    assert done.status_code == 303
    assert found == {"ada@example.com": "admin"}
    assert "theirs" in listed.text


async def test_an_address_that_only_the_user_info_has_is_asked_for(
    hub_with: HubWith, idp: IdentityProvider
) -> None:
    idp.claims = {"email": ..., "email_verified": ...}
    verified = {"email": "ada@example.com", "email_verified": True}
    async with hub_with(oidc=idp.settings(domains=("example.com",))) as hub:
        idp.user_info = {"sub": "another", **verified}
        foreign = await enter(hub)
        idp.user_info = {"sub": "subject-1", **verified}
        own = await enter(hub)

    assert (foreign, own) == (403, 303)


async def test_a_provider_that_refuses_the_code_or_is_away_signs_nobody_in(
    hub_with: HubWith, idp: IdentityProvider
) -> None:
    async with hub_with(oidc=idp.settings(domains=("example.com",))) as hub:
        idp.status = 400
        refused = await enter(hub)
        async with browser(hub) as opened:
            asked = await leave(opened)
            answer = await come_back(
                opened, error="access_denied", error_description="<b>x</b>", state=asked["state"]
            )
    gone = OidcSettings("http://127.0.0.1:9", "hub")
    async with hub_with(oidc=gone) as hub, browser(hub) as opened:
        away = await opened.get("/dashboard/sign-in/sso")

    assert (refused, answer.status_code, away.status_code) == (403, 403, 502)
    assert "<b>" not in answer.text


async def test_a_hub_without_a_provider_says_so(hub: Running) -> None:
    async with browser(hub) as opened:
        page = await opened.get("/dashboard/sign-in")
        begun = await opened.get("/dashboard/sign-in/sso")

    assert "organization" not in page.text
    assert begun.status_code == 403
