"""
`/connect/…`: the way of a browser to a provider's sign-in page and back.

What was typed is in no address: it is sealed, and a key that works once stands for it. The cookie
makes sure that the browser that comes back is the one that was sent.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.accounts.repo import Accounts
from jackfield.connect import linking
from jackfield.connect import sessions as connect
from jackfield.connect.attempts import AttemptStatus
from jackfield.connect.models import ConnectToken
from jackfield.connect.pending.repo import PendingLinks
from jackfield.connect.repo import Holder
from jackfield.connect.sign_in import service as sign_ins
from jackfield.connect.sign_in.models import BrowserKey, SignIn, SignInNotFound, StartKey
from jackfield.connect.sign_in.repo import find_in_browser
from jackfield.kit.errors import HubError
from jackfield.ui.hub.hub_request import load_for, unknown_session_page
from jackfield.ui.hub.result import done, ended, pending_result
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of

_COOKIE: Final = "jackfield_sign_in"
_SECONDS: Final = 3600
_NO_STORE: Final[Mapping[str, str]] = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
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
        return unknown_session_page(request, status=refused.status)
    return RedirectResponse(start_url(request, key), 302, _NO_STORE)


async def start(request: Request) -> Response:
    """Send the browser to the provider's sign-in page."""
    hub = hub_of(request)
    try:
        started = await sign_ins.start(
            hub, StartKey(request.query_params.get("key", "")), _browser(request)
        )
    except HubError as refused:
        return unknown_session_page(request, status=refused.status)
    response = RedirectResponse(started.url, 302, _NO_STORE)
    _set_cookie(request, response, started.browser)
    return response


async def callback(request: Request) -> Response:
    """Take the provider's answer, and show how the sign-in ended."""
    if request.method == "POST":
        # A cookie does not come along with another site's form: it does with this address.
        query = urlencode((await read_form(request)).pairs)
        return RedirectResponse(f"{request.url.path}?{query}", 303, _NO_STORE)
    hub, parameters = hub_of(request), dict(request.query_params)
    try:
        end = await sign_ins.finish(
            hub, request.path_params["connector_key"], parameters, _browser(request)
        )
    except HubError as refused:
        return unknown_session_page(request, status=refused.status)
    # An address without code and state, which can be loaded again.
    place = f"{base_path(hub)}/connect/sign-ins/{end.sign_in.id}/result"
    return RedirectResponse(place, 303, _NO_STORE)


async def result(request: Request) -> Response:
    """Show how a sign-in of this browser ended."""
    hub, browser = hub_of(request), _browser(request)
    sign_in_id = request.path_params["sign_in_id"]
    sign_in = None if browser is None else await find_in_browser(hub.db, sign_in_id, browser)
    if sign_in is None:
        return unknown_session_page(request)
    return await _result(request, sign_in)


async def _result(request: Request, sign_in: SignIn) -> Response:
    hub = hub_of(request)
    holder = await connect.holder_of(hub, sign_in.project_id, sign_in.session_id)
    hub_request = await load_for(request, holder)
    async with hub.db.read(sign_in.project_id) as tx:
        if sign_in.linked_account_id is not None:
            account = await Accounts(tx).get(sign_in.linked_account_id)
            return done(hub_request, account)
        if sign_in.pending_link_id is not None:
            link = await PendingLinks(tx).get(sign_in.pending_link_id)
            return pending_result(hub_request, link)
    assert sign_in.status is not AttemptStatus.AUTHENTICATED
    return ended(hub_request, SignInNotFound(sign_in.error_description))


async def _prepare(request: Request, holder: Holder) -> StartKey:
    hub, query = hub_of(request), request.query_params
    attempt_id = query.get("connection_attempt_id", "")
    announced = await sign_ins.find(hub, holder, attempt_id) if attempt_id else None
    offer = await connect.offer(hub, holder, request.path_params["integration_id"])
    submitted = {name: value for name, value in query.items() if name not in _OURS}
    current = await connect.find_account_to_edit(hub, holder, offer.connector.key)
    if current is not None and current.auth_method == offer.method.key:
        prepared = await linking.prepare_relink(
            hub, holder, account_id=current.id, submitted=submitted
        )
    else:
        prepared = await linking.prepare_link(hub, holder, offer=offer, submitted=submitted)
    _, key = await sign_ins.prepare(hub, holder, prepared, announced=announced)
    return key


def _browser(request: Request) -> BrowserKey | None:
    value = request.cookies.get(_cookie_name(request), "")
    return BrowserKey(value) if value.startswith(BrowserKey.prefix) else None


def _set_cookie(request: Request, response: Response, browser: BrowserKey) -> None:
    response.set_cookie(
        _cookie_name(request),
        browser.reveal(),
        max_age=_SECONDS,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def _cookie_name(request: Request) -> str:
    return f"__Host-{_COOKIE}" if _is_secure(request) else _COOKIE


def _is_secure(request: Request) -> bool:
    return hub_of(request).public_url.startswith("https://")
