"""
Policy on the pages that may embed the Hub in a frame.

The page's own script requests a frame with the session's token; the browser sends its origin. The
frame's URL then holds the id of that grant and nothing secret. The page at that URL can be framed
by the allowed origins only, and accepts messages from the origin of the request.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from jackfield.connect.models import (
    ConnectSessionNotFound,
    Frame,
    FrameId,
    OriginNotAllowed,
    SessionTerms,
)
from jackfield.connect.repo import ConnectSessions, Frames, Holder, find_frame
from jackfield.projects import service as projects
from jackfield.projects.settings import ProjectSettings, normal_origin
from jackfield.runtime import Hub


@dataclass(frozen=True, slots=True)
class FramePolicy:
    """The origins that may contain a frame now."""

    frame: Frame
    ancestors: tuple[str, ...]


async def open_frame(hub: Hub, holder: Holder, origin: str | None) -> Frame:
    """
    Allow a page of `origin` to show the Hub while the session is open.

    Raises:
        OriginNotAllowed: the project or the session does not allow it.
    """
    settings = await projects.project_settings(hub, holder.project_id)
    page_origin = normal_origin(origin or "")
    if page_origin is None:
        msg = (
            "only a web page can show the Hub; the browser sent no origin, or one that is not of "
            "the web (a file, a sandboxed frame)"
        )
        raise OriginNotAllowed(msg)
    _require_allowed(hub, holder.session.terms, settings, page_origin)
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        frame = Frame(
            id=FrameId.new(tx.now),
            project_id=holder.project_id,
            session_id=holder.session.id,
            origin=page_origin,
            expires_at=holder.session.expires_at,
        )
        await Frames(tx).add(frame)
    return frame


async def find_policy(hub: Hub, frame_id: str) -> FramePolicy | None:
    """Return the policy of a frame; `None` if it is not, or no longer, allowed."""
    frame = await find_frame(hub.db, frame_id)
    if frame is None:
        return None
    settings = await projects.project_settings(hub, frame.project_id)
    try:
        async with hub.db.read(frame.project_id) as tx:
            terms = (await ConnectSessions(tx).get(frame.session_id)).terms
        _require_allowed(hub, terms, settings, frame.origin)
    except (ConnectSessionNotFound, OriginNotAllowed):
        return None
    return FramePolicy(frame, (_own(hub), *(terms.allowed_origins or settings.allowed_origins)))


async def frame_of(hub: Hub, holder: Holder, frame_id: str) -> Frame:
    """
    Return the frame that a request names.

    Raises:
        OriginNotAllowed: it does not belong to this session.
    """
    frame = await find_frame(hub.db, frame_id)
    if frame is None or (frame.project_id, frame.session_id) != (
        holder.project_id,
        holder.session.id,
    ):
        raise OriginNotAllowed
    return frame


async def require_origin(hub: Hub, holder: Holder, origin: str | None) -> None:
    """
    Raise unless a request comes from an allowed page.

    Without allowed origins, any page may use a token. A request without an origin comes from no page.

    Raises:
        OriginNotAllowed: the project or the session does not allow this origin.
    """
    if origin is None:
        return
    settings = await projects.project_settings(hub, holder.project_id)
    if settings.allowed_origins:
        page_origin = normal_origin(origin) or "this page"
        _require_allowed(hub, holder.session.terms, settings, page_origin)


def _require_allowed(hub: Hub, terms: SessionTerms, settings: ProjectSettings, origin: str) -> None:
    if origin == _own(hub):
        return
    if not settings.allows_origin(origin):
        msg = (
            f"{origin} is not among the project's allowed_origins: add it with "
            "PATCH /jackfield/project"
        )
        raise OriginNotAllowed(msg)
    if terms.allowed_origins and origin not in terms.allowed_origins:
        msg = f"{origin} is not among the connect session's allowed_origins"
        raise OriginNotAllowed(msg)


def _own(hub: Hub) -> str:
    parts = urlsplit(hub.public_url)
    return normal_origin(f"{parts.scheme}://{parts.netloc}") or ""
