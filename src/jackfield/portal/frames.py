"""
Policy on the pages that may embed a portal in a frame.

It is the Hub's: the page requests a frame with the token of a link, and the frame's address holds
the id of that grant and nothing secret. The frame itself then exchanges the token for the key, which
no page of a product gets to see.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from jackfield.connect.models import OriginNotAllowed
from jackfield.portal import service as portals
from jackfield.portal.models import (
    PortalFrame,
    PortalFrameId,
    PortalHolder,
    PortalKey,
    PortalSession,
    PortalSessionNotFound,
    PortalToken,
)
from jackfield.portal.repo import PortalFrames, PortalSessions, find_frame
from jackfield.projects import service as projects
from jackfield.projects.settings import ProjectSettings, normal_origin
from jackfield.runtime import Hub


@dataclass(frozen=True, slots=True)
class PortalFramePolicy:
    """A frame, its session and the origins that may contain it now."""

    frame: PortalFrame
    session: PortalSession
    ancestors: tuple[str, ...]


async def open_frame(hub: Hub, token: PortalToken, origin: str | None) -> PortalFrame:
    """
    Allow a page of `origin` to show the portal that a link leads to; the link stays unused.

    Raises:
        PortalTokenInvalid, PortalLinkUsed, PortalSessionExpired, PortalSessionRevoked: as
            `require_link`.
        OriginNotAllowed: the project or the session does not allow it.
    """
    holder = await portals.require_link(hub, token)
    session = holder.session
    settings = await projects.project_settings(hub, holder.project_id)
    page_origin = normal_origin(origin or "")
    if page_origin is None:
        msg = (
            "only a web page can show a portal; the browser sent no origin, or one that is not of "
            "the web (a file, a sandboxed frame)"
        )
        raise OriginNotAllowed(msg)
    _require_allowed(session, settings, page_origin)
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        frame = PortalFrame(
            id=PortalFrameId.new(tx.now),
            project_id=holder.project_id,
            session_id=session.id,
            origin=page_origin,
            expires_at=session.expires_at + timedelta(seconds=session.terms.open_seconds),
        )
        await PortalFrames(tx).add(frame)
    return frame


async def find_policy(hub: Hub, frame_id: str) -> PortalFramePolicy | None:
    """Return the policy of a frame; `None` if it is not, or no longer, allowed."""
    frame = await find_frame(hub.db, frame_id)
    if frame is None:
        return None
    settings = await projects.project_settings(hub, frame.project_id)
    try:
        async with hub.db.read(frame.project_id) as tx:
            session = await PortalSessions(tx).get(frame.session_id)
        _require_allowed(session, settings, frame.origin)
    except (PortalSessionNotFound, OriginNotAllowed):
        return None
    allowed = session.terms.allowed_origins or settings.allowed_origins
    return PortalFramePolicy(frame, session, (_own(hub), *allowed))


async def require_frame(hub: Hub, holder: PortalHolder, frame_id: str) -> None:
    """
    Raise unless a frame belongs to a session and its page may show it yet.

    Raises:
        OriginNotAllowed: it does not, or not any more.
    """
    policy = await find_policy(hub, frame_id)
    if policy is None or (policy.frame.project_id, policy.session.id) != (
        holder.project_id,
        holder.session.id,
    ):
        raise OriginNotAllowed


async def open_in_frame(
    hub: Hub, token: PortalToken, frame_id: str, origin: str | None
) -> tuple[PortalHolder, PortalKey]:
    """
    Exchange the token of a link for the key of an open portal, for a frame of the hub's own.

    Raises:
        PortalTokenInvalid, PortalLinkUsed, PortalSessionExpired, PortalSessionRevoked: as
            `require_link`.
        OriginNotAllowed: another page than the frame asks for it.
    """
    if origin is None or normal_origin(origin) != _own(hub):
        raise OriginNotAllowed
    await require_frame(hub, await portals.require_link(hub, token), frame_id)
    return await portals.open_link(hub, token)


def _require_allowed(session: PortalSession, settings: ProjectSettings, origin: str) -> None:
    if not settings.allows_origin(origin):
        msg = (
            f"{origin} is not among the project's allowed_origins: add it with "
            "PATCH /jackfield/project"
        )
        raise OriginNotAllowed(msg)
    if session.terms.allowed_origins and origin not in session.terms.allowed_origins:
        msg = f"{origin} is not among the portal session's allowed_origins"
        raise OriginNotAllowed(msg)


def _own(hub: Hub) -> str:
    parts = urlsplit(hub.public_url)
    return normal_origin(f"{parts.scheme}://{parts.netloc}") or ""
