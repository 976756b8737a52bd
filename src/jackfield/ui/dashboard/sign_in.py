"""`/dashboard/sign-in`: who may see a page, and sign-in by a one-time link."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.issues import service as issues
from jackfield.kit import request_context, source_address
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Conflict, HubError
from jackfield.members.models import MemberLinkToken, MemberToken, Role, RoleTooLow, SignedIn
from jackfield.members.repo import find_project_choice, projects_of
from jackfield.members.sessions import service as sessions
from jackfield.members.sign_in import Browser
from jackfield.projects import service as projects
from jackfield.projects.allowed_networks import AddressNotAllowed, is_allowed
from jackfield.projects.models import DashboardToken, Project, SignInLinkUsed, SignInToken
from jackfield.ui.dashboard.layout import refused
from jackfield.ui.dashboard.sign_in_pages import SignInPage, signed_out_page
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of, page
from jackfield.ui.same_origin import is_from_here

View: TypeAlias = Callable[[Request, Project], Awaitable[Response]]

_COOKIE: Final = "jackfield_session"
_SECONDS: Final = 12 * 3600
_SAFE: Final = frozenset({"GET", "HEAD"})
_FORM: Final = "application/x-www-form-urlencoded"


class OtherProject(Conflict):
    """This page was opened in another project: nothing was changed. Open it again, or switch back."""

    code = "other_project"


def signed_in(
    view: View, *, own: bool = False, least: Role | None = None, reads_itself: bool = False
) -> Callable[[Request], Awaitable[Response]]:
    """
    Require a signed-in browser for `view`, and posts from the hub's own pages.

    Whoever posts has to be an admin at least, or `least`. Only a view that is the member's `own`
    business, such as their password, takes posts of everybody, and is open to who has yet to set up
    the second factor that the project asks for. A view that `reads_itself` what is posted, since it
    is more than other forms have, also refuses what was typed for another project.
    """

    async def show(request: Request) -> Response:
        found = await _who(request)
        if found is None:
            if request.cookies.get(_COOKIE):
                note_denial(request, "session_ended")
            return signed_out_page(request, status=401)
        is_change = request.method not in _SAFE
        if is_change and not is_from_here(request):
            note_denial(request, "post_of_another_site", found.project)
            return signed_out_page(request, status=403)
        await _remember(request, found)
        if not await _is_from_allowed_network(request, found):
            return signed_out_page(request, status=403, error=AddressNotAllowed())
        needed = least or (Role.ADMIN if is_change and not own else Role.VIEWER)
        try:
            if is_change and not reads_itself:
                await _require_same_project(request, found)
            if not found.lacks_factor or own:
                _require_role(request, found, needed)
        except HubError as error:
            return refused(request, found.project, error)
        if found.lacks_factor and not own:
            return RedirectResponse(f"{base_path(hub_of(request))}/dashboard/me?required=1", 303)
        return await view(request, found.project)

    return show


async def still_signed_in(request: Request, project: Project) -> bool:
    """Return whether the browser of an earlier request may see the project's pages yet."""
    found = await _who(request)
    return (
        found is not None
        and found.project.id == project.id
        and not found.lacks_factor
        and await _is_from_allowed_network(request, found)
    )


def actor_of(request: Request) -> Actor:
    """Return the actor of a request that `signed_in` let through."""
    return who_of(request).actor


def who_of(request: Request) -> SignedIn:
    """Return who sent a request that `signed_in` let through."""
    return request.state.signed_in


async def find_member_of(request: Request) -> SignedIn | None:
    """Return who is signed in, on a page that is open to strangers as well."""
    return await _who(request)


def member_token(request: Request) -> MemberToken | None:
    """Return the token of a browser that a member is signed in with."""
    cookie = request.cookies.get(_COOKIE, "")
    return MemberToken(cookie) if cookie.startswith(MemberToken.prefix) else None


def browser_of(request: Request) -> Browser:
    """Return what is known of the browser; its address is a proxy's where none is trusted."""
    context = request_context.current()
    agent = context.user_agent if context else request.headers.get("user-agent", "")[:255]
    return Browser(source_address.current(), agent or None)


def start(
    request: Request, session: MemberToken | DashboardToken, next_page: str = "/dashboard"
) -> Response:
    """Answer with the cookie of a new session, on the way to a page of the dashboard."""
    hub = hub_of(request)
    response = RedirectResponse(f"{base_path(hub)}{next_page}", 303)
    response.headers["referrer-policy"] = "no-referrer"
    set_cookie(request, response, session)
    return response


