"""Members that an identity provider names: who they are here, and the roles of their groups."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import structlog

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.kit.ids import MemberId, ProjectId
from jackfield.members.acceptance import accept_all, add_member
from jackfield.members.invites.repo import find_invites
from jackfield.members.models import (
    InviteEnded,
    LastOwner,
    Member,
    Role,
    SsoRefused,
    actor_of,
    normal_name,
)
from jackfield.members.repo import Members, Memberships, find_member
from jackfield.members.service import require_owner
from jackfield.members.sso.claims import Person
from jackfield.members.sso.repo import Identities, find_by_identity
from jackfield.oidc_settings import OidcSettings
from jackfield.projects.repo import find_project
from jackfield.projects.service import DEFAULT_PROJECT

if TYPE_CHECKING:
    from jackfield.runtime import Hub

_TAKEN: Final = "your e-mail address belongs to a member with another identity: ask an owner"
_log = structlog.get_logger()


async def recognize(
    hub: "Hub", oidc: OidcSettings, person: Person, roles: Mapping[str, Role] | None
) -> Member:
    """
    Return the member that a person is: by their identity, and by e-mail address the first time only.

    Raises:
        SsoRefused: they are none, and nothing makes them one.
    """
    member = await find_by_identity(hub.db, oidc.issuer, person.subject)
    if member is None:
        member = await find_member(hub.db, person.email)
        if member is None:
            member = await _join(hub, oidc, person, roles)
        await _remember(hub, oidc, person, member)
    if member.email == person.email:
        await accept_all(hub, member)
    return member


async def apply_roles(
    hub: "Hub", oidc: OidcSettings, member: Member, roles: Mapping[str, Role]
) -> None:
    """Give a member the roles of their groups in every project that groups have roles in.

    What people decided stays: the role of an invite, and a removal.
    """
    for name in dict.fromkeys(each.project for each in oidc.role_map):
        project = await find_project(hub.db, name)
        if project is None:
            _log.warning("sso_project_unknown", project=name)
            continue
        try:
            await _apply(hub, project.id, member, roles.get(name))
        except LastOwner:
            _log.warning("sso_last_owner_kept", project=name, member=member.id)


async def _apply(hub: "Hub", project_id: ProjectId, member: Member, role: Role | None) -> None:
    actor = member.actor
    async with hub.db.write(project_id, actor) as tx:
        memberships = Memberships(tx)
        current = await memberships.role_of(member.id)
        if current is None:
            if role is not None and not await memberships.was_removed(member.id):
                await memberships.put(member.id, role, is_from_sso=True)
                await record(tx, AuditKind.MEMBER_JOINED, member.id, after={"role": role.value})
        elif not await memberships.is_from_sso(member.id) or role == current:
            return
        elif role is None:
            await memberships.withdraw(member.id)
            await require_owner(tx, current)
            await record(tx, AuditKind.MEMBER_REMOVED, member.id, before={"role": current.value})
        else:
            await memberships.set_role(member.id, role)
            await require_owner(tx, current)
            before, after = {"role": current.value}, {"role": role.value}
            await record(tx, AuditKind.MEMBER_ROLE_CHANGED, member.id, before=before, after=after)


async def _join(
    hub: "Hub", oidc: OidcSettings, person: Person, roles: Mapping[str, Role] | None
) -> Member:
    """Make a member of who was invited, has a group with a role, or is of a domain that may join."""
    name = normal_name(person.name, person.email)
    for invite in await find_invites(hub.db, person.email):
        try:
            return await add_member(hub, invite, name, None)
        except InviteEnded:
            continue
    wanted = [*roles.items()] if roles is not None else []
    if roles is None and oidc.domains:
        wanted = [(DEFAULT_PROJECT, Role.VIEWER)]
    for project_name, role in wanted:
        project = await find_project(hub.db, project_name)
        if project is not None:
            return await _add(hub, project.id, person.email, name, role)
    if roles is not None:
        msg = "you are not invited, and none of your groups has a role here: ask an owner"
    else:
        msg = "you are not invited: ask an owner"
    raise SsoRefused(msg)


async def _add(hub: "Hub", project_id: ProjectId, email: str, name: str, role: Role) -> Member:
    member_id = MemberId.new(hub.clock())
    actor = actor_of(member_id, email)
    async with hub.db.write(project_id, actor) as tx:
        if not await Members(tx).add(member_id, email=email, name=name, password=None):
            raise SsoRefused
        await Memberships(tx).put(member_id, role, is_from_sso=True)
        await record(tx, AuditKind.MEMBER_JOINED, member_id, after={"role": role.value})
        member = await Members(tx).get(member_id)
    assert member is not None
    return member


async def _remember(hub: "Hub", oidc: OidcSettings, person: Person, member: Member) -> None:
    actor = member.actor
    async with hub.db.write(member.project_id, actor) as tx:
        if not await Identities(tx).add(member.id, oidc.issuer, person.subject):
            raise SsoRefused(_TAKEN)
