"""`/jackfield/connect_sessions`: open sessions and their revocation."""

from typing import Annotated

from msgspec import Meta, Struct

from jackfield.accounts.models import AccountNotFound
from jackfield.connect import sessions as connect
from jackfield.connect.models import (
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    ConnectSessionEnded,
    ConnectSessionNotFound,
)
from jackfield.connect.repo import ConnectSessions
from jackfield.http.context import ApiContext, api_key
from jackfield.http.resources.connect_sessions import (
    ConnectSessionOut,
    OpenedSessionOut,
    session_fields,
)
from jackfield.http.routing import Routes
from jackfield.profiles.models import ProfileDisabled, ProfileNotFound
from jackfield.projects.models import Scope

api = Routes(api_key, tag="open_sessions")

_FIVE_DAYS = 432_000


class ConnectSessionsQuery(Struct, frozen=True):
    next: Annotated[str | None, Meta(description="Where the page before ended.")] = None
    page_size: Annotated[int, Meta(ge=1, le=100)] = 25


class ConnectSessionsOut(Struct, frozen=True):
    data: tuple[ConnectSessionOut, ...]
    next: str | None


class ReconnectQuery(Struct, frozen=True):
    expires_in: Annotated[
        int,
        Meta(ge=SHORTEST_SECONDS, le=LONGEST_SECONDS, description="Seconds the link can be used."),
    ] = _FIVE_DAYS


@api.add("GET", "/jackfield/connect_sessions", scope=Scope.CONNECT_WRITE)
async def list_open_sessions(ctx: ApiContext, query: ConnectSessionsQuery) -> ConnectSessionsOut:
    """List the connect sessions whose links still work."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        found = await ConnectSessions(tx).open(after=_number(query.next), size=query.page_size)
    return ConnectSessionsOut(
        tuple(ConnectSessionOut(**session_fields(ctx, each)) for each in found.items), found.next
    )


@api.add(
    "GET",
    "/jackfield/connect_sessions/{session_id}",
    scope=Scope.CONNECT_WRITE,
    raises=(ConnectSessionNotFound,),
)
async def get_connect_session(ctx: ApiContext, session_id: str) -> ConnectSessionOut:
    """Return a connect session, and whether its link still works."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        session = await ConnectSessions(tx).get(_known(session_id))
    return ConnectSessionOut(**session_fields(ctx, session))


@api.add(
    "POST",
    "/jackfield/connect_sessions/{session_id}/revoke",
    scope=Scope.CONNECT_WRITE,
    raises=(ConnectSessionNotFound, ConnectSessionEnded),
)
async def revoke_connect_session(ctx: ApiContext, session_id: str) -> ConnectSessionOut:
    """Take a connect session back: its token and its link work no more."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        session = await connect.revoke(tx, _known(session_id))
    return ConnectSessionOut(**session_fields(ctx, session))


@api.add(
    "POST",
    "/jackfield/accounts/{account_id}/reconnect_link",
    scope=Scope.CONNECT_WRITE,
    status=201,
    raises=(AccountNotFound, ProfileNotFound, ProfileDisabled),
)
async def make_reconnect_link(
    ctx: ApiContext, account_id: str, query: ReconnectQuery
) -> OpenedSessionOut:
    """Get a link with which an account's owner links it anew."""
    opened = await connect.open_reconnect(
        ctx.hub, ctx.caller.project_id, ctx.actor, account_id, seconds=query.expires_in
    )
    return OpenedSessionOut(
        **session_fields(ctx, opened.session),
        token=opened.token.reveal(),
        auth_link_url=connect.auth_link(ctx.hub.public_url, opened.token),
    )


def _known(session_id: str) -> int:
    number = _number(session_id)
    if number is None:
        raise ConnectSessionNotFound
    return number


def _number(text: str | None) -> int | None:
    """Read a session's id; one that is no number, or larger than any, is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else None  # noqa: PLR2004
