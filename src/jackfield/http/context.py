"""Authenticated request contexts: the first argument of every handler."""

from msgspec import Struct

from jackfield.connect import frames
from jackfield.connect import sessions as connect
from jackfield.connect.models import ConnectToken, ConnectTokenInvalid
from jackfield.connect.repo import Holder
from jackfield.kit.actor import Actor
from jackfield.kit.headers import RequestHeaders
from jackfield.portal import service as portals
from jackfield.portal.models import PortalToken, PortalTokenInvalid
from jackfield.projects import service as projects
from jackfield.projects.authorization import read_api_key
from jackfield.projects.models import Caller, Scope
from jackfield.runtime import Hub


class ApiContext(Struct, frozen=True):
    """A request of a project's own software, with a known API key."""

    hub: Hub
    caller: Caller
    headers: RequestHeaders

    @property
    def actor(self) -> Actor:
        return self.caller.actor


class ConnectContext(Struct, frozen=True):
    """A request of a Hub page, with the token of an open connect session."""

    hub: Hub
    holder: Holder
    origin: str | None


class PortalContext(Struct, frozen=True):
    """A request of a page that shows a portal, with the token of a link that is still unused."""

    hub: Hub
    token: PortalToken
    origin: str | None


class PublicContext(Struct, frozen=True):
    """A request without credentials."""

    hub: Hub


async def api_key(hub: Hub, headers: RequestHeaders, scope: Scope | None) -> ApiContext:
    caller = await projects.authenticate(hub, read_api_key(headers.get("authorization")))
    if scope is not None:
        caller.require(scope)
    return ApiContext(hub, caller, headers)


async def connect_token(hub: Hub, headers: RequestHeaders, _scope: Scope | None) -> ConnectContext:
    token = headers.get("x-hub-session-token")
    if not token:
        raise ConnectTokenInvalid
    holder, origin = await connect.authenticate(hub, ConnectToken(token)), headers.get("origin")
    await frames.require_origin(hub, holder, origin)
    return ConnectContext(hub, holder, origin)


async def ended_connect_token(
    hub: Hub, headers: RequestHeaders, _scope: Scope | None
) -> ConnectContext:
    """Let the holder of a connect session in after its end, too: for what came of it."""
    token = headers.get("x-hub-session-token")
    if not token:
        raise ConnectTokenInvalid
    holder, origin = await connect.find_session(hub, ConnectToken(token)), headers.get("origin")
    await frames.require_origin(hub, holder, origin)
    return ConnectContext(hub, holder, origin)


async def portal_token(hub: Hub, headers: RequestHeaders, _scope: Scope | None) -> PortalContext:
    # The header of the Hub's frames, which pages of any origin may send.
    token = headers.get("x-hub-session-token")
    if not token:
        raise PortalTokenInvalid
    await portals.require_link(hub, PortalToken(token))
    return PortalContext(hub, PortalToken(token), headers.get("origin"))


async def public(hub: Hub, _headers: RequestHeaders, _scope: Scope | None) -> PublicContext:
    return PublicContext(hub)
