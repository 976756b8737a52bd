"""`/connect_sessions`: sessions that let an origin owner link an account."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from jackfield.accounts.models import AccountNotFound, AccountType
from jackfield.connect import sessions as connect
from jackfield.connect.attempts import AttemptStatus, ConnectionAttemptId
from jackfield.connect.models import (
    DEFAULT_SECONDS,
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    ConnectSession,
    ConnectSessionEnded,
    ConnectSessionExpired,
    ConnectSessionNotFound,
    ConnectSessionRevoked,
    ConnectSessionUsed,
    ConnectToken,
    ConnectTokenInvalid,
    SessionTerms,
)
from jackfield.connect.repo import ConnectSessions
from jackfield.connectors.catalog import ConnectorNotFound
from jackfield.db.tx import Tx
from jackfield.http.context import ApiContext, api_key
from jackfield.http.lists import ShortTexts
from jackfield.http.routing import Routes
from jackfield.kit.ids import ProfileId, ProjectId
from jackfield.kit.json import Json
from jackfield.kit.pages import invalid_cursor
from jackfield.kit.whole_numbers import whole_number
from jackfield.profiles.models import (
    ConnectorVersionNotFound,
    ProfileDisabled,
    ProfileNotFound,
    ProfileOfOtherConnector,
)
from jackfield.projects.models import Scope

api = Routes(api_key, tag="connect_sessions")
open_sessions = Routes(api_key, tag="open_sessions")

_Text = Annotated[str, Meta(min_length=1, max_length=255)]
_ORGANIZATION: Final = 1
_LAST_SESSION: Final = 10**17
_NUMERIC_CLIENT: Final = re.compile(r"speakeasy-sdk/typescript 4\.(\d{1,6})\.")
_LAST_NUMERIC_MINOR: Final = 28
_FIVE_DAYS: Final = 432_000


class ConnectSessionIn(Struct, frozen=True):
    origin_owner_id: Annotated[
        str, Meta(min_length=1, max_length=255, description="Your customer, in your own system.")
    ]
    origin_owner_name: Annotated[
        str, Meta(min_length=1, max_length=255, description="Your customer's name, for people.")
    ]
    origin_username: Annotated[_Text | None, Meta(description="The person who will link.")] = None
    provider: Annotated[_Text | None, Meta(description="Open directly on this connector.")] = None
    provider_version: Annotated[
        _Text | None, Meta(description="The connector version you depend on.")
    ] = None
    categories: Annotated[
        ShortTexts | None, Meta(description="Offer only connectors of these categories.")
    ] = None
    connector_profile_id: Annotated[
        _Text | None, Meta(description="Link with this connector profile, not the default one.")
    ] = None
    integration_id: Annotated[
        _Text | None, Meta(description="Older name of `connector_profile_id`.")
    ] = None
    account_id: Annotated[_Text | None, Meta(description="Link this account again.")] = None
    multiple: Annotated[
        bool | None, Meta(description="Let the same owner link another account.")
    ] = False
    label: Annotated[_Text | None, Meta(description="Stored on the account.")] = None
    expires_in: Annotated[
        Annotated[float, Meta(ge=SHORTEST_SECONDS, le=LONGEST_SECONDS)] | None,
        Meta(description="Seconds the session stays open."),
    ] = DEFAULT_SECONDS
    metadata: Annotated[
        dict[str, Json] | None, Meta(description="Stored on the account, for your own use.")
    ] = None
    type: AccountType | None = AccountType.PRODUCTION
    shared: bool | None = False
    relink: Annotated[
        bool | None, Meta(description="Link an existing account of the owner again, and no other.")
    ] = False
    scopes: Annotated[
        bool | ShortTexts | None, Meta(description="Stored, and returned as sent.")
    ] = None
    actions: Annotated[
        ShortTexts | None,
        Meta(description="The only actions that the account may run."),
    ] = None
    allowed_origins: Annotated[
        ShortTexts | None,
        Meta(description="The allowed origins of the project that may show this session."),
    ] = None

    def terms(self) -> SessionTerms:
        profile_id = self.connector_profile_id or self.integration_id
        return SessionTerms(
            origin_owner_id=self.origin_owner_id,
            origin_owner_name=self.origin_owner_name,
            origin_username=self.origin_username,
            provider=self.provider,
            categories=tuple(self.categories or ()),
            profile_id=None if profile_id is None else ProfileId(profile_id),
            account_id=self.account_id,
            multiple=bool(self.multiple),
            relink=bool(self.relink),
            scopes=self.scopes,
            actions=tuple(dict.fromkeys(self.actions or ())),
            allowed_origins=tuple(self.allowed_origins or ()),
            label=self.label,
            type=self.type or AccountType.PRODUCTION,
            shared=bool(self.shared),
            metadata=self.metadata,
        )


class ConnectionAttemptOut(Struct, frozen=True):
    """The result of the last attempt to link; the `oauth…` errors are of any auth method."""

    id: ConnectionAttemptId
    created_at: datetime
    updated_at: datetime
    status: AttemptStatus
    account_secure_id: str | None
    oauth_error_code: str | None
    oauth_error_description: str | None


class ConnectSessionOut(Struct, frozen=True):
    id: int
    # A number for clients that require one, otherwise a string.
    organization_id: str | int
    project_id: ProjectId
    origin_owner_id: str
    origin_owner_name: str
    origin_username: str | None
    provider: str | None
    categories: tuple[str, ...] | None
    account_id: str | None
    label: str | None
    metadata: Mapping[str, Json]
    type: AccountType
    integration_id: str | None
    connector_profile_id: str | None
    shared: bool
    multiple: bool
    relink: bool
    scopes: bool | tuple[str, ...] | None
    actions: tuple[str, ...] | None
    allowed_origins: tuple[str, ...] | None
    status: Literal["open", "used", "revoked", "expired"]
    pending_link_id: str | None
    external_trigger_token: str | None
    latest_connection_attempt: ConnectionAttemptOut | None
    created_at: datetime
    expires_at: datetime


class OpenedSessionOut(ConnectSessionOut, frozen=True):
    token: str
    auth_link_url: str


class TokenIn(Struct, frozen=True):
    token: Annotated[str, Meta(min_length=1, max_length=255)]


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


@api.add(
    "POST",
    "/connect_sessions",
    scope=Scope.CONNECT_WRITE,
    status=201,
    raises=(
        ConnectorNotFound,
        ConnectorVersionNotFound,
        ProfileNotFound,
        ProfileDisabled,
        ProfileOfOtherConnector,
        AccountNotFound,
    ),
)
async def create_connect_session(ctx: ApiContext, body: ConnectSessionIn) -> OpenedSessionOut:
    """Open a connect session, and return the link to send and the token to embed."""
    issued = await connect.open_session(
        ctx.hub,
        ctx.caller.project_id,
        ctx.actor,
        body.terms(),
        seconds=int(body.expires_in or DEFAULT_SECONDS),
        version=body.provider_version,
    )
    return _issued_session(ctx, issued)


@api.add(
    "POST",
    "/connect_sessions/authenticate",
    scope=Scope.CONNECT_WRITE,
    status=201,
    raises=(ConnectSessionNotFound,),
)
async def authenticate_connect_session(ctx: ApiContext, body: TokenIn) -> ConnectSessionOut:
    """Return the open connect session that a token belongs to."""
    try:
        holder = await connect.authenticate(ctx.hub, ConnectToken(body.token))
    except (ConnectSessionExpired, ConnectSessionUsed, ConnectSessionRevoked) as ended:
        raise ConnectSessionNotFound(ended.detail) from ended
    except ConnectTokenInvalid as invalid:
        raise ConnectSessionNotFound from invalid
    if holder.project_id != ctx.caller.project_id:
        raise ConnectSessionNotFound
    return _session(ctx, holder.session)


@open_sessions.add("GET", "/jackfield/connect_sessions", scope=Scope.CONNECT_WRITE)
async def list_open_sessions(ctx: ApiContext, query: ConnectSessionsQuery) -> ConnectSessionsOut:
    """List the connect sessions whose links still work."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        after = None if query.next is None else await _position(tx, query.next)
        page = await ConnectSessions(tx).open(after=after, size=query.page_size)
    return ConnectSessionsOut(tuple(_session(ctx, each) for each in page.items), page.next)


