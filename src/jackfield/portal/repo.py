"""Repositories of portal sessions and of the frames they are shown in; tokens are digests."""

from dataclasses import asdict
from datetime import datetime
from typing import Final

from jackfield.db.columns import columns_of
from jackfield.db.tx import Database, Row, Tx
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import convert, encode, parse
from jackfield.kit.pages import Page
from jackfield.portal.models import (
    PortalFrame,
    PortalHolder,
    PortalKey,
    PortalSession,
    PortalSessionId,
    PortalSessionNotFound,
    PortalTerms,
    PortalToken,
)

_JSON_COLUMNS: Final = ("rights", "allowed_origins")
_COLUMNS: Final = columns_of(PortalSession, PortalTerms, without=["terms"])
_FRAME: Final = columns_of(PortalFrame)
_MOST_FRAMES: Final = 50


class PortalSessions:
    """The portal sessions of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, session: PortalSession, token: PortalToken) -> None:
        terms = asdict(session.terms)
        terms |= {name: encode(terms[name]).decode() for name in _JSON_COLUMNS}
        await self._tx.run(
            """
            insert into portal_sessions
                   (id, project_id, token_digest, origin_owner_id, origin_owner_name, rights,
                    allowed_origins, locale, theme, open_seconds, created_at, created_by,
                    expires_at)
            values (:id, :project_id, :token_digest, :origin_owner_id, :origin_owner_name, :rights,
                    :allowed_origins, :locale, :theme, :open_seconds, :created_at, :created_by,
                    :expires_at)
            """,
            id=session.id,
            token_digest=token.digest(),
            created_at=session.created_at,
            created_by=session.created_by,
            expires_at=session.expires_at,
            **terms,
        )

    async def get(self, session_id: str) -> PortalSession:
        """
        Return one portal session; `session_id` is unchecked input.

        Raises:
            PortalSessionNotFound: the project has none with this id.
        """
        row = await self._tx.one(
            f"select {_COLUMNS} from portal_sessions where project_id = :project_id and id = :id",  # noqa: S608 - columns of ours
            id=session_id,
        )
        if row is None:
            raise PortalSessionNotFound
        return _session(row)

    async def current(
        self, *, owner_id: str | None, after: PortalSessionId | None, size: int
    ) -> Page[PortalSession]:
        """Return one page of those whose link still works or that are open, newest first."""
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from portal_sessions
             where project_id = :project_id and revoked_at is null
               and coalesce(ends_at, expires_at) > :now
               and (cast(:owner_id as text) is null or origin_owner_id = :owner_id)
               and id < :after
             order by id desc
             limit :limit
            """,  # noqa: S608 - columns of ours
            owner_id=owner_id,
            after=after or "por_~",
            limit=size + 1,
        )
        items = tuple(map(_session, rows[:size]))
        return Page(items, items[-1].id if len(rows) > size else None)

    async def open(self, session_id: PortalSessionId, key: PortalKey, *, ends_at: datetime) -> bool:
        """Use a link for `key`; return false if it was used already, has expired or was revoked."""
        row = await self._tx.one(
            """
            update portal_sessions
               set opened_at = :now, ends_at = :ends_at, key_digest = :key_digest
             where project_id = :project_id and id = :id
               and opened_at is null and revoked_at is null and expires_at > :now
            returning id
            """,
            id=session_id,
            ends_at=ends_at,
            key_digest=key.digest(),
        )
        return row is not None

    async def revoke(self, session_id: PortalSessionId) -> None:
        await self._tx.run(
            """
            update portal_sessions
               set revoked_at = coalesce(revoked_at, :now)
             where project_id = :project_id and id = :id
            """,
            id=session_id,
        )


class PortalFrames:
    """The frames of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, frame: PortalFrame) -> None:
        await self._tx.run(
            """
            insert into portal_frames (id, project_id, session_id, origin, expires_at)
            values (:id, :project_id, :session_id, :origin, :expires_at)
            """,
            id=frame.id,
            session_id=frame.session_id,
            origin=frame.origin,
            expires_at=frame.expires_at,
        )
        # A page asks for another each time it is loaded; what is older is shown nowhere any more.
        await self._tx.run(
            """
            delete from portal_frames
             where project_id = :project_id and session_id = :session_id
               and id not in (select id
                                from portal_frames
                               where project_id = :project_id and session_id = :session_id
                               order by id desc
                               limit :most)
            """,
            session_id=frame.session_id,
            most=_MOST_FRAMES,
        )


async def find_by_token(db: Database, token: PortalToken) -> PortalHolder | None:
    """Look `token` up among the sessions of every project: the project is not known before."""
    rows = await db.unscoped(
        f"""
        select {_COLUMNS}, project_id
          from portal_sessions
         where token_digest = :digest
        """,  # noqa: S608 - columns of ours
        digest=token.digest(),
    )
    return _holder(rows[0]) if rows else None


async def find_by_key(db: Database, session_id: str, key: PortalKey) -> PortalHolder | None:
    """Look up the session that both an address and a browser's key name."""
    rows = await db.unscoped(
        f"""
        select {_COLUMNS}, project_id
          from portal_sessions
         where key_digest = :digest and id = :id
        """,  # noqa: S608 - columns of ours
        id=session_id,
        digest=key.digest(),
    )
    return _holder(rows[0]) if rows else None


async def find_frame(db: Database, frame_id: str) -> PortalFrame | None:
    """Look a frame up among those of every project: a browser requests it, not a project."""
    rows = await db.unscoped(
        f"select {_FRAME} from portal_frames where id = :id and expires_at > :now",  # noqa: S608 - columns of ours
        id=frame_id,
    )
    return convert(rows[0], PortalFrame) if rows else None


def _holder(row: Row) -> PortalHolder:
    return PortalHolder(ProjectId(row["project_id"]), _session(row))


def _session(row: Row) -> PortalSession:
    terms = convert({**row, **{name: parse(row[name]) for name in _JSON_COLUMNS}}, PortalTerms)
    return PortalSession(
        PortalSessionId(row["id"]),
        terms,
        row["created_at"],
        row["created_by"],
        row["expires_at"],
        row["opened_at"],
        row["ends_at"],
        row["revoked_at"],
    )
