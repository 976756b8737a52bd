"""`/jackfield/portal_sessions`: links that open one origin owner's own page, once."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from msgspec import Meta, Struct

from jackfield.http.context import ApiContext, api_key
from jackfield.http.lists import ShortTexts
from jackfield.http.routing import Routes
from jackfield.kit.pages import read_cursor
from jackfield.portal import service as portals
from jackfield.portal.models import (
    DEFAULT_LINK_SECONDS,
    DEFAULT_OPEN_SECONDS,
    LONGEST_LINK_SECONDS,
    LONGEST_OPEN_SECONDS,
    SHORTEST_SECONDS,
    PortalRight,
    PortalSession,
    PortalSessionId,
    PortalSessionNotFound,
    PortalState,
    PortalTerms,
    PortalTheme,
)
from jackfield.portal.repo import PortalSessions
from jackfield.projects.models import Scope

api = Routes(api_key, tag="portal_sessions")


class PortalSessionIn(Struct, frozen=True, forbid_unknown_fields=True):
    origin_owner_id: Annotated[
        str, Meta(min_length=1, max_length=255, description="Your customer, in your own system.")
    ]
    origin_owner_name: Annotated[
        Annotated[str, Meta(min_length=1, max_length=255)] | None,
        Meta(description="Your customer's name, for people; that of their newest account."),
    ] = None
    expires_in: Annotated[
        int,
        Meta(
            ge=SHORTEST_SECONDS,
            le=LONGEST_LINK_SECONDS,
            description="Seconds in which the link can be opened.",
        ),
    ] = DEFAULT_LINK_SECONDS
    open_seconds: Annotated[
        int,
        Meta(
            ge=SHORTEST_SECONDS,
            le=LONGEST_OPEN_SECONDS,
            description="Seconds the page works once it was opened.",
        ),
    ] = DEFAULT_OPEN_SECONDS
    allow: Annotated[
        Annotated[list[PortalRight], Meta(max_length=20)] | None,
        Meta(description="What may be done besides reading; everything if left out."),
    ] = None
    allowed_origins: Annotated[
        ShortTexts | None,
        Meta(description="The allowed origins of the project that may show this page."),
    ] = None
    locale: Annotated[
        Literal["en", "de", "fr", "es", "ja"] | None,
        Meta(description="The language; that of the browser if left out."),
    ] = None
    theme: Annotated[
        PortalTheme | None,
        Meta(description="Light or dark; as the reader's system is if left out."),
    ] = None

    def terms(self) -> PortalTerms:
        return PortalTerms(
            origin_owner_id=self.origin_owner_id,
            origin_owner_name=self.origin_owner_name or "",
            rights=tuple(PortalRight) if self.allow is None else tuple(self.allow),
            allowed_origins=tuple(self.allowed_origins or ()),
            locale=self.locale,
            theme=self.theme,
            open_seconds=self.open_seconds,
        )


class PortalSessionOut(Struct, frozen=True):
    id: PortalSessionId
    status: PortalState
    origin_owner_id: str
    origin_owner_name: str
    allow: tuple[PortalRight, ...]
    allowed_origins: tuple[str, ...]
    locale: str | None
    theme: PortalTheme | None
    created_at: datetime
    created_by: str
    # Until when the link can be opened, and since and until when the page works.
    expires_at: datetime
    opened_at: datetime | None
    ends_at: datetime | None

    @classmethod
    def of(cls, session: PortalSession, now: datetime) -> Self:
        return cls(**_fields(session, now))


class IssuedPortalOut(PortalSessionOut, frozen=True):
    token: str
    url: str


class PortalSessionsQuery(Struct, frozen=True):
    origin_owner_id: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    next: Annotated[str | None, Meta(description="Where the page before ended.")] = None
    page_size: Annotated[int, Meta(ge=1, le=100)] = 25


class PortalSessionsOut(Struct, frozen=True):
    data: tuple[PortalSessionOut, ...]
    next: str | None


@api.add("POST", "/jackfield/portal_sessions", scope=Scope.CONNECT_WRITE, status=201)
async def create_portal_session(ctx: ApiContext, body: PortalSessionIn) -> IssuedPortalOut:
    """Make a link that opens the page of one of your customers, once."""
    issued = await portals.make_link(
        ctx.hub, ctx.caller.project_id, ctx.actor, body.terms(), seconds=body.expires_in
    )
    return IssuedPortalOut(
        **_fields(issued.session, ctx.hub.clock()),
        token=issued.token.reveal(),
        url=portals.portal_link(ctx.hub.public_url, issued.token),
    )


@api.add("GET", "/jackfield/portal_sessions", scope=Scope.CONNECT_WRITE)
async def list_portal_sessions(ctx: ApiContext, query: PortalSessionsQuery) -> PortalSessionsOut:
    """List the portal sessions that are open or can be opened yet, newest first."""
    after = read_cursor(query.next, PortalSessionId)
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        page = await PortalSessions(tx).current(
            owner_id=query.origin_owner_id, after=after, size=query.page_size
        )
    now = ctx.hub.clock()
    return PortalSessionsOut(
        tuple(PortalSessionOut.of(each, now) for each in page.items), page.next
    )


@api.add(
    "GET",
    "/jackfield/portal_sessions/{portal_session_id}",
    scope=Scope.CONNECT_WRITE,
    raises=(PortalSessionNotFound,),
)
async def get_portal_session(ctx: ApiContext, portal_session_id: str) -> PortalSessionOut:
    """Return a portal session, and whether it was opened."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        session = await PortalSessions(tx).get(portal_session_id)
    return PortalSessionOut.of(session, ctx.hub.clock())


@api.add(
    "DELETE",
    "/jackfield/portal_sessions/{portal_session_id}",
    scope=Scope.CONNECT_WRITE,
    raises=(PortalSessionNotFound,),
)
async def revoke_portal_session(ctx: ApiContext, portal_session_id: str) -> PortalSessionOut:
    """Revoke a portal session: its link and the page that it opened stop working."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        session = await portals.revoke(tx, portal_session_id)
    return PortalSessionOut.of(session, ctx.hub.clock())


def _fields(session: PortalSession, now: datetime) -> dict[str, Any]:
    terms = session.terms
    return {
        "id": session.id,
        "status": session.state(now),
        "origin_owner_id": terms.origin_owner_id,
        "origin_owner_name": terms.origin_owner_name,
        "allow": terms.rights,
        "allowed_origins": terms.allowed_origins,
        "locale": terms.locale,
        "theme": terms.theme,
        "created_at": session.created_at,
        "created_by": session.created_by,
        "expires_at": session.expires_at,
        "opened_at": session.opened_at,
        "ends_at": session.ends_at,
    }
