"""Acceptance of invites: by a new member with a password, or by one who is signed in."""

from typing import TYPE_CHECKING

from jackfield.kit.ids import MemberId
from jackfield.members.invites.repo import find_invite, find_invites
from jackfield.members.models import (
    Invite,
    InviteEnded,
    InviteToken,
    Member,
    MemberToken,
    SignInMethod,
    SsoOnly,
    actor_of,
    normal_name,
)
from jackfield.members.passwords import hashes, rules
from jackfield.members.repo import Members, find_member
from jackfield.members.service import accept_invite
from jackfield.members.sessions.service import open_session

if TYPE_CHECKING:
    from jackfield.runtime import Hub


async def open_invite(hub: "Hub", token: InviteToken) -> tuple[Invite, Member | None]:
    """
    Return an invite that can be accepted, and the member with its address if there is one.

    Raises:
        InviteEnded: it was used, cancelled or replaced, or has expired.
    """
    invite = await find_invite(hub.db, token)
    if invite is None:
        raise InviteEnded
    return invite, await find_member(hub.db, invite.email)


async def accept_with_password(
    hub: "Hub", token: InviteToken, *, name: str, password: str, user_agent: str | None
) -> MemberToken:
    """
    Make the one who was invited a member, with a password, and sign them in.

    Raises:
        InviteEnded: the invite has ended, or its address is a member's: they sign in first.
        PasswordRefused: the password cannot be used.
        SsoOnly: members sign in by their identity provider.
    """
    if hub.sso_only:
        raise SsoOnly
    invite, known = await open_invite(hub, token)
    if known is not None:
        raise InviteEnded
    called = normal_name(name, invite.email)
    rules.check(password, email=invite.email, name=called)
    member = await add_member(hub, invite, called, await hashes.hashed(password))
    return await open_session(
        hub, member, SignInMethod.INVITE, user_agent=user_agent, project_id=invite.project_id
    )


async def add_member(hub: "Hub", invite: Invite, name: str, password: str | None) -> Member:
    """
    Make a member of an invite, in its project.

    Raises:
        InviteEnded: it was accepted, cancelled or replaced meanwhile.
    """
    member_id = MemberId.new(hub.clock())
    actor = actor_of(member_id, invite.email)
    async with hub.db.write(invite.project_id, actor) as tx:
        members = Members(tx)
        if not await members.add(member_id, email=invite.email, name=name, password=password):
            raise InviteEnded
        member = await members.get(member_id)
        assert member is not None
        await accept_invite(tx, invite.id, member)
    return member


async def accept_all(hub: "Hub", member: Member) -> None:
    """Accept every open invite of a member who has just shown that the address is theirs."""
    actor = member.actor
    for invite in await find_invites(hub.db, member.email):
        try:
            async with hub.db.write(invite.project_id, actor) as tx:
                await accept_invite(tx, invite.id, member)
        except InviteEnded:
            continue


async def accept_as(hub: "Hub", token: InviteToken, member: Member) -> Invite:
    """
    Let a member who is signed in accept an invite.

    Raises:
        InviteEnded: it has ended, or is for another address.
    """
    invite, _ = await open_invite(hub, token)
    actor = member.actor
    async with hub.db.write(invite.project_id, actor) as tx:
        await accept_invite(tx, invite.id, member)
    return invite
