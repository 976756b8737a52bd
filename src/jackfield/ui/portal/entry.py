"""`/portal/open`: a link that opens a portal once, and the end of what it opened."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.portal import service as portals
from jackfield.portal.models import PortalToken
from jackfield.ui.portal.portal_request import (
    COOKIE,
    REFUSALS,
    PortalLinks,
    PortalLook,
    PortalRequest,
    closed,
    ended,
    look_of,
    portal_path,
)
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import hub_of, page
from jackfield.ui.same_origin import is_from_here


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalOpeningPage:
    template: ClassVar[str] = "portal/opening.html"

    look: PortalLook
    token: str


async def show_link(request: Request) -> Response:
    """Ask before a link is used: programs that preview links open this, too."""
    token = PortalToken(request.query_params.get("token", ""))
    try:
        holder = await portals.require_link(hub_of(request), token)
    except REFUSALS as refused:
        return ended(request, refused)
    look = await look_of(request, holder)
    return page(request, PortalOpeningPage(look=look, token=token.reveal()))


async def use_link(request: Request) -> Response:
    """Use a link, pressed on its own page: no other site opens a portal in a browser."""
    hub = hub_of(request)
    if not is_from_here(request):
        return await show_link(request)
    form = await read_form(request)
    try:
        holder, key = await portals.open_link(hub, PortalToken(form.fields().get("token", "")))
    except REFUSALS as refused:
        return ended(request, refused)
    path = portal_path(hub, holder.session)
    links = PortalLinks(path, request.query_params.get("lang"))
    response = RedirectResponse(links.to(), 303)
    response.headers["referrer-policy"] = "no-referrer"
    # For the paths of this one portal: two of them in a browser know nothing of each other.
    response.set_cookie(
        COOKIE,
        key.reveal(),
        max_age=holder.session.terms.open_seconds,
        path=path,
        secure=hub.public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return response


async def leave(portal: PortalRequest) -> Response:
    """End the portal for all who opened it."""
    await portals.leave(portal.hub, portal.holder)
    response = closed(portal.request, portal.look)
    response.delete_cookie(COOKIE, path=portal_path(portal.hub, portal.holder.session))
    return response
