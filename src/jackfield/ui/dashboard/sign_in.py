"""`/dashboard/sign-in`: sign-in by a one-time link."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar, Final, TypeAlias

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.issues import service as issues
from jackfield.kit.actor import Actor
from jackfield.kit.urls import find_origin
from jackfield.projects import service as projects
from jackfield.projects.models import DashboardToken, Project, SignInLinkUsed, SignInToken
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of, page

View: TypeAlias = Callable[[Request, Project], Awaitable[Response]]

_COOKIE: Final = "jackfield_session"
_SECONDS: Final = 12 * 3600
_SAFE: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    template: ClassVar[str] = "dashboard/sign_in.html"

    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutPage:
    template: ClassVar[str] = "dashboard/signed_out.html"

    # Whether the browser opened a sign-in link that was used already.
    used: bool = False


def signed_in(view: View) -> Callable[[Request], Awaitable[Response]]:
    """Require a signed-in browser for `view`, and posts from the hub's own pages."""

    async def show(request: Request) -> Response:
        project = await _project(request)
        if project is None:
            return page(request, SignedOutPage(), status=401)
        if request.method not in _SAFE and not _is_from_here(request):
            return page(request, SignedOutPage(), status=403)
        request.state.badges = {"issues": await issues.count_open(hub_of(request), project.id)}
        return await view(request, project)

    return show


async def still_signed_in(request: Request, project: Project) -> bool:
    """Return whether the browser of an earlier request is signed in to the project yet."""
    found = await _project(request)
    return found is not None and found.id == project.id


def actor_of(request: Request) -> Actor:
    """Return the actor of a request that `signed_in` let through."""
    return DashboardToken(request.cookies[_COOKIE]).actor


async def show_sign_in(request: Request) -> Response:
    """Ask before a sign-in link is used: programs that preview links open this, too."""
    text = request.query_params.get("token", "")
    try:
        await projects.require_sign_in_link(hub_of(request), SignInToken(text))
    except SignInLinkUsed as used:
        return page(request, SignedOutPage(used=True), status=used.status)
    return page(request, SignInPage(token=text))


async def sign_in(request: Request) -> Response:
    """Use a sign-in link, pressed on its own page: no other site signs a browser in."""
    hub = hub_of(request)
    if not _is_from_here(request):
        return page(request, SignedOutPage(), status=403)
    form = await read_form(request)
    try:
        session = await projects.sign_in(hub, SignInToken(form.fields().get("token", "")))
    except SignInLinkUsed as used:
        return page(request, SignedOutPage(used=True), status=used.status)
    response = RedirectResponse(f"{base_path(hub)}/dashboard", 303)
    response.headers["referrer-policy"] = "no-referrer"
    response.set_cookie(
        _COOKIE,
        session.reveal(),
        max_age=_SECONDS,
        path=f"{base_path(hub)}/dashboard",
        secure=hub.public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return response


async def sign_out(request: Request) -> Response:
    hub = hub_of(request)
    token = request.cookies.get(_COOKIE)
    if token and _is_from_here(request):
        await projects.sign_out(hub, DashboardToken(token))
    response = RedirectResponse(f"{base_path(hub)}/dashboard", 303)
    response.delete_cookie(_COOKIE, path=f"{base_path(hub)}/dashboard")
    return response


async def sign_out_everywhere(request: Request, project: Project) -> Response:
    """End the sessions of all browsers that are signed in to the project."""
    hub = hub_of(request)
    await projects.end_sign_ins(hub, project, actor_of(request))
    return await sign_out(request)


async def _project(request: Request) -> Project | None:
    token = request.cookies.get(_COOKIE)
    if not token:
        return None
    return await projects.signed_in_project(hub_of(request), DashboardToken(token))


def _is_from_here(request: Request) -> bool:
    """Return whether a post comes from the hub's own pages and not from another site.

    The cookie is `SameSite=Lax` already; this protects browsers that do not support it. A post that
    does not say where it comes from is refused.
    """
    site = request.headers.get("sec-fetch-site")
    if site not in (None, "none"):
        return site == "same-origin"
    return find_origin(hub_of(request).public_url) == find_origin(request.headers.get("origin", ""))
