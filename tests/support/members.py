"""Members of a hub, and browsers of theirs."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx2

from jackfield.asgi import build_app
from jackfield.kit.ids import MemberId
from jackfield.members.models import Member, Role, SignInMethod
from jackfield.members.passwords import service as passwords
from jackfield.members.repo import Members, Memberships, find_member, projects_of
from jackfield.members.sessions.service import open_session
from jackfield.projects.models import Project
from tests.support.actor import TESTER
from tests.support.running import PUBLIC_URL, Running

PASSWORD = "wolves paint the quiet harbor"


async def member(
    hub: Running, email: str, role: Role = Role.VIEWER, project: Project | None = None
) -> Member:
    """Return a member of a project, the default one if none is given; without a password."""
    known = await find_member(hub.hub.db, email)
    async with hub.hub.db.write((project or hub.project).id, TESTER) as tx:
        if known is None:
            member_id = MemberId.new(tx.now)
            name = email.partition("@")[0].capitalize()
            assert await Members(tx).add(member_id, email=email, name=name, password=None)
            known = await Members(tx).get(member_id)
        assert known is not None
        await Memberships(tx).put(known.id, role, is_from_sso=False)
    return known


async def with_password(
    hub: Running, email: str, role: Role = Role.VIEWER, password: str = PASSWORD
) -> Member:
    """Return a member of the default project who has a password."""
    made = await member(hub, email, role)
    await passwords.set_password(hub.hub, made, password, TESTER)
    again = await find_member(hub.hub.db, email)
    assert again is not None
    return again


@asynccontextmanager
async def browser(hub: Running, who: Member | None = None) -> AsyncGenerator[httpx2.AsyncClient]:
    """
    Open a browser on the hub's pages, in which a member is signed in if one is given.

    To the default project, if they are in it.
    """
    async with httpx2.AsyncClient(
        base_url=PUBLIC_URL,
        headers={"origin": PUBLIC_URL, "user-agent": "Test browser"},
        transport=httpx2.ASGITransport(app=build_app(hub.hub)),
    ) as opened:
        if who is not None:
            own = [each.id for each in await projects_of(hub.hub.db, who.id)]
            token = await open_session(
                hub.hub,
                who,
                SignInMethod.PASSWORD,
                user_agent="Test browser",
                project_id=hub.project.id if hub.project.id in own else own[0],
            )
            opened.cookies.set(
                "jackfield_session", token.reveal(), domain="hub.test", path="/dashboard"
            )
        yield opened


async def sign_in(
    opened: httpx2.AsyncClient, email: str, password: str = PASSWORD, **more: str
) -> httpx2.Response:
    data = {"email": email, "password": password, **more}
    return await opened.post("/dashboard/sign-in/password", data=data)
