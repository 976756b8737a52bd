"""`/dashboard/members`: who has access to the project, and who is invited."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.kit.errors import HubError
from jackfield.kit.ids import InviteId, MemberId
from jackfield.members import service as members
from jackfield.members.invites.repo import Invites
from jackfield.members.models import (
    Invite,
    IssuedInvite,
    ProjectMember,
    Role,
    RoleTooLow,
)
from jackfield.members.repo import Memberships
from jackfield.members.service import Authority
from jackfield.projects.models import Project
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.sign_in import who_of
from jackfield.ui.dashboard.sign_in_pages import sentence
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of, page

_ROLES: Final[Mapping[Role, str]] = {
    Role.OWNER: "everything, also who is an owner",
    Role.ADMIN: "everything but owners and projects",
    Role.VIEWER: "look at everything, change nothing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersPage:
    template: ClassVar[str] = "dashboard/members.html"

    layout: Layout
    members: tuple[ProjectMember, ...]
    invites: tuple[Invite, ...]
    now: datetime
    # The roles that one may give.
    roles: Mapping[Role, str]
    me: MemberId | None
    may_change: bool
    is_owner: bool
    requires_second_factor: bool
    typed: Mapping[str, str]
    problem: str | None
    # The invite that was just made, and its link: the only time that can be read.
    made: IssuedInvite | None
    link: str


async def list_members(request: Request, project: Project) -> Response:
    return await _members_page(request, project)


async def invite_member(request: Request, project: Project) -> Response:
    """Invite a person, and show the link to send: the only time it can be read."""
    typed = (await read_form(request)).fields()
    hub, who = hub_of(request), who_of(request)
    actor = who.actor
    try:
        role = _role(typed.get("role", ""))
        async with hub.db.write(project.id, actor) as tx:
            made = await members.invite(tx, authority_of(request), typed.get("email", ""), role)
    except HubError as error:
        return await _members_page(request, project, typed=typed, error=error)
    return await _members_page(request, project, made=made)


async def change_invite(request: Request, project: Project) -> Response:
    """Make a new link for an invite, or cancel it."""
    hub, who, verb = hub_of(request), who_of(request), request.path_params["verb"]
    invite_id, by, actor = (
        InviteId(request.path_params["invite_id"]),
        authority_of(request),
        who.actor,
    )
    made = None
    try:
        async with hub.db.write(project.id, actor) as tx:
            if verb == "resend":
                made = await members.resend_invite(tx, by, invite_id)
            elif verb == "cancel":
                await members.cancel_invite(tx, by, invite_id)
    except HubError as error:
        return refused(request, project, error)
    return await _members_page(request, project, made=made) if made else _back(request)


async def change_member(request: Request, project: Project) -> Response:
    """Give a member another role, or remove them."""
    hub, who, verb = hub_of(request), who_of(request), request.path_params["verb"]
    member_id, by, actor = (
        MemberId(request.path_params["member_id"]),
        authority_of(request),
        who.actor,
    )
    form = await read_form(request)
    try:
        async with hub.db.write(project.id, actor) as tx:
            if verb == "role":
                await members.change_role(tx, by, member_id, _role(form.fields().get("role", "")))
            elif verb == "remove":
                await members.remove(tx, by, member_id)
    except HubError as error:
        return refused(request, project, error)
    return _back(request)


async def leave(request: Request, project: Project) -> Response:
    """Leave the project: its member's own business, whatever the role."""
    hub, who = hub_of(request), who_of(request)
    actor = who.actor
    if who.member is None:
        return _back(request)
    try:
        async with hub.db.write(project.id, actor) as tx:
            await members.remove(tx, authority_of(request), who.member.id)
    except HubError as error:
        return refused(request, project, error)
    return RedirectResponse(f"{base_path(hub)}/dashboard", 303)


async def require_second_factor(request: Request, project: Project) -> Response:
    """Ask every member for a second factor, or no longer."""
    hub, actor = hub_of(request), who_of(request).actor
    required = (await read_form(request)).has("required")
    async with hub.db.write(project.id, actor) as tx:
        await members.require_second_factor(tx, required=required)
    return _back(request)


def authority_of(request: Request) -> Authority:
    """Return on whose behalf memberships are changed."""
    member = who_of(request).member
    return Authority(None if member is None else member.id)


def _role(text: str) -> Role:
    if text not in set(Role):
        msg = "choose a role"
        raise RoleTooLow(msg)
    return Role(text)


def _back(request: Request) -> Response:
    return RedirectResponse(f"{base_path(hub_of(request))}/dashboard/members", 303)


async def _members_page(
    request: Request,
    project: Project,
    *,
    typed: Mapping[str, str] | None = None,
    error: HubError | None = None,
    made: IssuedInvite | None = None,
) -> Response:
    hub, who = hub_of(request), who_of(request)
    async with hub.db.read(project.id) as tx:
        listed = await Memberships(tx).all()
        invites = await Invites(tx).open()
        required = await Memberships(tx).requires_second_factor()
    return page(
        request,
        MembersPage(
            layout=Layout.of(request, project),
            members=tuple(listed),
            invites=tuple(invites),
            now=hub.clock(),
            roles={role: text for role, text in _ROLES.items() if who.role.includes(role)},
            me=None if who.member is None else who.member.id,
            may_change=who.role.includes(Role.ADMIN),
            is_owner=who.role == Role.OWNER,
            requires_second_factor=required,
            typed=typed or {},
            problem=None if error is None else sentence(error),
            made=made,
            link=f"{hub.public_url}/dashboard/invite?token={made.token.reveal()}" if made else "",
        ),
        status=200 if error is None else error.status,
    )
