"""
`/connect/…`: the way of a browser to a provider's sign-in page and back.

What was typed is in no address: it is sealed, and a key that works once stands for it. The cookie
makes sure that the browser that comes back is the one that was sent.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.connect import linking
from jackfield.connect import sessions as connect
from jackfield.connect.models import ConnectToken, ConnectTokenInvalid
from jackfield.connect.repo import Holder
from jackfield.connect.sign_in import device, mcp_server, sent_code
from jackfield.connect.sign_in import service as sign_ins
from jackfield.connect.sign_in.exchange import redirect_uri
from jackfield.connect.sign_in.kept import kept_of
from jackfield.connect.sign_in.models import (
    OtherBrowser,
    SignIn,
    SignInExpired,
    SignInNotFound,
    SignInUsed,
    Stage,
    StartKey,
)
from jackfield.kit.errors import HubError
from jackfield.kit.json import encode
from jackfield.ui.hub.browser_cookie import browser_of, keep_browser, sign_in_of
from jackfield.ui.hub.device_code import device_code
from jackfield.ui.hub.hub_request import HubRequest, load, load_for, unknown_session_page
from jackfield.ui.hub.parked_answer import find_parked, park, parked_url
from jackfield.ui.hub.result import SESSION_ENDS, returned
from jackfield.ui.hub.sign_in_result import Place, sign_in_result
from jackfield.ui.hub.tenant_choice import tenant_choice
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of

# No longer than the line that a browser may ask with.
_LONGEST_ANSWER: Final = 16 * 1024
_NO_STORE: Final[Mapping[str, str]] = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
}
# The words for a sign-in that is not known to be this browser's, by error code.
_REFUSALS: Final[Mapping[str, str]] = {
    SignInNotFound.code: "unknown",
    SignInExpired.code: "expired",
    OtherBrowser.code: "foreign",
}
_OURS: Final = frozenset({"redirect_uri", "token", "connection_attempt_id"})


def start_url(request: Request, key: StartKey) -> str:
    """Return the address that sends a browser to the provider, once."""
    # In the query, which no log has.
    return f"{base_path(hub_of(request))}/connect/sign-ins?key={key.reveal()}"


async def open_published(request: Request) -> Response:
    """Send the popup of the published Hub to the provider; its address has the form's values."""
    hub, query = hub_of(request), request.query_params
    try:
        holder = await connect.authenticate(hub, ConnectToken(query.get("token", "")))
        key = await _prepare(request, holder)
    except HubError as refused:
        return _refused(request, refused)
    return RedirectResponse(start_url(request, key), 302, _NO_STORE)


async def start(request: Request) -> Response:
    """Send the browser to the provider's sign-in page."""
    hub = hub_of(request)
    try:
        started = await sign_ins.start(
            hub, StartKey(request.query_params.get("key", "")), browser_of(request)
        )
    except HubError as refused:
        return _refused(request, refused)
    key, place = started.sign_in.connector_key or "", started.url
    if place is None:
        place = _result_url(request, started.sign_in.id)
    elif find_parked(request, key) is not None:
        place = parked_url(request, key)
    response = RedirectResponse(place, 302, _NO_STORE)
    keep_browser(request, response, started.browser)
    return response


async def callback(request: Request) -> Response:
    """Take the provider's answer, and show how the sign-in ended."""
    if request.method == "POST":
        # A cookie does not come along with another site's form: it does with this address.
        query = urlencode((await read_form(request)).pairs)
        if len(query) > _LONGEST_ANSWER:
            raise HTTPException(413)
        path = f"{base_path(hub_of(request))}{request.url.path}"
        return RedirectResponse(f"{path}?{query}", 303, _NO_STORE)
    hub, parameters = hub_of(request), dict(request.query_params)
    connector_key = request.path_params["connector_key"]
    try:
        end = await sign_ins.finish(hub, connector_key, parameters, browser_of(request))
    except SignInNotFound as refused:
        return park(request, connector_key, parameters) or _refused(request, refused)
    except HubError as refused:
        return _refused(request, refused)
    # An address without code and state, which can be loaded again.
    return _to_result(request, end.sign_in.id)


async def client_document(request: Request) -> Response:
    """Show the document about the hub as a client, whose address is the client's id."""
    hub = hub_of(request)
    connector = hub.catalog.find(request.path_params["connector_key"])
    if connector is None or all(each.mcp is None for each in connector.auth_methods):
        raise HTTPException(404)
    return Response(
        encode(mcp_server.client_document(hub, redirect_uri(hub, connector))),
        headers={"cache-control": "public, max-age=3600"},
        media_type="application/json",
    )