@open_sessions.add(
    "GET",
    "/jackfield/connect_sessions/{session_id}",
    scope=Scope.CONNECT_WRITE,
    raises=(ConnectSessionNotFound,),
)
async def get_connect_session(ctx: ApiContext, session_id: str) -> ConnectSessionOut:
    """Return a connect session, and whether its link still works."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        session = await ConnectSessions(tx).get(_session_number(session_id))
    return _session(ctx, session)


@open_sessions.add(
    "POST",
    "/jackfield/connect_sessions/{session_id}/revoke",
    scope=Scope.CONNECT_WRITE,
    raises=(ConnectSessionNotFound, ConnectSessionEnded),
)
async def revoke_connect_session(ctx: ApiContext, session_id: str) -> ConnectSessionOut:
    """Revoke a connect session: its token and its link stop working."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        session = await connect.revoke(tx, _session_number(session_id))
    return _session(ctx, session)


@open_sessions.add(
    "POST",
    "/jackfield/accounts/{account_id}/reconnect_link",
    scope=Scope.CONNECT_WRITE,
    status=201,
    raises=(AccountNotFound, ProfileNotFound, ProfileDisabled),
)
async def make_reconnect_link(
    ctx: ApiContext, account_id: str, query: ReconnectQuery
) -> OpenedSessionOut:
    """Make a link with which an account's owner links it again."""
    issued = await connect.open_reconnect(
        ctx.hub, ctx.caller.project_id, ctx.actor, account_id, seconds=query.expires_in
    )
    return _issued_session(ctx, issued)


