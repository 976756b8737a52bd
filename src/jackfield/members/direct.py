"""Operations of an operator on members, from the hub's machine and without an invite."""

from typing import TYPE_CHECKING

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.kit.actor import Actor
from jackfield.kit.ids import MemberId
from jackfield.members.factors import service as factors
from jackfield.members.models import AlreadyMember, Member, Role, normal_email, normal_name
from jackfield.members.passwords import hashes, rules
from jackfield.members.passwords.service import drop_password
from jackfield.members.repo import Members, Memberships, find_member
from jackfield.members.sessions.service import make_link
from jackfield.projects.models import Project

if TYPE_CHECKING:
    from jackfield.runtime import Hub


async def add(
    hub: "Hub", project: Project, actor: Actor, email: str, role: Role, password: str
) -> Member:
    """
    Add a member with a password; one who is a member of another project keeps theirs.

    Raises:
        InvalidEmail: it is no address.
        PasswordRefused: the password cannot be used.
        AlreadyMember: there is nothing to do.
    """
    normal = normal_email(email)
    member, fresh = await find_member(hub.db, normal), None
    if member is None:
        rules.check(password, email=normal)
        fresh = await hashes.hashed(password)
    async with hub.db.write(project.id, actor) as tx:
        if member is None:
            member_id = MemberId.new(tx.now)
            name = normal_name("", normal)
            if not await Members(tx).add(member_id, email=normal, name=name, password=fresh):
                raise AlreadyMember
            member = await Members(tx).get(member_id)
        assert member is not None
        if await Memberships(tx).role_of(member.id) is not None:
            raise AlreadyMember
        await Memberships(tx).put(member.id, role, is_from_sso=False)
        await record(tx, AuditKind.MEMBER_JOINED, member.id, after={"role": role.value})
    return member


async def reset_password(
    hub: "Hub", project: Project, member: Member, actor: Actor, *, second_factor: bool
) -> str:
    """Take a member's password away, perhaps their second factor, end their sessions, and return a link.

    The link signs them in once, to set a new password.
    """
    await drop_password(hub, member, actor)
    if second_factor:
        await factors.remove(hub, member, actor)
    return await make_link(hub, project.id, member, actor)
