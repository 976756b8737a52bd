"""Repositories of connect sessions and of the frames they are shown in."""

from dataclasses import asdict, dataclass
from typing import Final

from jackfield.connect.attempts import ConnectionAttempt
from jackfield.connect.models import (
    MOST_ATTEMPTS,
    ConnectSession,
    ConnectSessionId,
    ConnectSessionNotFound,
    ConnectToken,
    Frame,
    SessionTerms,
    TooManyAttempts,
)
from jackfield.db.columns import columns_of
from jackfield.db.tx import Database, Row, Tx
from jackfield.kit.actor import Actor, ActorKind
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import convert, encode, parse
from jackfield.kit.pages import Page

_JSON_COLUMNS: Final = ("categories", "actions", "allowed_origins", "metadata", "scopes")
_COLUMNS: Final = columns_of(ConnectSession, SessionTerms, without=["terms"])
_FRAME: Final = columns_of(Frame)

_MOST_FRAMES: Final = 50


class ConnectSessions:
    """The connect sessions of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, session: ConnectSession, token: ConnectToken) -> None:
        terms = asdict(session.terms)
        terms["metadata"] = terms["metadata"] or {}
        terms |= {name: encode(terms[name]).decode() for name in _JSON_COLUMNS}
        await self._tx.run(
            """
            insert into connect_sessions
                   (id, project_id, token_digest, origin_owner_id, origin_owner_name,
                    origin_username, provider, categories, profile_id, account_id, multiple, relink,
                    actions, allowed_origins, label, type, shared, metadata, scopes,
                    external_trigger_token, created_at, expires_at)
            values (:id, :project_id, :token_digest, :origin_owner_id, :origin_owner_name,
                    :origin_username, :provider, :categories, :profile_id, :account_id, :multiple,
                    :relink, :actions, :allowed_origins, :label, :type, :shared, :metadata,
                    :scopes, :external_trigger_token, :created_at, :expires_at)
            """,
            id=session.id,
            token_digest=token.digest(),
            external_trigger_token=session.external_trigger_token,
            created_at=session.created_at,
            expires_at=session.expires_at,
            **terms,
        )

    async def get(self, session_id: int) -> ConnectSession:
        """
        Return one connect session.

        Raises:
            ConnectSessionNotFound: the project has none with this id.
        """
        row = await self._tx.one(
            f"select {_COLUMNS} from connect_sessions where project_id = :project_id and id = :id",  # noqa: S608 - columns of ours
            id=session_id,
        )
        if row is None:
            raise ConnectSessionNotFound
        return _session(row)

    async def open(self, *, after: int | None, size: int) -> Page[ConnectSession]:
        """Return one page of the open sessions, by id."""
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from connect_sessions
             where project_id = :project_id and used_at is null and revoked_at is null
               and expires_at > :now and id > :after
             order by id
             limit :limit
            """,  # noqa: S608 - columns of ours
            after=after or 0,
            limit=size + 1,
        )
        items = tuple(map(_session, rows[:size]))
        return Page(items, str(items[-1].id) if len(rows) > size else None)

    async def end(
        self,
        session_id: ConnectSessionId,
        attempt: ConnectionAttempt,
        *,
        linked: str | None = None,
        pending: str | None = None,
    ) -> None:
        """
        Mark a session as used: it linked the account `linked`, or created the link `pending`.

        Raises:
            ConnectSessionUsed: it was used already.
            ConnectSessionRevoked: it was revoked meanwhile.
        """
        row = await self._tx.one(
            """
            update connect_sessions
               set used_at = :now, linked_account_id = :linked, pending_link_id = :pending,
                   latest_attempt = :attempt
             where project_id = :project_id and id = :id
               and used_at is null and revoked_at is null
            returning id
            """,
            id=session_id,
            attempt=encode(attempt).decode(),
            linked=linked,
            pending=pending,
        )
        if row is None:
            (await self.get(session_id)).require_unused()

    async def begin_attempt(self, session_id: ConnectSessionId) -> None:
        """
        Count an attempt before the provider is asked, so that no number at once passes the bound.

        Raises:
            TooManyAttempts: the session has had as many as it may have.
            ConnectSessionUsed, ConnectSessionRevoked: it ended meanwhile.
        """
        row = await self._tx.one(
            """
            update connect_sessions
               set attempts = attempts + 1
             where project_id = :project_id and id = :id
               and used_at is null and revoked_at is null and attempts < :most
            returning id
            """,
            id=session_id,
            most=MOST_ATTEMPTS,
        )
        if row is None:
            (await self.get(session_id)).require_unused()
            raise TooManyAttempts

    async def note(self, session_id: ConnectSessionId, attempt: ConnectionAttempt) -> None:
        """Store a failed attempt, unless another one has linked an account meanwhile."""
        await self._tx.run(
            """
            update connect_sessions
               set latest_attempt = :attempt
             where project_id = :project_id and id = :id and used_at is null
            """,
            id=session_id,
            attempt=encode(attempt).decode(),
        )

    async def decide(self, pending_link_id: str, *, account_id: str | None) -> None:
        """Store the decision on a session's pending link: its account, or `None` if refused."""
        row = await self._tx.one(
            f"""
            select {_COLUMNS}
              from connect_sessions
             where project_id = :project_id and pending_link_id = :pending
            """,  # noqa: S608 - columns of ours
            pending=pending_link_id,
        )
        attempt = None if row is None else _session(row).latest_attempt
        if attempt is None:
            return
        now = self._tx.now
        decided = attempt.confirmed(account_id, now=now) if account_id else attempt.refused(now=now)
        await self._tx.run(
            """
            update connect_sessions
               set latest_attempt = :attempt
             where project_id = :project_id and pending_link_id = :pending
            """,
            pending=pending_link_id,
            attempt=encode(decided).decode(),
        )

    async def revoke(self, session_id: int) -> None:
        await self._tx.run(
            """
            update connect_sessions
               set revoked_at = coalesce(revoked_at, :now)
             where project_id = :project_id and id = :id and used_at is null
            """,
            id=session_id,
        )


