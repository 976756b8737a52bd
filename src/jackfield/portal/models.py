"""Portal sessions: a single-use link that opens one origin owner's page, for a while."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from jackfield.kit.actor import Actor, ActorKind
from jackfield.kit.errors import HubError, NotFound
from jackfield.kit.ids import Id, ProjectId
from jackfield.kit.secret import Token

SHORTEST_SECONDS: Final = 10
LONGEST_LINK_SECONDS: Final = 7 * 24 * 3600
DEFAULT_LINK_SECONDS: Final = 1800
LONGEST_OPEN_SECONDS: Final = 12 * 3600
DEFAULT_OPEN_SECONDS: Final = 4 * 3600


class PortalSessionId(Id, prefix="por"):
    __slots__ = ()


class PortalFrameId(Id, prefix="pfr"):
    """The id of the frame in one page that shows the portal; no secret."""

    __slots__ = ()


class PortalToken(Token, prefix="jf_pt_"):
    """The token of a portal's link: opens it once."""

    __slots__ = ()


class PortalKey(Token, prefix="jf_pk_"):
    """The bearer half of an open portal: the cookie of a browser, or what a frame holds."""

    __slots__ = ()


class PortalRight(StrEnum):
    """A right of a portal's holder; to read is the least."""

    READ = "read"
    PAUSE = "pause"
    RELINK = "relink"
    REMOVE = "remove"
    LINK = "link"


class PortalState(StrEnum):
    """Whether a portal can be opened, is open, or why it is over."""

    UNOPENED = "unopened"
    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"


class PortalTheme(StrEnum):
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class PortalTerms:
    """
    The terms of a portal, as the project's own software requested them.

    `allowed_origins` restrict the project's that may frame it. Without a `locale` or a `theme` it
    follows the browser's.
    """

    origin_owner_id: str
    origin_owner_name: str
    rights: tuple[PortalRight, ...] = tuple(PortalRight)
    allowed_origins: tuple[str, ...] = ()
    locale: str | None = None
    theme: PortalTheme | None = None
    open_seconds: int = DEFAULT_OPEN_SECONDS


@dataclass(frozen=True, slots=True)
class PortalSession:
    """A portal: its link works until `expires_at`, and once opened, it does until `ends_at`."""

    id: PortalSessionId
    terms: PortalTerms
    created_at: datetime
    created_by: str
    expires_at: datetime
    opened_at: datetime | None = None
    ends_at: datetime | None = None
    revoked_at: datetime | None = None

    def state(self, now: datetime) -> PortalState:
        if self.revoked_at is not None:
            return PortalState.REVOKED
        if (self.ends_at or self.expires_at) <= now:
            return PortalState.EXPIRED
        return PortalState.UNOPENED if self.opened_at is None else PortalState.OPEN

    def require_not_ended(self, now: datetime) -> None:
        """
        Raise if the portal has ended, or its link expired.

        Raises:
            PortalSessionRevoked, PortalSessionExpired: it has.
        """
        match self.state(now):
            case PortalState.REVOKED:
                raise PortalSessionRevoked
            case PortalState.EXPIRED:
                raise PortalSessionExpired
            case _:
                pass

    def require_unopened(self, now: datetime) -> None:
        """
        Raise unless the portal's link can be used.

        Raises:
            PortalLinkUsed: it was.
            PortalSessionRevoked, PortalSessionExpired: as `require_not_ended`.
        """
        if self.revoked_at is None and self.opened_at is not None:
            raise PortalLinkUsed
        self.require_not_ended(now)


@dataclass(frozen=True, slots=True)
class PortalHolder:
    """The holder of a portal's token or key: its session and project."""

    project_id: ProjectId
    session: PortalSession

    @property
    def owner_id(self) -> str:
        return self.session.terms.origin_owner_id

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.PORTAL_SESSION, self.session.id)

    def has(self, right: PortalRight) -> bool:
        return right in self.session.terms.rights

    def require(self, right: PortalRight) -> None:
        """
        Raise unless the holder has a right.

        Raises:
            PortalRightMissing: the project did not give it.
        """
        if not self.has(right):
            raise PortalRightMissing(right=right.value)


@dataclass(frozen=True, slots=True)
class PortalFrame:
    """The grant for a page of `origin` to show a portal."""

    id: PortalFrameId
    project_id: ProjectId
    session_id: PortalSessionId
    origin: str
    expires_at: datetime


class PortalSessionNotFound(NotFound):
    """No portal session with this id in the project."""

    code = "portal_session_not_found"


class PortalTokenInvalid(HubError):
    """This is not the token of a portal session."""

    code = "portal_token_invalid"
    status = 401


class PortalLinkUsed(HubError):
    """The portal's link was opened already. Ask for a new one."""

    code = "portal_link_used"
    status = 401


class PortalSessionExpired(HubError):
    """The portal session, or its link, has expired. Ask for a new link."""

    code = "portal_session_expired"
    status = 401


class PortalSessionRevoked(HubError):
    """The portal session was revoked. Ask for a new link."""

    code = "portal_session_revoked"
    status = 401


class PortalRightMissing(HubError):
    """The portal session was opened without the right to do this."""

    code = "portal_right_missing"
    status = 403
