"""`/dashboard/sign-in/…`: sign-in of members, by password and code or by their identity provider."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.kit.errors import HubError
from jackfield.members import sign_in as members
from jackfield.members.models import SignInRefused
from jackfield.members.sso import service as sso
from jackfield.ui.dashboard.sign_in import browser_of, note_denial, start
from jackfield.ui.dashboard.sign_in_pages import CodePage, own_page, sentence, signed_out_page
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of, page
from jackfield.ui.same_origin import is_from_here

_COOKIE: Final = "jackfield_sso"


async def by_password(request: Request) -> Response:
    """Sign in by e-mail address and password, or ask for the code of a second factor."""
    if not is_from_here(request):
        note_denial(request, "post_of_another_site")
        return signed_out_page(request, status=403)
    fields = (await read_form(request)).fields()
    email, next_page = fields.get("email", ""), own_page(fields.get("next", ""))
    try:
        found = await members.sign_in(
            hub_of(request), email, fields.get("password", ""), browser_of(request)
        )
    except HubError as error:
        note_denial(request, error.code)
        return signed_out_page(
            request, status=error.status, error=error, email=email, next_page=next_page
        )
    if isinstance(found, members.AwaitedCode):
        return page(request, CodePage(sealed=found.sealed, next=next_page, problem=None))
    return start(request, found, next_page)


async def by_code(request: Request) -> Response:
    """Complete a sign-in with a code."""
    if not is_from_here(request):
        note_denial(request, "post_of_another_site")
        return signed_out_page(request, status=403)
    fields = (await read_form(request)).fields()
    sealed, next_page = fields.get("sealed", ""), own_page(fields.get("next", ""))
    try:
        token = await members.give_code(
            hub_of(request), sealed, fields.get("code", ""), browser_of(request)
        )
    except SignInRefused as error:
        note_denial(request, error.code)
        shown = CodePage(sealed=sealed, next=next_page, problem=sentence(error))
        return page(request, shown, status=error.status)
    except HubError as error:
        note_denial(request, error.code)
        return signed_out_page(request, status=error.status, error=error, next_page=next_page)
    return start(request, token, next_page)


async def begin_sso(request: Request) -> Response:
    """Send a browser to the identity provider."""
    hub = hub_of(request)
    next_page = own_page(request.query_params.get("next", ""))
    try:
        departure = await sso.begin(hub, next_page)
    except HubError as error:
        note_denial(request, error.code)
        return signed_out_page(request, status=error.status, error=error, next_page=next_page)
    response = RedirectResponse(departure.url, 303)
    response.headers["referrer-policy"] = "no-referrer"
    response.headers["cache-control"] = "no-store"
    response.set_cookie(
        _COOKIE,
        departure.sealed,
        max_age=int(sso.LIFETIME.total_seconds()),
        path=f"{base_path(hub)}{sso.CALLBACK}",
        secure=hub.public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return response


async def finish_sso(request: Request) -> Response:
    """Sign a browser in by what the identity provider answered."""
    hub = hub_of(request)
    sealed, agent = request.cookies.get(_COOKIE, ""), browser_of(request).user_agent
    try:
        arrival = await sso.finish(hub, sealed, dict(request.query_params), user_agent=agent)
    except HubError as error:
        note_denial(request, error.code)
        response = signed_out_page(
            request, status=error.status, error=error, next_page="/dashboard"
        )
    else:
        response = start(request, arrival.token, arrival.next)
    response.delete_cookie(_COOKIE, path=f"{base_path(hub)}{sso.CALLBACK}")
    return response
