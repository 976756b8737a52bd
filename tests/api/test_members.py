"""Members of a project: invites, roles, removal, and the last owner."""

import asyncio
import re

import httpx2
import pytest

from jackfield.members import service as members
from jackfield.members.models import (
    AlreadyInvited,
    AlreadyMember,
    InvalidEmail,
    LastOwner,
    Role,
    RoleTooLow,
)
from jackfield.members.repo import Memberships
from jackfield.members.service import Authority
from jackfield.projects import service as projects
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.members import PASSWORD, browser, member, sign_in, with_password
from tests.support.running import PUBLIC_URL, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def invite(opened: httpx2.AsyncClient, email: str, role: str = "viewer") -> str:
    """Make an invite on the page of members, and return its path."""
    made = await opened.post("/dashboard/members", data={"email": email, "role": role})
    assert made.status_code == 200, made.text
    return link_of(made)


def link_of(page: httpx2.Response) -> str:
    found = re.search(r'value="(https://hub\.test/dashboard/invite\?token=jf_iv_[^"]+)"', page.text)
    assert found is not None
    return found[1].removeprefix(PUBLIC_URL)


async def accept(opened: httpx2.AsyncClient, path: str, **data: str) -> httpx2.Response:
    token = path.partition("token=")[2]
    given = {"name": "Ada", "password": PASSWORD, **data}
    return await opened.post("/dashboard/invite", data={"token": token, **given})


async def roles(hub: Running) -> dict[str, str]:
    async with hub.hub.db.read(hub.project.id) as tx:
        return {each.email: each.role.value for each in await Memberships(tx).all()}


async def test_who_is_invited_sets_a_password_and_is_a_member(hub: Running) -> None:
    owner = await member(hub, "olga@example.com", Role.OWNER)
    async with browser(hub, owner) as opened:
        path = await invite(opened, " Ada@Example.COM ", "admin")
        listed = await opened.get("/dashboard/members")
    assert "jf_iv_" not in listed.text

    async with browser(hub) as opened:
        asked = await opened.get(path)
        joined = await accept(opened, path)
        page = await opened.get("/dashboard/members")
        again = await accept(opened, path)

    assert "ada@example.com" in asked.text
    assert (joined.status_code, page.status_code, again.status_code) == (303, 200, 410)
    assert await roles(hub) == {"ada@example.com": "admin", "olga@example.com": "owner"}
    async with browser(hub) as opened:
        assert (await sign_in(opened, "ADA@example.com")).status_code == 303


async def test_an_invite_ends_by_time_by_being_canceled_and_by_being_replaced(
    hub: Running, clock: FrozenClock
) -> None:
    owner = await member(hub, "olga@example.com", Role.OWNER)
    async with browser(hub, owner) as opened:
        late = await invite(opened, "late@example.com")
        clock.advance(days=7, seconds=1)
    async with browser(hub, owner) as opened:
        canceled = await invite(opened, "canceled@example.com")
        replaced = await invite(opened, "replaced@example.com")
        page = (await opened.get("/dashboard/members")).text
        ids = dict(re.findall(r"invites/(inv_\w+)/resend.*?for (\S+@example\.com)<", page))
        by_email = {email: each for each, email in ids.items()}
        await opened.post(f"/dashboard/members/invites/{by_email['canceled@example.com']}/cancel")
        renewed = await opened.post(
            f"/dashboard/members/invites/{by_email['replaced@example.com']}/resend"
        )
        # An address whose invite has expired is invited anew.
        anew = await invite(opened, "late@example.com")
    async with browser(hub) as stranger:
        statuses = [
            (await stranger.get(each)).status_code
            for each in (late, canceled, replaced, link_of(renewed), anew)
        ]

    assert statuses == [410, 410, 410, 200, 200]


