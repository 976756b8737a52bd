"""`/jackfield/pending_links`: links that wait for confirmation."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self

from msgspec import Meta, Struct

from jackfield.accounts.models import AccountType, LinkChange
from jackfield.connect.models import LinkedMeanwhile
from jackfield.connect.pending import service as pending
from jackfield.connect.pending.models import (
    PendingLink,
    PendingLinkDecided,
    PendingLinkExpired,
    PendingLinkId,
    PendingLinkNotFound,
    PendingLinkStatus,
    PendingLinkUnreadable,
)
from jackfield.connect.pending.repo import PendingLinks
from jackfield.http.context import ApiContext, api_key
from jackfield.http.routing import Routes
from jackfield.kit.ids import ProfileId
from jackfield.kit.json import Json
from jackfield.kit.pages import read_cursor
from jackfield.profiles.models import ProfileNotFound
from jackfield.projects.models import Scope

api = Routes(api_key, tag="pending_links")

_REFUSALS = (PendingLinkNotFound, PendingLinkDecided, PendingLinkExpired)


class PendingLinkOut(Struct, frozen=True):
    id: PendingLinkId
    status: PendingLinkStatus
    provider: str
    connector_profile_id: ProfileId
    # The account it changes; once confirmed, the account it created or changed.
    account_id: str | None
    origin_owner_id: str
    origin_owner_name: str
    origin_username: str | None
    label: str | None
    type: AccountType
    metadata: Mapping[str, Json]
    setup_information: Mapping[str, str]
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    # The credentials are of another account at the provider than the one linked until now.
    identity_changed: bool
    # What becomes of the account it changes.
    changes: tuple[LinkChange, ...]
    # The connect session that left it.
    connect_session_id: int | None

    @classmethod
    def of(cls, link: PendingLink) -> Self:
        terms = link.terms
        return cls(
            id=link.id,
            status=link.status,
            provider=link.provider,
            connector_profile_id=link.profile_id,
            account_id=link.account_id,
            origin_owner_id=terms.origin_owner_id,
            origin_owner_name=terms.origin_owner_name,
            origin_username=terms.origin_username,
            label=terms.label,
            type=terms.type,
            metadata=terms.metadata or {},
            setup_information=link.public_values,
            created_at=link.created_at,
            expires_at=link.expires_at,
            decided_at=link.decided_at,
            identity_changed=link.identity_changed,
            changes=link.changes,
            connect_session_id=link.session_id,
        )


class PendingLinksQuery(Struct, frozen=True):
    all: Annotated[bool, Meta(description="Include links that were confirmed or refused.")] = False
    next: Annotated[str | None, Meta(description="Where the page before ended.")] = None
    page_size: Annotated[int, Meta(ge=1, le=100)] = 25


class PendingLinksOut(Struct, frozen=True):
    data: tuple[PendingLinkOut, ...]
    next: str | None


@api.add("GET", "/jackfield/pending_links", scope=Scope.ACCOUNTS_READ)
async def list_pending_links(ctx: ApiContext, query: PendingLinksQuery) -> PendingLinksOut:
    """List the links that wait to be confirmed, newest first."""
    after = read_cursor(query.next, PendingLinkId)
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        page = await PendingLinks(tx).page(waiting=not query.all, after=after, size=query.page_size)
    return PendingLinksOut(tuple(map(PendingLinkOut.of, page.items)), page.next)


@api.add(
    "GET",
    "/jackfield/pending_links/{link_id}",
    scope=Scope.ACCOUNTS_READ,
    raises=(PendingLinkNotFound,),
)
async def get_pending_link(ctx: ApiContext, link_id: str) -> PendingLinkOut:
    """Return a link with its status."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        return PendingLinkOut.of(await PendingLinks(tx).get(link_id))


@api.add(
    "POST",
    "/jackfield/pending_links/{link_id}/confirm",
    scope=Scope.ACCOUNTS_WRITE,
    raises=(*_REFUSALS, PendingLinkUnreadable, LinkedMeanwhile, ProfileNotFound),
)
async def confirm_pending_link(ctx: ApiContext, link_id: str) -> PendingLinkOut:
    """Confirm that the right person completed a link, and save its account."""
    link, _ = await pending.confirm(ctx.hub, ctx.caller.project_id, ctx.actor, link_id)
    return PendingLinkOut.of(link)


@api.add(
    "POST",
    "/jackfield/pending_links/{link_id}/refuse",
    scope=Scope.ACCOUNTS_WRITE,
    raises=_REFUSALS,
)
async def refuse_pending_link(ctx: ApiContext, link_id: str) -> PendingLinkOut:
    """Delete a link and its credentials."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return PendingLinkOut.of(await pending.refuse(tx, link_id))
