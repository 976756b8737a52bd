"""Repository of pending links."""

from dataclasses import replace

from jackfield.connect.pending.models import (
    PendingLink,
    PendingLinkId,
    PendingLinkNotFound,
    PendingLinkStatus,
)
from jackfield.db.columns import columns_of
from jackfield.db.tx import Row, Tx
from jackfield.kit.json import convert, encode, parse
from jackfield.kit.pages import Page

_COLUMNS = columns_of(PendingLink, without=["public_values"], also=["setup_information"])


class PendingLinks:
    """The pending links of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, link: PendingLink) -> None:
        await self._tx.run(
            """
            insert into pending_links
                   (id, project_id, profile_id, account_id, provider, auth_method, terms,
                    setup_information, status, created_at, expires_at, account_generation,
                    identity_changed, changes, session_id)
            values (:id, :project_id, :profile_id, :account_id, :provider, :auth_method, :terms,
                    :setup_information, :status, :created_at, :expires_at, :account_generation,
                    :identity_changed, :changes, :session_id)
            """,
            id=link.id,
            profile_id=link.profile_id,
            account_id=link.account_id,
            provider=link.provider,
            auth_method=link.auth_method,
            terms=encode(link.terms).decode(),
            setup_information=encode(link.public_values).decode(),
            status=link.status,
            created_at=link.created_at,
            expires_at=link.expires_at,
            account_generation=link.account_generation,
            identity_changed=link.identity_changed,
            changes=encode(link.changes).decode(),
            session_id=link.session_id,
        )

    async def get(self, link_id: str) -> PendingLink:
        """
        Return one pending link; `link_id` is unchecked input.

        Raises:
            PendingLinkNotFound: the project has none with this id.
        """
        row = await self._tx.one(
            f"select {_COLUMNS} from pending_links where project_id = :project_id and id = :id",  # noqa: S608 - columns of ours
            id=link_id,
        )
        if row is None:
            raise PendingLinkNotFound
        return self._read(row)

    async def page(self, *, waiting: bool, after: str | None, size: int) -> Page[PendingLink]:
        """Return one page, newest first: only pending ones if `waiting`."""
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from pending_links
             where project_id = :project_id
               and (not :waiting or status = 'pending' and expires_at > :now)
               and id < :after
             order by id desc
             limit :limit
            """,  # noqa: S608 - columns of ours
            waiting=waiting,
            after=after or "pln_~",
            limit=size + 1,
        )
        items = tuple(map(self._read, rows[:size]))
        return Page(items, items[-1].id if len(rows) > size else None)

    async def overdue(self) -> list[PendingLinkId]:
        """Return the pending links that have expired."""
        rows = await self._tx.all(
            """
            select id
              from pending_links
             where project_id = :project_id and status = 'pending' and expires_at <= :now
             order by id
            """
        )
        return [PendingLinkId(row["id"]) for row in rows]

    async def decide(
        self, link_id: PendingLinkId, status: PendingLinkStatus, *, account_id: str | None
    ) -> None:
        await self._tx.run(
            """
            update pending_links
               set status = :status,
                   account_id = coalesce(:account_id, account_id),
                   decided_at = :now
             where project_id = :project_id and id = :id
            """,
            id=link_id,
            status=status,
            account_id=account_id,
        )

    def _read(self, row: Row) -> PendingLink:
        terms, public = parse(row["terms"]), parse(row["setup_information"])
        read = {"terms": terms, "public_values": public, "changes": parse(row["changes"])}
        link = convert({**row, **read}, PendingLink)
        if link.status is PendingLinkStatus.PENDING and link.expires_at <= self._tx.now:
            return replace(link, status=PendingLinkStatus.EXPIRED)
        return link