async def test_a_member_of_another_project_signs_in_to_accept_and_nobody_else_can(
    hub: Running,
) -> None:
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    ada = await with_password(hub, "ada@example.com")
    owner = await member(hub, "olga@example.com", Role.OWNER, theirs)
    async with browser(hub, owner) as opened:
        path = await invite(opened, "ada@example.com", "admin")

    async with browser(hub) as stranger:
        asked = await stranger.get(path)
        taken = await accept(stranger, path, password="another long password of mine")
        by_nobody = await accept(stranger, path, **{"as": "member"})
        to_sign_in = await stranger.get("/dashboard/sign-in", params={"next": path})
        signed_in = await sign_in(stranger, "ada@example.com", next=path)
        await stranger.get(signed_in.headers["location"])
        joined = await accept(stranger, path, **{"as": "member"})
        page = await stranger.get("/dashboard/projects")
    async with browser(hub, await member(hub, "eve@example.com")) as eve:
        by_other = await accept(eve, path, **{"as": "member"})

    assert "Sign in to join" in asked.text
    assert (taken.status_code, by_nobody.status_code, joined.status_code) == (410, 200, 303)
    assert path.replace("&", "&amp;") in to_sign_in.text
    assert signed_in.headers["location"] == path
    assert by_other.status_code == 410
    assert "theirs" in page.text
    async with hub.hub.db.read(theirs.id) as tx:
        assert await Memberships(tx).role_of(ada.id) == Role.ADMIN


async def test_an_invite_of_one_person_is_not_accepted_by_another_who_is_signed_in(
    hub: Running,
) -> None:
    owner = await member(hub, "olga@example.com", Role.OWNER)
    async with browser(hub, owner) as opened:
        path = await invite(opened, "ada@example.com", "owner")
    await member(hub, "eve@example.com")
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    async with browser(hub, await member(hub, "mallory@example.com", Role.OWNER, theirs)) as eve:
        refused = await accept(eve, path, **{"as": "member"})

    assert refused.status_code == 410
    assert set(await roles(hub)) == {"olga@example.com", "eve@example.com"}


async def test_two_owners_who_demote_each_other_at_once_leave_one(hub: Running) -> None:
    one, other = [await member(hub, f"{each}@example.com", Role.OWNER) for each in ("one", "two")]

    async def demote(by: Authority, whom: object) -> str:
        try:
            async with hub.hub.db.write(hub.project.id, TESTER) as tx:
                await members.change_role(tx, by, whom, Role.VIEWER)  # type: ignore[arg-type]
        except (LastOwner, RoleTooLow) as error:
            return error.code
        return "done"

    outcomes = await asyncio.gather(demote(Authority(), one.id), demote(Authority(), other.id))

    assert sorted(outcomes) == ["done", "last_owner"]
    assert sorted((await roles(hub)).values()) == ["owner", "viewer"]


async def test_the_last_owner_is_neither_demoted_nor_removed_nor_leaves(hub: Running) -> None:
    owner = await member(hub, "olga@example.com", Role.OWNER)
    async with browser(hub, owner) as opened:
        demoted = await opened.post(f"/dashboard/members/{owner.id}/role", data={"role": "admin"})
        removed = await opened.post(f"/dashboard/members/{owner.id}/remove")
        left = await opened.post("/dashboard/members/leave")
        page = await opened.get("/dashboard")

    assert [each.status_code for each in (demoted, removed, left)] == [409, 409, 409]
    assert "at least one owner" in left.text
    assert page.status_code == 200


async def test_an_admin_makes_touches_and_invites_no_owner_and_grows_into_none(
    hub: Running,
) -> None:
    owner = await member(hub, "olga@example.com", Role.OWNER)
    admin = await member(hub, "adam@example.com", Role.ADMIN)
    other = await member(hub, "vera@example.com")
    async with browser(hub, admin) as opened:
        refusals = [
            await opened.post(f"/dashboard/members/{admin.id}/role", data={"role": "owner"}),
            await opened.post(f"/dashboard/members/{other.id}/role", data={"role": "owner"}),
            await opened.post(f"/dashboard/members/{owner.id}/role", data={"role": "viewer"}),
            await opened.post(f"/dashboard/members/{owner.id}/remove"),
            await opened.post("/dashboard/members", data={"email": "x@y.example", "role": "owner"}),
            await opened.post("/dashboard/members", data={"email": "x@y.example", "role": "root"}),
            await opened.post("/dashboard/members/second-factor", data={"required": "1"}),
        ]
        done = await opened.post(f"/dashboard/members/{other.id}/role", data={"role": "admin"})

    assert [each.status_code for each in refusals] == [403] * len(refusals)
    assert done.status_code == 303
    assert await roles(hub) == {
        "adam@example.com": "admin",
        "olga@example.com": "owner",
        "vera@example.com": "admin",
    }


