"""Sessions of members: how they begin, go on in another project, and end."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.members.models import (
    Member,
    MemberLinkToken,
    MemberNotFound,
    MemberToken,
    Role,
    SignedIn,
    SignInMethod,
    SignInRefused,
    fingerprint,
)
from jackfield.members.repo import Members, Memberships, projects_of
from jackfield.members.sessions.repo import (
    MemberLinks,
    MemberSessions,
    find_link,
    find_session,
    find_session_places,
)
from jackfield.projects import service as projects
from jackfield.projects.models import DashboardToken, SignInLinkUsed

if TYPE_CHECKING:
    from jackfield.runtime import Hub

LIFETIME: Final = timedelta(hours=12)
_LINK_LIFETIME: Final = timedelta(minutes=15)


async def who_is_signed_in(hub: "Hub", cookie: str) -> SignedIn | None:
    """Return who is signed in with a browser's cookie: a member, or who opened an operator's link."""
    if cookie.startswith(MemberToken.prefix):
        return await find_session(hub.db, MemberToken(cookie))
    token = DashboardToken(cookie)
    project = await projects.signed_in_project(hub, token)
    if project is None:
        return None
    return SignedIn(project, Role.OWNER, token.actor, SignInMethod.LINK)


async def open_session(
    hub: "Hub",
    member: Member,
    method: SignInMethod,
    *,
    user_agent: str | None,
    project_id: ProjectId | None = None,
) -> MemberToken:
    """
    Sign a member in to a project of theirs, the one that they joined first if none is named.

    Raises:
        SignInRefused: they are in no project.
    """
    if project_id is None:
        choices = await projects_of(hub.db, member.id)
        if not choices:
            raise SignInRefused
        project_id = choices[0].id
    token, actor = MemberToken.mint(), member.actor
    async with hub.db.write(project_id, actor) as tx:
        if await Memberships(tx).role_of(member.id) is None:
            raise SignInRefused
        await MemberSessions(tx).add(
            token, member, method, user_agent=user_agent, expires_at=tx.now + LIFETIME
        )
        await record(tx, AuditKind.SIGNED_IN, member.id, details={"method": method.value})
    async with hub.db.write(member.project_id, actor) as tx:
        await Members(tx).note_sign_in(member.id)
    return token


async def make_link(hub: "Hub", project_id: ProjectId, member: Member, actor: Actor) -> str:
    """Return the address of a link that signs a member in once, within 15 minutes."""
    token = MemberLinkToken.mint()
    async with hub.db.write(project_id, actor) as tx:
        await MemberLinks(tx).add(token, member.id, tx.now + _LINK_LIFETIME)
        await record(tx, AuditKind.SIGN_IN_LINK_CREATED, member.id)
    return f"{hub.public_url}/dashboard/sign-in?token={token.reveal()}"


async def require_link(hub: "Hub", token: MemberLinkToken) -> None:
    """
    Make sure that a member's link can be used; it is not used up by that.

    Raises:
        SignInLinkUsed: it was used, has expired, or never existed.
    """
    if await find_link(hub.db, token) is None:
        raise SignInLinkUsed


async def use_link(hub: "Hub", token: MemberLinkToken, *, user_agent: str | None) -> MemberToken:
    """
    Exchange a member's link for a session.

    Raises:
        SignInLinkUsed: it was used, has expired, or its member was removed.
    """
    found = await find_link(hub.db, token)
    if found is None:
        raise SignInLinkUsed
    project_id, member = found
    actor = member.actor
    async with hub.db.write(project_id, actor) as tx:
        if not await MemberLinks(tx).use(token):
            raise SignInLinkUsed
    try:
        return await open_session(
            hub, member, SignInMethod.LINK, user_agent=user_agent, project_id=project_id
        )
    except SignInRefused:
        raise SignInLinkUsed from None


async def switch_project(
    hub: "Hub", token: MemberToken, member: Member, project_id: ProjectId
) -> None:
    """
    Let a session go on in another project of the member.

    Raises:
        MemberNotFound: they are not in it, or there is no such project.
    """
    if project_id not in {each.id for each in await projects_of(hub.db, member.id)}:
        raise MemberNotFound
    actor = member.actor
    async with hub.db.write(project_id, actor) as tx:
        if await Memberships(tx).role_of(member.id) is None:
            raise MemberNotFound
        await MemberSessions(tx).take_over(token.digest(), member.id)


async def renew_session(hub: "Hub", signed_in: SignedIn, token: MemberToken) -> MemberToken:
    """Give the session that ended all others a token of the present generation."""
    member = signed_in.member
    assert member is not None
    fresh, actor = MemberToken.mint(), member.actor
    async with hub.db.read(member.project_id) as tx:
        current = await Members(tx).get(member.id)
    assert current is not None
    async with hub.db.write(signed_in.project.id, actor) as tx:
        await MemberSessions(tx).renew(token.digest(), fresh, current.session_generation)
    return fresh


async def end_session(hub: "Hub", signed_in: SignedIn, token: MemberToken) -> None:
    async with hub.db.write(signed_in.project.id, signed_in.actor) as tx:
        await MemberSessions(tx).remove(token.digest())
        await record(tx, AuditKind.SIGNED_OUT, signed_in.member and signed_in.member.id)


async def end_one(hub: "Hub", member: Member, session_id: str) -> None:
    """End one of the member's sessions, by its id; one that is gone has ended anyway."""
    actor = member.actor
    for digest, project_id in await find_session_places(hub.db, member):
        if fingerprint(digest) == session_id:
            async with hub.db.write(project_id, actor) as tx:
                await MemberSessions(tx).remove(digest)
                await record(tx, AuditKind.SIGNED_OUT, member.id)


async def end_all(hub: "Hub", member: Member, actor: Actor) -> None:
    """End all sessions of a member, in every project."""
    async with hub.db.write(member.project_id, actor) as tx:
        await Members(tx).end_sessions(member.id)
        await record(tx, AuditKind.SIGN_INS_ENDED, member.id)


async def end_all_of_project(hub: "Hub", project_id: ProjectId, actor: Actor) -> None:
    """End the sessions of all members in a project, and links to it that were not used."""
    async with hub.db.write(project_id, actor) as tx:
        await MemberSessions(tx).clear()
        await record(tx, AuditKind.SIGN_INS_ENDED)