class Frames:
    """The frames of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, frame: Frame) -> None:
        await self._tx.run(
            """
            delete from connect_frames where project_id = :project_id and expires_at <= :now
            """
        )
        await self._tx.run(
            """
            insert into connect_frames (id, project_id, session_id, origin, expires_at)
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
            delete from connect_frames
             where project_id = :project_id and session_id = :session_id
               and id not in (select id
                                from connect_frames
                               where project_id = :project_id and session_id = :session_id
                               order by id desc
                               limit :most)
            """,
            session_id=frame.session_id,
            most=_MOST_FRAMES,
        )


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a connect token: its session and project."""

    project_id: ProjectId
    session: ConnectSession

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.CONNECT_SESSION, str(self.session.id))


async def find_holder(db: Database, token: ConnectToken) -> Holder | None:
    """Look `token` up among the sessions of every project: the project is not known before."""
    rows = await db.unscoped(
        f"""
        select {_COLUMNS}, project_id
          from connect_sessions
         where token_digest = :digest
        """,  # noqa: S608 - columns of ours
        digest=token.digest(),
    )
    return Holder(ProjectId(rows[0]["project_id"]), _session(rows[0])) if rows else None


async def find_frame(db: Database, frame_id: str) -> Frame | None:
    """Look a frame up among those of every project: a browser requests it, not a project."""
    rows = await db.unscoped(
        f"select {_FRAME} from connect_frames where id = :id and expires_at > :now",  # noqa: S608 - columns of ours
        id=frame_id,
    )
    return convert(rows[0], Frame) if rows else None


def _session(row: Row) -> ConnectSession:
    terms = convert({**row, **{name: parse(row[name]) for name in _JSON_COLUMNS}}, SessionTerms)
    attempt = parse(row["latest_attempt"])
    return ConnectSession(
        ConnectSessionId(row["id"]),
        terms,
        row["created_at"],
        row["expires_at"],
        row["used_at"],
        row["linked_account_id"],
        row["pending_link_id"],
        row["revoked_at"],
        row["external_trigger_token"],
        None if attempt is None else convert(attempt, ConnectionAttempt),
        row["attempts"],
    )
