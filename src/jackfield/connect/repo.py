"""Where connect sessions are kept."""

from dataclasses import dataclass, replace

from jackfield.connect.models import (
    ConnectSession,
    ConnectSessionId,
    ConnectSessionUsed,
    ConnectToken,
    SessionTerms,
)
from jackfield.db.tx import Database, Row, Tx
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import convert, encode, parse


class ConnectSessions:
    """The connect sessions of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, session: ConnectSession, token: ConnectToken) -> None:
        terms = session.terms
        await self._tx.run(
            """
            insert into connect_sessions
                   (id, project_id, token_digest, origin_owner_id, origin_owner_name,
                    origin_username, provider, categories, profile_id, account_id, multiple, relink,
                    actions, allowed_origins, label, type, shared, metadata, created_at,
                    expires_at)
            values (:id, :project_id, :token_digest, :origin_owner_id, :origin_owner_name,
                    :origin_username, :provider, :categories, :profile_id, :account_id, :multiple,
                    :relink, :actions, :allowed_origins, :label, :type, :shared, :metadata,
                    :created_at, :expires_at)
            """,
            id=session.id,
            token_digest=token.digest(),
            origin_owner_id=terms.origin_owner_id,
            origin_owner_name=terms.origin_owner_name,
            origin_username=terms.origin_username,
            provider=terms.provider,
            categories=encode(terms.categories).decode(),
            profile_id=terms.profile_id,
            account_id=terms.account_id,
            multiple=terms.multiple,
            relink=terms.relink,
            actions=encode(terms.actions).decode(),
            allowed_origins=encode(terms.allowed_origins).decode(),
            label=terms.label,
            type=terms.type,
            shared=terms.shared,
            metadata=encode(terms.metadata or {}).decode(),
            created_at=session.created_at,
            expires_at=session.expires_at,
        )

    async def end(self, session_id: ConnectSessionId, *, linked: str) -> None:
        """
        Mark a session as the one that linked the account `linked`.

        Raises:
            ConnectSessionUsed: it has already linked one.
        """
        row = await self._tx.one(
            """
            update connect_sessions
               set used_at = :now, linked_account_id = :linked
             where project_id = :project_id and id = :id and used_at is null
            returning id
            """,
            id=session_id,
            linked=linked,
        )
        if row is None:
            raise ConnectSessionUsed


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose token it is: a session, and the project it belongs to."""

    project_id: ProjectId
    session: ConnectSession


async def find_holder(db: Database, token: ConnectToken) -> Holder | None:
    """Look `token` up among every project's sessions: this is how we learn whose it is."""
    rows = await db.unscoped(
        "select * from connect_sessions where token_digest = :digest", digest=token.digest()
    )
    return Holder(ProjectId(rows[0]["project_id"]), _session(rows[0])) if rows else None


def _session(row: Row) -> ConnectSession:
    parsed = {name: parse(row[name]) for name in ("categories", "metadata")}
    terms = convert({**row, **parsed}, SessionTerms)
    bare = ConnectSession(row["id"], terms, row["created_at"], row["expires_at"])
    return replace(bare, used_at=row["used_at"], linked_account_id=row["linked_account_id"])
