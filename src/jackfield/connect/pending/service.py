"""Operations on pending links: create, confirm, refuse, expire."""

from jackfield.accounts.access import method_of, needs_secrets
from jackfield.accounts.credentials import NewCredentials
from jackfield.accounts.identity import forget_identity, keep_identity, kept_identity
from jackfield.accounts.models import Account, LinkChange
from jackfield.accounts.tokens.store import forget_tokens, keep_tokens, kept_tokens
from jackfield.accounts.verification import Candidate, VerifiedCredentials
from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.connect.models import ConnectSessionId, LinkedMeanwhile
from jackfield.connect.pending.models import (
    LIFETIME,
    PendingLink,
    PendingLinkId,
    PendingLinkStatus,
    PendingLinkUnreadable,
)
from jackfield.connect.pending.repo import PendingLinks
from jackfield.connect.repo import ConnectSessions
from jackfield.connect.verified_account import (
    LinkTarget,
    changes_of,
    find_target,
    save_account,
)
from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.events.payloads import PendingLinkPayload
from jackfield.events.repo import Events
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.profiles.repo import Profiles
from jackfield.runtime import Hub
from jackfield.secrets.store import SealedSecrets, SecretOwner, remove_secrets
from jackfield.vault.cipher import SealBroken, Vault

_GENERATION = 1


async def add(
    tx: Tx,
    vault: Vault,
    verified: VerifiedCredentials,
    into: LinkTarget,
    session_id: ConnectSessionId,
) -> PendingLink:
    """Store credentials, sealed, until the project's software confirms or refuses them."""
    await expire(tx)
    candidate, terms = verified.candidate, into.terms
    current = await find_target(tx, into, candidate.profile.connector_key)
    changes = await changes_of(tx, vault, verified, into)
    given = NewCredentials(candidate.method, candidate.values, candidate.tokens)
    link = PendingLink(
        id=PendingLinkId.new(tx.now),
        profile_id=candidate.profile.id,
        account_id=None if current is None else current.id,
        provider=candidate.profile.connector_key,
        auth_method=candidate.method.key,
        terms=terms,
        public_values=given.public,
        status=PendingLinkStatus.PENDING,
        created_at=tx.now,
        expires_at=tx.now + LIFETIME,
        account_generation=None if current is None else current.generation,
        identity_changed=LinkChange.IDENTITY in changes,
        changes=changes,
        session_id=session_id,
    )
    await PendingLinks(tx).add(link)
    await SealedSecrets(tx, vault).put(_owner(tx, link), given.secrets)
    await keep_tokens(tx, vault, link.id, candidate.tokens)
    await keep_identity(tx, vault, link.id, verified.identity)
    await _announce(tx, link)
    await _record(tx, AuditKind.PENDING_LINK_CREATED, link, link.account_id)
    return link


async def confirm(
    hub: Hub, project_id: ProjectId, actor: Actor, link_id: str
) -> tuple[PendingLink, Account]:
    """
    Create the account of a pending link.

    Raises:
        PendingLinkNotFound: the project has no such pending link.
        PendingLinkDecided, PendingLinkExpired: it is no longer pending.
        PendingLinkUnreadable: its credentials are damaged or lost.
        LinkedMeanwhile: the account's credentials changed since these were verified.
        ProfileNotFound: its connector profile was deleted meanwhile.
    """
    async with hub.db.write(project_id, actor) as tx:
        link = await PendingLinks(tx).get(link_id)
        link.require_pending()
        into = LinkTarget(link.terms, link.account_id)
        current = await find_target(tx, into, link.provider)
        # What a version before this one kept says nothing of the account's generation.
        known = link.account_generation is not None or link.account_id is None
        if known and current is not None and current.generation != link.account_generation:
            raise LinkedMeanwhile
        account = await save_account(tx, hub.vault, await _verified(tx, hub, link), into)
        await _forget(tx, link.id)
        await PendingLinks(tx).decide(link.id, PendingLinkStatus.CONFIRMED, account_id=account.id)
        await ConnectSessions(tx).decide(link.id, account_id=account.id)
        await _record(tx, AuditKind.PENDING_LINK_CONFIRMED, link, account.id)
        return await PendingLinks(tx).get(link.id), account


