"""`/hub/portal_frames`: a portal in the page of a product, authenticated by the token of its link."""

from datetime import datetime

from msgspec import Struct

from jackfield.connect.models import OriginNotAllowed
from jackfield.http.context import PortalContext, portal_token
from jackfield.http.routing import Routes
from jackfield.portal import frames
from jackfield.portal.models import (
    PortalFrameId,
    PortalLinkUsed,
    PortalSessionExpired,
    PortalSessionId,
    PortalSessionRevoked,
    PortalTokenInvalid,
)

api = Routes(portal_token, tag="embedded")

_REFUSALS = (
    PortalTokenInvalid,
    PortalLinkUsed,
    PortalSessionExpired,
    PortalSessionRevoked,
    OriginNotAllowed,
)


class PortalFrameOut(Struct, frozen=True):
    id: PortalFrameId
    url: str
    expires_at: datetime


class OpenedPortalOut(Struct, frozen=True):
    id: PortalSessionId
    key: str
    ends_at: datetime | None


@api.add("POST", "/hub/portal_frames", status=201, raises=_REFUSALS)
async def open_portal_frame(ctx: PortalContext) -> PortalFrameOut:
    """Return the address at which the requesting page may frame a portal; the link stays unused."""
    frame = await frames.open_frame(ctx.hub, ctx.token, ctx.origin)
    url = f"{ctx.hub.public_url}/portal/frames/{frame.id}"
    return PortalFrameOut(frame.id, url, frame.expires_at)


@api.add("POST", "/hub/portal_frames/{frame_id}/open", raises=_REFUSALS)
async def open_portal(ctx: PortalContext, frame_id: str) -> OpenedPortalOut:
    """Use the link for the frame itself: nothing but the hub's own page may ask for it."""
    holder, key = await frames.open_in_frame(ctx.hub, ctx.token, frame_id, ctx.origin)
    return OpenedPortalOut(holder.session.id, key.reveal(), holder.session.ends_at)
