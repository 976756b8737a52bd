"""Operations on portal sessions: make a link, open it once, authenticate, revoke."""

from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import quote

from jackfield.accounts.models import AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Tx
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Fault, InvalidRequest
from jackfield.kit.ids import ProjectId
from jackfield.portal.models import (
    PortalHolder,
    PortalKey,
    PortalLinkUsed,
    PortalRight,
    PortalSession,
    PortalSessionId,
    PortalTerms,
    PortalToken,
    PortalTokenInvalid,
)
from jackfield.portal.repo import PortalSessions, find_by_key, find_by_token
from jackfield.projects import service as projects
from jackfield.projects.settings import ProjectSettings, normal_origin
from jackfield.runtime import Hub


@dataclass(frozen=True, slots=True)
class IssuedPortal:
    """A new portal session, with the token of its link: the only time that can be read."""

    session: PortalSession
    token: PortalToken


async def make_link(
    hub: Hub, project_id: ProjectId, actor: Actor, terms: PortalTerms, *, seconds: int
) -> IssuedPortal:
    """
    Make a portal session whose link can be opened within so many seconds.

    Without a name of the origin owner it is that of their newest account, or else their id.

    Raises:
        InvalidRequest: the project does not allow one of the origins.
    """
    settings = await projects.project_settings(hub, project_id)
    origins = _checked_origins(settings, terms)
    # In the order in which they are declared; who may do something may look at it.
    rights = tuple(each for each in PortalRight if each in (PortalRight.READ, *terms.rights))
    async with hub.db.write(project_id, actor) as tx:
        name = terms.origin_owner_name or await _known_name(tx, terms.origin_owner_id)
        session = PortalSession(
            id=PortalSessionId.new(tx.now),
            terms=replace(terms, origin_owner_name=name, rights=rights, allowed_origins=origins),
            created_at=tx.now,
            created_by=str(tx.actor),
            expires_at=tx.now + timedelta(seconds=seconds),
        )
        token = PortalToken.mint()
        await PortalSessions(tx).add(session, token)
        told = {
            "customer": terms.origin_owner_id,
            "rights": [each.value for each in rights],
            "expires_at": session.expires_at.isoformat(),
        }
        await record(tx, AuditKind.PORTAL_CREATED, str(session.id), details=told)
    return IssuedPortal(session, token)


def portal_link(public_url: str, token: PortalToken) -> str:
    """Return the URL that opens a portal, once."""
    return f"{public_url}/portal/open?token={quote(token.reveal())}"


async def require_link(hub: Hub, token: PortalToken) -> PortalHolder:
    """
    Return the holder of a link that can be used; it is not used up by that.

    Raises:
        PortalTokenInvalid: no session has this token.
        PortalLinkUsed, PortalSessionExpired, PortalSessionRevoked: it cannot be used any more.
    """
    holder = await find_by_token(hub.db, token)
    if holder is None:
        raise PortalTokenInvalid
    holder.session.require_unopened(hub.clock())
    return holder


async def open_link(hub: Hub, token: PortalToken) -> tuple[PortalHolder, PortalKey]:
    """
    Exchange the token of a link for the key of an open portal.

    Raises:
        PortalTokenInvalid, PortalLinkUsed, PortalSessionExpired, PortalSessionRevoked: as
            `require_link`.
    """
    holder = await require_link(hub, token)
    key, session = PortalKey.mint(), holder.session
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        ends_at = tx.now + timedelta(seconds=session.terms.open_seconds)
        is_opened = await PortalSessions(tx).open(session.id, key, ends_at=ends_at)
        if is_opened:
            await record(tx, AuditKind.PORTAL_OPENED, str(session.id))
    if not is_opened:
        # Another browser was quicker, or it ended meanwhile.
        await require_link(hub, token)
        raise PortalLinkUsed
    async with hub.db.read(holder.project_id) as tx:
        return PortalHolder(holder.project_id, await PortalSessions(tx).get(session.id)), key


async def authenticate(hub: Hub, session_id: str, key: PortalKey) -> PortalHolder:
    """
    Return the holder of the key of an open portal.

    Raises:
        PortalTokenInvalid: the session has another key, or none any more.
        PortalSessionExpired: it has expired.
        PortalSessionRevoked: it was revoked.
    """
    holder = await find_by_key(hub.db, session_id, key)
    if holder is None:
        raise PortalTokenInvalid
    holder.session.require_not_ended(hub.clock())
    return holder


async def revoke(tx: Tx, session_id: str) -> PortalSession:
    """
    Revoke a portal session: its link and what it opened stop working.

    Raises:
        PortalSessionNotFound: the project has no such session.
    """
    sessions = PortalSessions(tx)
    await sessions.revoke((await sessions.get(session_id)).id)
    await record(tx, AuditKind.PORTAL_REVOKED, session_id)
    return await sessions.get(session_id)


async def leave(hub: Hub, holder: PortalHolder) -> None:
    """End a portal for its holder."""
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        await revoke(tx, holder.session.id)


async def _known_name(tx: Tx, owner_id: str) -> str:
    only = AccountFilter(origin_owner_ids=(owner_id,))
    newest = await Accounts(tx).page(AccountPage(size=1, only=only))
    return newest[0].origin_owner_name if newest else owner_id


def _checked_origins(settings: ProjectSettings, terms: PortalTerms) -> tuple[str, ...]:
    faults: list[Fault] = []
    origins: list[str] = []
    for index, origin in enumerate(terms.allowed_origins):
        normal = normal_origin(origin)
        if normal is None or "*" in normal:
            msg = "expected an origin such as https://app.example.com"
            faults.append(Fault(f"allowed_origins[{index}]", msg))
        elif not settings.allows_origin(normal):
            msg = "is not among the project's allowed origins, which a session can only restrict"
            faults.append(Fault(f"allowed_origins[{index}]", msg))
        else:
            origins.append(normal)
    if faults:
        raise InvalidRequest.of(faults)
    return tuple(dict.fromkeys(origins))
