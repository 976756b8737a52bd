"""`/dashboard/me`: the member's own password, second factor and sessions."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.kit.errors import HubError
from jackfield.members.factors import service as factors
from jackfield.members.factors.service import NewFactor
from jackfield.members.models import Member, Session, SignedIn, SignInRefused, SsoOnly
from jackfield.members.passwords import service as passwords
from jackfield.members.sessions import attempts
from jackfield.members.sessions import service as sessions
from jackfield.members.sessions.repo import sessions_of
from jackfield.projects.models import Project
from jackfield.ui.dashboard.layout import Layout
from jackfield.ui.dashboard.sign_in import browser_of, member_token, set_cookie, who_of
from jackfield.ui.dashboard.sign_in_pages import sentence
from jackfield.ui.posted_form import Form, read_form
from jackfield.ui.rendering import base_path, hub_of, page


@dataclass(frozen=True, slots=True, kw_only=True)
class MePage:
    template: ClassVar[str] = "dashboard/me.html"

    layout: Layout
    member: Member | None
    sessions: tuple[Session, ...]
    # The id of the browser's own session.
    current: str
    codes_left: int
    has_passwords: bool
    # Whether a second factor has to be set up before anything else.
    is_required: bool
    # The part that was just saved, or in which nothing was, and why.
    part: str
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorPage:
    template: ClassVar[str] = "dashboard/second_factor.html"

    layout: Layout
    factor: NewFactor
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesPage:
    template: ClassVar[str] = "dashboard/recovery_codes.html"

    layout: Layout
    codes: tuple[str, ...]


async def show_me(request: Request, project: Project) -> Response:
    return await _me_page(request, project, part=request.query_params.get("saved", ""))


async def change_password(request: Request, project: Project) -> Response:
    """Change the member's password; other sessions end, this one goes on."""
    who, form = who_of(request), await read_form(request)
    member, token = who.member, member_token(request)
    if member is None or token is None:
        return _back(request)
    hub = hub_of(request)
    try:
        if hub.sso_only:
            raise SsoOnly
        await _require_password(request, member, form)
        await passwords.set_password(hub, member, form.fields().get("new", ""), who.actor)
    except HubError as error:
        return await _me_page(request, project, part="password", error=error)
    response = _back(request, "password")
    set_cookie(request, response, await sessions.renew_session(hub, who, token))
    return response


async def start_factor(request: Request, project: Project) -> Response:
    """Show a new second factor, to be scanned."""
    member, form = who_of(request).member, await read_form(request)
    if member is None or member.has_factor:
        return _back(request)
    try:
        await _require_password(request, member, form)
    except HubError as error:
        return await _me_page(request, project, part="factor", error=error)
    layout = Layout.of(request, project)
    factor = factors.start(hub_of(request), member)
    return page(request, FactorPage(layout=layout, factor=factor, problem=None))


async def confirm_factor(request: Request, project: Project) -> Response:
    """Keep a second factor once a code of it is given, and show its recovery codes."""
    member, fields = who_of(request).member, (await read_form(request)).fields()
    if member is None or member.has_factor:
        return _back(request)
    hub, sealed = hub_of(request), fields.get("sealed", "")
    layout = Layout.of(request, project)
    try:
        codes = await factors.confirm(hub, member, sealed, fields.get("code", ""))
    except SignInRefused:
        try:
            factor = factors.reopen(hub, member, sealed)
        except SignInRefused:
            return _back(request)
        problem = "This is not the code that the app shows now. Look whether its clock is right."
        return page(request, FactorPage(layout=layout, factor=factor, problem=problem), status=422)
    return page(request, RecoveryCodesPage(layout=layout, codes=codes))


async def change_factor(request: Request, project: Project) -> Response:
    """Make new recovery codes, or remove the second factor; a code of it is asked for."""
    who, fields = who_of(request), (await read_form(request)).fields()
    member, hub = who.member, hub_of(request)
    if member is None or not member.has_factor:
        return _back(request)
    try:
        await attempts.count(hub, member.email, browser_of(request).address)
        await factors.check_code(hub, member, fields.get("code", ""))
    except HubError as error:
        return await _me_page(request, project, part="factor", error=error)
    await attempts.forgive(hub, member.email, browser_of(request).address)
    if request.path_params["verb"] == "codes":
        codes = await factors.renew_codes(hub, member)
        return page(request, RecoveryCodesPage(layout=Layout.of(request, project), codes=codes))
    if request.path_params["verb"] == "remove":
        await factors.remove(hub, member, who.actor)
    return _back(request, "factor")


async def end_session(request: Request, _project: Project) -> Response:
    """End one of the member's own sessions."""
    member = who_of(request).member
    if member is not None:
        await sessions.end_one(hub_of(request), member, request.path_params["session_id"])
    return _back(request)


async def _require_password(request: Request, member: Member, form: Form) -> None:
    """
    Make sure that whoever sits there knows the password, if there is one.

    Raises:
        TooManySignIns: too many attempts failed.
        SignInRefused: it is another.
    """
    if not member.has_password:
        return
    hub, address = hub_of(request), browser_of(request).address
    password = form.fields().get("current", "")
    try:
        await passwords.check_password(hub, member.email, password, address=address)
    except SignInRefused:
        msg = "the present password is not right"
        raise SignInRefused(msg) from None
    await attempts.forgive(hub, member.email, address)


def _back(request: Request, saved: str = "") -> Response:
    query = f"?saved={saved}" if saved else ""
    return RedirectResponse(f"{base_path(hub_of(request))}/dashboard/me{query}", 303)


async def _me_page(
    request: Request, project: Project, *, part: str, error: HubError | None = None
) -> Response:
    hub, who, token = hub_of(request), who_of(request), member_token(request)
    listed, left = await _own(request, who)
    return page(
        request,
        MePage(
            layout=Layout.of(request, project),
            member=who.member,
            sessions=tuple(listed),
            current="" if token is None else token.fingerprint,
            codes_left=left,
            has_passwords=not hub.sso_only,
            is_required=who.lacks_factor,
            part=part if part in {"password", "factor"} else "",
            problem=None if error is None else sentence(error),
        ),
        status=200 if error is None else 422,
    )


async def _own(request: Request, who: SignedIn) -> tuple[list[Session], int]:
    hub, member = hub_of(request), who.member
    if member is None:
        return [], 0
    left = await factors.codes_left(hub, member) if member.has_factor else 0
    return await sessions_of(hub.db, member), left
