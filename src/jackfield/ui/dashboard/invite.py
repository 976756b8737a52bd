"""`/dashboard/invite`: an invite to a project, for the one who got its link."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.kit.errors import HubError
from jackfield.members import acceptance
from jackfield.members.models import InviteEnded, InviteToken, PasswordRefused
from jackfield.members.repo import find_project_choice
from jackfield.members.sessions import service as sessions
from jackfield.ui.dashboard.sign_in import (
    browser_of,
    find_member_of,
    member_token,
    start,
)
from jackfield.ui.dashboard.sign_in_pages import sentence, signed_out_page
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of, page
from jackfield.ui.same_origin import is_from_here


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitePage:
    template: ClassVar[str] = "dashboard/invite.html"

    token: str
    project: str
    email: str
    role: str
    # Whether the address is a member's, and whether they are signed in with this browser.
    is_known: bool
    is_signed_in: bool
    has_sso: bool
    has_passwords: bool
    # The page of the invite itself, to come back to.
    here: str
    name: str
    problem: str | None


async def show_invite(request: Request) -> Response:
    return await _invite_page(request, request.query_params.get("token", ""))


async def accept(request: Request) -> Response:
    """Accept an invite: with a password, or as the member who is signed in."""
    if not is_from_here(request):
        return signed_out_page(request, status=403)
    hub, fields = hub_of(request), (await read_form(request)).fields()
    text = fields.get("token", "")
    who, cookie = await find_member_of(request), member_token(request)
    try:
        if fields.get("as") == "member":
            if who is None or who.member is None or cookie is None:
                return await _invite_page(request, text)
            invite = await acceptance.accept_as(hub, InviteToken(text), who.member)
            await sessions.switch_project(hub, cookie, who.member, invite.project_id)
            return RedirectResponse(f"{base_path(hub)}/dashboard", 303)
        session = await acceptance.accept_with_password(
            hub,
            InviteToken(text),
            name=fields.get("name", ""),
            password=fields.get("password", ""),
            user_agent=browser_of(request).user_agent,
        )
    except PasswordRefused as error:
        return await _invite_page(request, text, error=error, name=fields.get("name", ""))
    except HubError as error:
        return signed_out_page(request, status=error.status, error=error, next_page="/dashboard")
    return start(request, session)


async def _invite_page(
    request: Request, token: str, *, error: HubError | None = None, name: str = ""
) -> Response:
    hub = hub_of(request)
    try:
        invite, member = await acceptance.open_invite(hub, InviteToken(token))
    except InviteEnded as ended:
        return signed_out_page(request, status=ended.status, error=ended, next_page="/dashboard")
    who, project = (
        await find_member_of(request),
        await find_project_choice(hub.db, invite.project_id),
    )
    assert project is not None
    return page(
        request,
        InvitePage(
            token=token,
            project=project.title,
            email=invite.email,
            role=invite.role.value,
            is_known=member is not None,
            is_signed_in=(
                member is not None
                and who is not None
                and who.member is not None
                and who.member.id == member.id
            ),
            has_sso=hub.oidc is not None,
            has_passwords=not hub.sso_only,
            here=urlencode({"next": f"/dashboard/invite?{urlencode({'token': token})}"}),
            name=name,
            problem=None if error is None else sentence(error),
        ),
        status=200 if error is None else error.status,
    )