def set_cookie(request: Request, response: Response, session: MemberToken | DashboardToken) -> None:
    hub = hub_of(request)
    response.set_cookie(
        _COOKIE,
        session.reveal(),
        max_age=_SECONDS,
        path=f"{base_path(hub)}/dashboard",
        secure=hub.public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


async def show_sign_in(request: Request) -> Response:
    """Ask before a sign-in link is used: programs that preview links open this, too."""
    hub, text = hub_of(request), request.query_params.get("token", "")
    if not text:
        return signed_out_page(request, next_page=request.query_params.get("next", ""))
    try:
        if text.startswith(MemberLinkToken.prefix):
            await sessions.require_link(hub, MemberLinkToken(text))
        else:
            await projects.require_sign_in_link(hub, SignInToken(text))
    except SignInLinkUsed as used:
        note_denial(request, used.code)
        return signed_out_page(request, used=True, status=used.status)
    return page(request, SignInPage(token=text))


async def sign_in(request: Request) -> Response:
    """Use a sign-in link, pressed on its own page: no other site signs a browser in."""
    hub = hub_of(request)
    if not is_from_here(request):
        note_denial(request, "post_of_another_site")
        return signed_out_page(request, status=403)
    text = (await read_form(request)).fields().get("token", "")
    try:
        if text.startswith(MemberLinkToken.prefix):
            agent = browser_of(request).user_agent
            return start(
                request, await sessions.use_link(hub, MemberLinkToken(text), user_agent=agent)
            )
        return start(request, await projects.sign_in(hub, SignInToken(text)))
    except SignInLinkUsed as used:
        note_denial(request, used.code)
        return signed_out_page(request, used=True, status=used.status)


async def sign_out(request: Request) -> Response:
    hub = hub_of(request)
    response = RedirectResponse(f"{base_path(hub)}/dashboard", 303)
    if not is_from_here(request):
        # Another site would sign people out, if only by taking the cookie away.
        return response
    found = await _who(request)
    if found is not None:
        token = member_token(request)
        if token is None:
            await projects.sign_out(hub, DashboardToken(request.cookies[_COOKIE]))
        else:
            await sessions.end_session(hub, found, token)
    response.delete_cookie(_COOKIE, path=f"{base_path(hub)}/dashboard")
    return response


async def sign_out_everywhere(request: Request, project: Project) -> Response:
    """End the member's sessions everywhere; with an operator's link, those of the whole project."""
    hub, who = hub_of(request), who_of(request)
    if who.member is not None:
        await sessions.end_all(hub, who.member, who.actor)
    else:
        await projects.end_sign_ins(hub, project, who.actor)
        await sessions.end_all_of_project(hub, project.id, who.actor)
    return await sign_out(request)


async def _who(request: Request) -> SignedIn | None:
    cookie = request.cookies.get(_COOKIE)
    return await sessions.who_is_signed_in(hub_of(request), cookie) if cookie else None


def note_denial(request: Request, code: str, project: Project | None = None) -> None:
    """Count a refusal for the audit log."""
    known = None if project is None else project.id
    hub_of(request).tallies.note_denial(known, code, at="dashboard")


async def _remember(request: Request, found: SignedIn) -> None:
    """Keep what every page shows around it."""
    hub, state = hub_of(request), request.state
    state.signed_in, state.project_of_forms = found, found.project.id
    if found.member is None:
        choice = await find_project_choice(hub.db, found.project.id)
        state.choices = [] if choice is None else [choice]
    else:
        state.choices = await projects_of(hub.db, found.member.id)
    state.badges = {"issues": await issues.count_open(hub, found.project.id)}


async def _is_from_allowed_network(request: Request, found: SignedIn) -> bool:
    settings = await projects.project_settings(hub_of(request), found.project.id)
    if is_allowed(settings.allowed_networks, source_address.current()):
        return True
    note_denial(request, AddressNotAllowed.code, found.project)
    return False


def _require_role(request: Request, found: SignedIn, needed: Role) -> None:
    if not found.role.includes(needed):
        note_denial(request, RoleTooLow.code, found.project)
        raise RoleTooLow


def require_same_project(project: Project, named: Iterable[str]) -> None:
    """
    Check the project that a form says it was opened in.

    Raises:
        OtherProject: it was another one.
    """
    if any(each != project.id for each in named):
        raise OtherProject


async def _require_same_project(request: Request, found: SignedIn) -> None:
    if not request.headers.get("content-type", "").startswith(_FORM):
        return
    require_same_project(found.project, (await read_form(request)).all("_project"))