async def result(request: Request) -> Response:
    """Show how a sign-in ended: to the browser that it is bound to, or to its form in a frame."""
    hub, sign_in_id = hub_of(request), request.path_params["sign_in_id"]
    try:
        if "x-hub-session-token" in request.headers:
            return await _result_in_frame(request, sign_in_id)
        sign_in = await sign_in_of(request)
        if sign_in is None:
            raise SignInNotFound
        form = (await kept_of(hub, sign_in)).form
        if "lang" not in request.query_params and form.language:
            return _to_result(request, sign_in_id, language=form.language)
        holder = await connect.holder_of(hub, sign_in.project_id, sign_in.session_id)
    except HubError as refused:
        return _refused(request, refused)
    hub_request = await load_for(request, holder)
    sign_in = await sent_code.poll(hub, await device.poll(hub, sign_in))
    if (page := await _next_step(hub_request, sign_in)) is not None:
        return page
    if not form.url:
        return await returned(request)
    place = Place(f"{base_path(hub)}{request.url.path}", form.url)
    return await sign_in_result(hub_request, sign_in, place)


async def _next_step(hub_request: HubRequest, sign_in: SignIn) -> Response | None:
    """Return the page of what is left to do in the browser of a sign-in, if something is."""
    now = hub_request.hub.clock()
    if sign_in.poll_at and sign_in.is_waiting_at(now, Stage.STARTED):
        return await device_code(hub_request, sign_in)
    if sign_in.is_waiting_at(now, Stage.CHOOSING):
        return await tenant_choice(hub_request, sign_in)
    return None


async def _result_in_frame(request: Request, sign_in_id: str) -> Response:
    """
    Return the result for the frame in which the form was.

    Raises:
        ConnectTokenInvalid: the token belongs to no session.
        SignInNotFound: the session has no such sign-in.
    """
    hub_request = await load(request)
    sign_in = await sign_ins.find(hub_request.hub, hub_request.holder, sign_in_id)
    restart = hub_request.url(connector=sign_in.profile_id or "")
    place = Place(f"{base_path(hub_request.hub)}{request.url.path}", restart)
    return await sign_in_result(hub_request, sign_in, place)


def _to_result(request: Request, sign_in_id: str, *, language: str = "") -> Response:
    place = _result_url(request, sign_in_id)
    return RedirectResponse(f"{place}?lang={language}" if language else place, 303, _NO_STORE)


def _result_url(request: Request, sign_in_id: str) -> str:
    return f"{base_path(hub_of(request))}/connect/sign-ins/{sign_in_id}/result"


def _refused(request: Request, error: HubError) -> Response:
    """Return the page for a browser of which no sign-in is known."""
    if isinstance(error, SignInUsed):
        # It shows its end, or where to go on, to the browser that it is bound to.
        return _to_result(request, str(error.context["sign_in"]))
    key = _REFUSALS.get(error.code) or SESSION_ENDS.get(error.code)
    if key is None:
        key = "invalid" if isinstance(error, ConnectTokenInvalid) else "unavailable"
    group = "sign_in" if error.code in _REFUSALS else "ended"
    return unknown_session_page(request, status=error.status, key=key, group=group)


async def _prepare(request: Request, holder: Holder) -> StartKey:
    """
    Prepare the sign-in of a popup.

    Raises:
        HubError: it cannot be; an attempt that was announced has ended with it.
    """
    hub, attempt_id = hub_of(request), request.query_params.get("connection_attempt_id", "")
    announced = await sign_ins.find(hub, holder, attempt_id) if attempt_id else None
    try:
        prepared = await _prepared(request, holder)
        _, key = await sign_ins.prepare(hub, holder, prepared, announced=announced)
    except HubError as error:
        is_used = isinstance(error, SignInUsed)
        if announced is not None and announced.stage is Stage.PREPARED and not is_used:
            await sign_ins.fail(hub, holder, announced, error)
        raise
    return key


async def _prepared(request: Request, holder: Holder) -> linking.Prepared:
    hub, query = hub_of(request), request.query_params
    offer = await connect.offer(hub, holder, request.path_params["integration_id"])
    submitted = {name: value for name, value in query.items() if name not in _OURS}
    current = await connect.find_account_to_edit(hub, holder, offer.connector.key)
    if current is not None and current.auth_method == offer.method.key:
        return await linking.prepare_relink(hub, holder, account_id=current.id, submitted=submitted)
    return await linking.prepare_link(hub, holder, offer=offer, submitted=submitted)
