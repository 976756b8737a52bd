"""Operations on connect sessions: open, authenticate, list offers, revoke."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from jackfield.accounts.models import Account, AccountNotFound
from jackfield.accounts.repo import Accounts
from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.connect.models import (
    ConnectSession,
    ConnectSessionEnded,
    ConnectToken,
    ConnectTokenInvalid,
    SessionTerms,
    new_session_id,
)
from jackfield.connect.repo import ConnectSessions, Holder, find_holder
from jackfield.connect.steps.models import LinkStep
from jackfield.connect.steps.service import note
from jackfield.connect.terms import validate_terms
from jackfield.connect.verified_account import find_existing
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.db.tx import Tx
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.profiles.models import (
    ConnectorVersionNotFound,
    Profile,
    ProfileNotFound,
    ProfileOfOtherConnector,
)
from jackfield.profiles.repo import Profiles
from jackfield.projects import service as projects
from jackfield.runtime import Hub


@dataclass(frozen=True, slots=True)
class IssuedSession:
    """A new session, with its token: the only time that can be read."""

    session: ConnectSession
    token: ConnectToken


@dataclass(frozen=True, slots=True)
class Offer:
    """A connector that the holder of a session may link, with profile and auth method."""

    profile: Profile
    connector: Connector
    method: AuthMethod


async def open_session(
    hub: Hub,
    project_id: ProjectId,
    actor: Actor,
    terms: SessionTerms,
    *,
    seconds: int,
    version: str | None = None,
) -> IssuedSession:
    """
    Open a connect session and mint its token.

    `version` is the one of the provider's connector that the caller expects. The token leaves the
    hub once, in the returned value; the database has a digest, so a leaked backup opens nothing.

    Raises:
        ConnectorNotFound: the provider has no connector.
        ConnectorVersionNotFound: its connector has another version.
        ProfileNotFound: the project has no such connector profile, or none for the provider.
        ProfileDisabled: the profile is switched off.
        ProfileOfOtherConnector: the profile belongs to another provider.
        AccountNotFound: the account to link again does not exist.
        InvalidRequest: categories, actions or origins are unknown or not allowed.
    """
    if terms.provider is not None:
        loaded = hub.catalog.get(terms.provider).version
        if version not in (None, loaded):
            msg = f"the hub has version {loaded} of {terms.provider!r}, and no other"
            raise ConnectorVersionNotFound(msg)
    settings = await projects.project_settings(hub, project_id)
    terms = validate_terms(hub.catalog, settings, terms)
    async with hub.db.write(project_id, actor) as tx:
        await _require_linkable(tx, terms)
        session = ConnectSession(
            id=new_session_id(),
            terms=terms,
            created_at=tx.now,
            expires_at=tx.now + timedelta(seconds=seconds),
            external_trigger_token=str(uuid.uuid4()),
        )
        token = ConnectToken.mint()
        await ConnectSessions(tx).add(session, token)
        await record(
            tx,
            AuditKind.SESSION_OPENED,
            str(session.id),
            details={
                "connector": terms.provider,
                "customer": terms.origin_owner_id,
                "account_id": terms.account_id,
                "expires_at": session.expires_at,
            },
        )
    note(hub, Holder(project_id, session), LinkStep.MADE, terms.provider)
    return IssuedSession(session, token)


def auth_link(public_url: str, token: ConnectToken) -> str:
    """Return the URL of the Hub for the holder of a session."""
    return f"{public_url}/embedded/integrations?token={quote(token.reveal())}"


async def authenticate(hub: Hub, token: ConnectToken) -> Holder:
    """
    Return the holder of a token whose session is open.

    Raises:
        ConnectTokenInvalid: no session has this token.
        ConnectSessionExpired, ConnectSessionUsed, ConnectSessionRevoked: it has ended.
    """
    holder = await find_session(hub, token)
    holder.session.require_open(hub.clock())
    return holder


async def find_session(hub: Hub, token: ConnectToken) -> Holder:
    """
    Return the holder of a token, also after its session has ended.

    Raises:
        ConnectTokenInvalid: no session has this token.
    """
    holder = await find_holder(hub.db, token)
    if holder is None:
        raise ConnectTokenInvalid
    return holder


async def holder_of(hub: Hub, project_id: ProjectId, session_id: int) -> Holder:
    """
    Return the holder of a session, also after it has ended.

    Raises:
        ConnectSessionNotFound: the project has no such session.
    """
    async with hub.db.read(project_id) as tx:
        return Holder(project_id, await ConnectSessions(tx).get(session_id))


async def revoke(tx: Tx, session_id: int) -> ConnectSession:
    """
    Revoke a session: its token opens nothing any more.

    Raises:
        ConnectSessionNotFound: the project has no such session.
        ConnectSessionUsed: it has linked its account already.
    """
    session = await ConnectSessions(tx).get(session_id)
    if session.used_at is not None:
        raise ConnectSessionEnded
    await ConnectSessions(tx).revoke(session_id)
    await record(tx, AuditKind.SESSION_REVOKED, str(session_id))
    return await ConnectSessions(tx).get(session_id)


async def open_reconnect(
    hub: Hub, project_id: ProjectId, actor: Actor, account_id: str, *, seconds: int
) -> IssuedSession:
    """
    Open a connect session in which an account's origin owner links it again.

    Raises:
        AccountNotFound: the project has no such account.
    """
    async with hub.db.read(project_id) as tx:
        account = await Accounts(tx).get(account_id)
    terms = SessionTerms(
        origin_owner_id=account.origin_owner_id,
        origin_owner_name=account.origin_owner_name,
        origin_username=account.origin_username,
        provider=account.provider,
        profile_id=account.profile_id,
        account_id=account.id,
        type=account.type,
        shared=account.shared,
    )
    return await open_session(hub, project_id, actor, terms, seconds=seconds)


async def offers(hub: Hub, holder: Holder) -> list[Offer]:
    """Return the offers of a session, by connector title."""
    terms, wanted, only = holder.session.terms, holder.session.terms.profile_id, None
    async with hub.db.read(holder.project_id) as tx:
        profiles = await Profiles(tx).active()
        if terms.account_id is not None:
            account = await Accounts(tx).get(terms.account_id)
            only, wanted = {account.provider}, account.profile_id
        elif terms.relink:
            only = await Accounts(tx).providers_of(terms.origin_owner_id, terms.origin_owner_name)
    found = [
        Offer(profile, connector, method)
        for profile in profiles
        if (connector := hub.catalog.find(profile.connector_key, profile.pinned_version))
        is not None
        and (method := connector.find_auth_method(profile.auth_method)) is not None
        and (profile.id == wanted if wanted else profile.is_default)
        and terms.provider in (None, connector.key)
        and (only is None or connector.key in only)
        and (not terms.categories or set(terms.categories) & set(connector.categories))
    ]
    return sorted(found, key=lambda offer: (offer.connector.title.lower(), offer.profile.id))


async def offer(hub: Hub, holder: Holder, profile_id: str) -> Offer:
    """
    Return the offer of a connector profile.

    Raises:
        ProfileNotFound: the session does not offer it.
    """
    return choose(await offers(hub, holder), profile_id)


def choose(available: Iterable[Offer], profile_id: str) -> Offer:
    """
    Return the offer of a connector profile among those of a session.

    Raises:
        ProfileNotFound: it is not among them.
    """
    for each in available:
        if each.profile.id == profile_id:
            return each
    raise ProfileNotFound


async def find_account_to_edit(hub: Hub, holder: Holder, provider: str) -> Account | None:
    """Return the account that linking `provider` would edit; `None` if it creates a new one."""
    async with hub.db.read(holder.project_id) as tx:
        return await find_existing(tx, holder.session.terms, provider)


async def _require_linkable(tx: Tx, terms: SessionTerms) -> None:
    if terms.account_id is not None:
        await Accounts(tx).get(terms.account_id)
    elif terms.relink and terms.provider and await find_existing(tx, terms, terms.provider) is None:
        msg = f"{terms.origin_owner_id!r} has no account with {terms.provider!r} to link again"
        raise AccountNotFound(msg)
    if terms.profile_id is not None:
        profile = await Profiles(tx).get(terms.profile_id)
        profile.require_active()
        if terms.provider not in (None, profile.connector_key):
            msg = f"{profile.name!r} is a connector profile of {profile.connector_key!r}"
            raise ProfileOfOtherConnector(msg, profile_id=profile.id)
    elif terms.provider is not None:
        (await Profiles(tx).get_default(terms.provider)).require_active()