def _session(ctx: ApiContext, session: ConnectSession) -> ConnectSessionOut:
    return ConnectSessionOut(**_fields(ctx, session))


def _issued_session(ctx: ApiContext, issued: connect.IssuedSession) -> OpenedSessionOut:
    return OpenedSessionOut(
        **_fields(ctx, issued.session),
        token=issued.token.reveal(),
        auth_link_url=connect.auth_link(ctx.hub.public_url, issued.token),
    )


def _fields(ctx: ApiContext, session: ConnectSession) -> dict[str, Json]:
    terms, now = session.terms, ctx.hub.clock()
    return {
        "id": session.id,
        "organization_id": _organization(ctx.headers.get("user-agent", "")),
        "project_id": ctx.caller.project_id,
        "origin_owner_id": terms.origin_owner_id,
        "origin_owner_name": terms.origin_owner_name,
        "origin_username": terms.origin_username,
        "provider": terms.provider,
        "categories": terms.categories or None,
        "account_id": terms.account_id,
        "label": terms.label,
        "metadata": terms.metadata or {},
        "type": terms.type,
        "integration_id": terms.profile_id,
        "connector_profile_id": terms.profile_id,
        "shared": terms.shared,
        "multiple": terms.multiple,
        "relink": terms.relink,
        "scopes": terms.scopes,
        "actions": terms.actions or None,
        "allowed_origins": terms.allowed_origins or None,
        "status": _status(session, now),
        "pending_link_id": session.pending_link_id,
        "external_trigger_token": session.external_trigger_token,
        "latest_connection_attempt": _attempt(session, now),
        "created_at": session.created_at,
        "expires_at": session.expires_at,
    }


def _attempt(session: ConnectSession, now: datetime) -> ConnectionAttemptOut | None:
    if session.latest_attempt is None:
        return None
    attempt = session.latest_attempt.seen_at(now)
    return ConnectionAttemptOut(
        attempt.id,
        attempt.created_at,
        attempt.updated_at,
        attempt.status,
        attempt.account_id,
        attempt.error_code,
        attempt.error_description,
    )


def _status(session: ConnectSession, now: datetime) -> str:
    if session.used_at is not None:
        return "used"
    if session.revoked_at is not None:
        return "revoked"
    return "open" if session.expires_at > now else "expired"


def _organization(user_agent: str) -> str | int:
    """Return the installation's id, as a number for early 4.x TypeScript clients."""
    match = _NUMERIC_CLIENT.match(user_agent)
    if match and int(match[1]) <= _LAST_NUMERIC_MINOR:
        return _ORGANIZATION
    return str(_ORGANIZATION)


def _session_number(session_id: str) -> int:
    number = _number(session_id)
    if number is None:
        raise ConnectSessionNotFound
    return number


async def _position(tx: Tx, cursor: str) -> int:
    """
    Read the cursor of the list: the id of a session.

    Raises:
        InvalidRequest: there is no such session.
    """
    try:
        return (await ConnectSessions(tx).get(_number(cursor) or 0)).id
    except ConnectSessionNotFound:
        raise invalid_cursor() from None


def _number(text: str | None) -> int | None:
    """Return a session's id as a number, or none if it is not the number of any session."""
    return whole_number(text or "", most=_LAST_SESSION)