async def refuse(tx: Tx, link_id: str) -> PendingLink:
    """
    Delete the credentials of a pending link.

    Raises:
        PendingLinkNotFound: the project has no such pending link.
        PendingLinkDecided, PendingLinkExpired: it is no longer pending.
    """
    link = await PendingLinks(tx).get(link_id)
    link.require_pending()
    await _forget(tx, link.id)
    await PendingLinks(tx).decide(link.id, PendingLinkStatus.REFUSED, account_id=None)
    await ConnectSessions(tx).decide(link.id, account_id=None)
    await _record(tx, AuditKind.PENDING_LINK_REFUSED, link, link.account_id)
    return await PendingLinks(tx).get(link.id)


async def expire(tx: Tx) -> None:
    """Delete the credentials of pending links that have expired."""
    for link_id in await PendingLinks(tx).overdue():
        await _forget(tx, link_id)
        await PendingLinks(tx).decide(link_id, PendingLinkStatus.EXPIRED, account_id=None)
        await record(tx, AuditKind.PENDING_LINK_EXPIRED, link_id)


async def _verified(tx: Tx, hub: Hub, link: PendingLink) -> VerifiedCredentials:
    """Return the credentials of a pending link, which are verified."""
    profile = await Profiles(tx).get(link.profile_id)
    connector = hub.catalog.get(link.provider, profile.pinned_version)
    method = method_of(connector, link.auth_method, remedy="refuse this link and ask for a new one")
    try:
        secrets = await SealedSecrets(tx, hub.vault).get(_owner(tx, link))
        tokens = await kept_tokens(tx, hub.vault, link.id)
        identity = await kept_identity(tx, hub.vault, link.id)
    except SealBroken:
        raise PendingLinkUnreadable from None
    if (not secrets and needs_secrets(method)) or (tokens is None and method.needs_tokens):
        raise PendingLinkUnreadable
    candidate = Candidate(
        project_id=tx.project_id,
        origin_owner_id=link.terms.origin_owner_id,
        origin_owner_name=link.terms.origin_owner_name,
        profile=profile,
        connector=connector,
        method=method,
        values={**link.public_values, **secrets},
        tokens=tokens,
    )
    return VerifiedCredentials(candidate, identity)


async def _forget(tx: Tx, link_id: PendingLinkId) -> None:
    await remove_secrets(tx, link_id)
    await forget_tokens(tx, link_id)
    await forget_identity(tx, link_id)


async def _record(tx: Tx, kind: AuditKind, link: PendingLink, account_id: str | None) -> None:
    details = {
        "connector": link.provider,
        "customer": link.terms.origin_owner_id,
        "account_id": account_id,
    }
    await record(tx, kind, link.id, details=details)


async def _announce(tx: Tx, link: PendingLink) -> None:
    payload = PendingLinkPayload(
        project_id=tx.project_id,
        event=EventType.PENDING_LINK_CREATED,
        event_date=tx.now,
        record_type="pending_link",
        record_id=link.id,
        account_id=link.account_id,
        provider=link.provider,
        origin_owner_id=link.terms.origin_owner_id,
        origin_owner_name=link.terms.origin_owner_name,
        origin_username=link.terms.origin_username,
        setup_information=link.public_values,
        identity_changed=link.identity_changed,
        changes=link.changes,
        connector_profile_id=link.profile_id,
        connect_session_id=link.session_id,
        metadata=link.terms.metadata or {},
        expires_at=link.expires_at,
    )
    await Events(tx).add([payload])


def _owner(tx: Tx, link: PendingLink) -> SecretOwner:
    return SecretOwner(tx.project_id, link.id, _GENERATION)
