"""Members of a project: invites, roles, removal, and the rule of the last owner."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Tx
from jackfield.kit.ids import InviteId, MemberId
from jackfield.members.invites.repo import Invites
from jackfield.members.models import (
    MOST_INVITES,
    MOST_MEMBERS,
    AlreadyInvited,
    AlreadyMember,
    InviteEnded,
    InviteNotFound,
    InviteToken,
    IssuedInvite,
    LastOwner,
    Member,
    MemberNotFound,
    Role,
    RoleTooLow,
    TooManyMembers,
    normal_email,
)
from jackfield.members.repo import Memberships, find_member
from jackfield.members.sessions.repo import MemberSessions

if TYPE_CHECKING:
    from jackfield.runtime import Hub

_INVITE_LIFETIME: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Authority:
    """On whose behalf memberships are changed; without a member, the operator's.

    A member's role is read in the transaction that uses it: who was demoted a moment ago makes no
    owner.
    """

    member_id: MemberId | None = None

    async def require(self, tx: Tx, *roles: Role) -> None:
        """
        Raise unless it may give and take all of `roles`.

        Raises:
            RoleTooLow: it may not.
        """
        if self.member_id is None:
            return
        own = await Memberships(tx).role_of(self.member_id)
        if own is None or not own.includes(Role.ADMIN):
            raise RoleTooLow
        if not all(own.includes(role) for role in roles):
            msg = "only an owner gives or takes the role of an owner"
            raise RoleTooLow(msg)


async def invite(
    tx: Tx, by: Authority, email: str, role: Role, *, replaces: bool = False
) -> IssuedInvite:
    """
    Invite a person to the transaction's project; it `replaces` an open invite, or is refused.

    Raises:
        InvalidEmail: it is no address.
        RoleTooLow: `by` may not give the role.
        AlreadyMember, AlreadyInvited: there is nothing to do.
        TooManyMembers: the project has no place for more.
    """
    normal = normal_email(email)
    await by.require(tx, role)
    memberships, invites = Memberships(tx), Invites(tx)
    if any(each.email == normal for each in await memberships.all()):
        raise AlreadyMember
    others = 0
    for each in await invites.open():
        if each.email != normal:
            others += 1
        elif each.expires_at > tx.now and not replaces:
            raise AlreadyInvited
        else:
            await invites.cancel(each.id)
    if others >= MOST_INVITES or await memberships.count() >= MOST_MEMBERS:
        raise TooManyMembers
    token, invite_id = InviteToken.mint(), InviteId.new(tx.now)
    ends_at = tx.now + _INVITE_LIFETIME
    await invites.add(invite_id, token, email=normal, role=role, ends_at=ends_at)
    told = {"email": normal, "role": role.value, "expires_at": ends_at.isoformat()}
    await record(tx, AuditKind.MEMBER_INVITED, str(invite_id), after=told)
    return IssuedInvite(invite_id, normal, role, ends_at, token)


async def resend_invite(tx: Tx, by: Authority, invite_id: InviteId) -> IssuedInvite:
    """
    Give an open invite a new link, for another seven days; the old link ends.

    Raises:
        InviteNotFound: there is no such open invite.
        RoleTooLow: `by` may not give its role.
    """
    token, ends_at = InviteToken.mint(), tx.now + _INVITE_LIFETIME
    found = await Invites(tx).renew(invite_id, token, ends_at)
    if found is None:
        raise InviteNotFound
    await by.require(tx, found.role)
    told = {"email": found.email, "role": found.role.value, "expires_at": ends_at.isoformat()}
    await record(tx, AuditKind.MEMBER_INVITED, str(found.id), after=told)
    return IssuedInvite(found.id, found.email, found.role, ends_at, token)


async def cancel_invite(tx: Tx, by: Authority, invite_id: InviteId) -> None:
    """
    End an open invite.

    Raises:
        InviteNotFound: there is no such open invite.
        RoleTooLow: `by` may not take its role.
    """
    found = await Invites(tx).cancel(invite_id)
    if found is None:
        raise InviteNotFound
    await by.require(tx, found.role)
    await record(tx, AuditKind.INVITE_CANCELED, str(found.id), details={"email": found.email})


async def accept_invite(tx: Tx, invite_id: InviteId, member: Member) -> None:
    """
    Make a member of the one who was invited, in the transaction's project.

    Raises:
        InviteEnded: it was used, cancelled or replaced, has expired, or is for another address.
    """
    found = await Invites(tx).accept(invite_id)
    if found is None or found.email != member.email:
        raise InviteEnded
    known = await Memberships(tx).role_of(member.id)
    before = None if known is None else {"role": known.value}
    after = {"role": found.role.value}
    await record(tx, AuditKind.MEMBER_JOINED, member.id, before=before, after=after)
    if known is None or not known.includes(found.role):
        await Memberships(tx).put(member.id, found.role, is_from_sso=False)


async def change_role(tx: Tx, by: Authority, member_id: MemberId, role: Role) -> None:
    """
    Give a member another role.

    Raises:
        MemberNotFound: the project has no such member.
        RoleTooLow: `by` may not.
        LastOwner: the project would have no owner.
    """
    current = await Memberships(tx).role_of(member_id)
    await by.require(tx, role, current or role)
    if current is None:
        raise MemberNotFound
    await Memberships(tx).set_role(member_id, role)
    await require_owner(tx, current)
    before, after = {"role": current.value}, {"role": role.value}
    await record(tx, AuditKind.MEMBER_ROLE_CHANGED, member_id, before=before, after=after)


async def remove(tx: Tx, by: Authority, member_id: MemberId) -> None:
    """
    Remove a member from the transaction's project, and end their sessions there.

    Raises:
        MemberNotFound: the project has no such member.
        RoleTooLow: `by` may not; to leave, everybody may.
        LastOwner: the project would have no owner.
    """
    current = await Memberships(tx).role_of(member_id)
    if by.member_id != member_id:
        await by.require(tx, current or Role.VIEWER)
    if current is None:
        raise MemberNotFound
    await Memberships(tx).remove(member_id)
    await MemberSessions(tx).remove_of(member_id)
    await require_owner(tx, current)
    await record(tx, AuditKind.MEMBER_REMOVED, member_id, before={"role": current.value})


async def require_owner(tx: Tx, was: Role) -> None:
    """
    Raise if the last owner has just gone: the transaction is undone.

    Raises:
        LastOwner: the project has no owner any more.
    """
    if was == Role.OWNER and not await Memberships(tx).owners():
        raise LastOwner


async def require_second_factor(tx: Tx, *, required: bool) -> None:
    """Ask every member of the transaction's project for a second factor, or no longer."""
    before = {"requires_second_factor": await Memberships(tx).requires_second_factor()}
    await Memberships(tx).require_second_factor(required)
    after = {"requires_second_factor": required}
    await record(tx, AuditKind.SETTINGS_CHANGED, tx.project_id, before=before, after=after)


async def find(hub: "Hub", tx: Tx, email: str) -> Member:
    """
    Return the member of the transaction's project with an address.

    Raises:
        InvalidEmail: it is no address.
        MemberNotFound: the project has no such member.
    """
    member = await find_member(hub.db, normal_email(email))
    if member is None or await Memberships(tx).role_of(member.id) is None:
        msg = f"no member {email!r} in this project"
        raise MemberNotFound(msg)
    return member