async def test_who_is_demoted_meanwhile_changes_nothing_more(hub: Running) -> None:
    admin = await member(hub, "adam@example.com", Role.ADMIN)
    other = await member(hub, "vera@example.com")
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await Memberships(tx).set_role(admin.id, Role.VIEWER)

    with pytest.raises(RoleTooLow):
        async with hub.hub.db.write(hub.project.id, TESTER) as tx:
            await members.change_role(tx, Authority(admin.id), other.id, Role.ADMIN)


async def test_a_member_who_is_removed_or_leaves_is_signed_out_at_once(hub: Running) -> None:
    owner = await member(hub, "olga@example.com", Role.OWNER)
    ada, bea = [await member(hub, f"{each}@example.com") for each in ("ada", "bea")]
    async with (
        browser(hub, owner) as opened,
        browser(hub, ada) as of_ada,
        browser(hub, bea) as of_bea,
    ):
        await opened.post(f"/dashboard/members/{ada.id}/remove")
        left = await of_bea.post("/dashboard/members/leave")
        pages = [(await each.get("/dashboard")).status_code for each in (of_ada, of_bea)]

    assert left.status_code == 303
    assert pages == [401, 401]
    assert set(await roles(hub)) == {"olga@example.com"}


async def test_an_invite_brings_a_removed_member_back_with_its_role_alone(hub: Running) -> None:
    owner = await member(hub, "olga@example.com", Role.OWNER)
    ada = await with_password(hub, "ada@example.com", Role.ADMIN)
    async with browser(hub, owner) as opened:
        await opened.post(f"/dashboard/members/{ada.id}/remove")
        async with browser(hub) as of_ada:
            refused = await sign_in(of_ada, "ada@example.com")
        path = await invite(opened, "ada@example.com", "viewer")
    async with browser(hub) as of_ada:
        asked = await of_ada.get(path)
        back = await sign_in(of_ada, "ada@example.com", next=path)

    assert "Sign in to join" in asked.text
    assert (refused.status_code, back.status_code) == (401, 303)
    assert (await roles(hub))["ada@example.com"] == "viewer"


async def test_nobody_is_invited_twice_or_without_an_address(hub: Running) -> None:
    await member(hub, "ada@example.com")
    by = Authority()

    async def made(email: str) -> None:
        async with hub.hub.db.write(hub.project.id, TESTER) as tx:
            await members.invite(tx, by, email, Role.VIEWER)

    with pytest.raises(AlreadyMember):
        await made("ADA@example.com")
    await made("bea@example.com")
    with pytest.raises(AlreadyInvited):
        await made("bea@EXAMPLE.com")
    for wrong in ("", "ada", "a@b@c", "a b@example.com", "a@exam\u200bple.com", "a@" + "x" * 300):
        with pytest.raises(InvalidEmail):
            await made(wrong)


async def test_what_a_member_does_names_the_member(hub: Running) -> None:
    admin = await member(hub, "adam@example.com", Role.ADMIN)
    async with browser(hub, admin) as opened:
        await opened.post("/dashboard/keys", data={"name": "crm", "scope": "logs:read"})

    rows = await hub.hub.db.unscoped("select created_by from api_keys where name = 'crm'")
    assert rows[0]["created_by"] == f"member:{admin.id} (adam@example.com)"


async def test_an_operator_invites_anew_even_while_an_invite_is_open(hub: Running) -> None:
    async def made(role: Role) -> str:
        async with hub.hub.db.write(hub.project.id, TESTER) as tx:
            issued = await members.invite(tx, Authority(), "ada@example.com", role, replaces=True)
        return f"/dashboard/invite?token={issued.token.reveal()}"

    first, second = await made(Role.VIEWER), await made(Role.ADMIN)
    async with browser(hub) as opened:
        ended = await opened.get(first)
        await accept(opened, second)

    assert ended.status_code == 410
    assert await roles(hub) == {"ada@example.com": "admin"}
