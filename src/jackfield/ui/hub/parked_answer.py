"""`/connect/oauth2/{key}/parked`: what a provider sent a browser with before any sign-in here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.connect import sessions as connect
from jackfield.connect.sign_in import parked_answer as parking
from jackfield.connect.sign_in.models import SignIn
from jackfield.connect.sign_in.parked_answer import Parked
from jackfield.connect.sign_in.repo import find_started
from jackfield.connectors.connector import Connector
from jackfield.kit.errors import HubError
from jackfield.ui.hub.browser_cookie import browser_of, cookie_name, set_cookie
from jackfield.ui.hub.hub_request import load_for, unknown_session_page
from jackfield.ui.hub.result import leaving
from jackfield.ui.page_theme import PageTheme
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of

_COOKIE: Final = "jackfield_parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedPage:
    template: ClassVar[str] = "hub/parked.html"

    look: PageTheme
    connector: Connector
    owner: str
    told: Mapping[str, str]
    action: str


def find_parked(request: Request, connector_key: str) -> Parked | None:
    """Return the answer that a browser carries."""
    carried = request.cookies.get(cookie_name(request, _COOKIE), "")
    return parking.open_parked(hub_of(request), connector_key, carried) if carried else None


def parked_url(request: Request, connector_key: str) -> str:
    return f"{base_path(hub_of(request))}/connect/oauth2/{connector_key}/parked"


def park(request: Request, connector_key: str, parameters: Mapping[str, str]) -> Response | None:
    """Have a browser carry an answer that belongs to no sign-in, if its provider may send such."""
    hub = hub_of(request)
    if not parking.may_park(hub, connector_key, parameters):
        return None
    place = parked_url(request, connector_key)
    if parking.waits_for_approval(hub, connector_key, parameters):
        return RedirectResponse(f"{place}?waiting=1", 303)
    response = RedirectResponse(place, 303)
    seconds = int(parking.LIFETIME.total_seconds())
    value = parking.park(hub, connector_key, parameters)
    set_cookie(request, response, _COOKIE, value, seconds=seconds)
    return response


async def show(request: Request) -> Response:
    """Show where to go on; with a sign-in open in this browser, offer to use the answer for it."""
    if "waiting" in request.query_params:
        return unknown_session_page(request, status=200, key="approval", group="sign_in")
    parked, sign_in = await _found(request)
    if parked is None:
        return unknown_session_page(request, status=404, key="unknown", group="sign_in")
    if sign_in is None:
        return unknown_session_page(request, status=200, key="parked", group="sign_in")
    hub = hub_of(request)
    try:
        told = await parking.told_by(hub, sign_in, parked)
        holder = await connect.holder_of(hub, sign_in.project_id, sign_in.session_id)
    except HubError as refused:
        return _forgotten(request, unknown_session_page(request, status=refused.status))
    hub_request = await load_for(request, holder)
    return hub_request.page(
        ParkedPage(
            look=hub_request.theme,
            connector=hub.catalog.get(parked.connector_key),
            owner=hub_request.owner,
            told=told,
            action=f"{parked_url(request, parked.connector_key)}?lang={hub_request.theme.words.code}",
        )
    )


async def answer(request: Request) -> Response:
    """Use the answer for the sign-in, or sign in without it."""
    parked, sign_in = await _found(request)
    browser, hub = browser_of(request), hub_of(request)
    if parked is None or sign_in is None or browser is None:
        return unknown_session_page(request, status=404, key="unknown", group="sign_in")
    is_used = (await read_form(request)).has("use")
    place = f"{base_path(hub)}/connect/sign-ins/{sign_in.id}/result"
    try:
        if is_used:
            found = await parking.claim(hub, sign_in, parked, browser)
        else:
            found = await parking.go_on(hub, sign_in)
        holder = await connect.holder_of(hub, sign_in.project_id, sign_in.session_id)
    except HubError as refused:
        return _forgotten(request, unknown_session_page(request, status=refused.status))
    if isinstance(found, str):
        hub_request = await load_for(request, holder)
        response = leaving(hub_request, hub.catalog.get(parked.connector_key), sign_in, found)
    else:
        response = RedirectResponse(place, 303)
    return _forgotten(request, response)


def _forgotten(request: Request, response: Response) -> Response:
    """Have the browser forget the answer: it was used, or is none that can be."""
    set_cookie(request, response, _COOKIE, "", seconds=0)
    return response


async def _found(request: Request) -> tuple[Parked | None, SignIn | None]:
    key, browser = request.path_params["connector_key"], browser_of(request)
    parked, hub = find_parked(request, key), hub_of(request)
    if parked is None or browser is None:
        return parked, None
    return parked, await find_started(hub.db, key, browser, hub.clock())
