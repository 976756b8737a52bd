"""Repository of invites; tokens are digests."""

from datetime import datetime

from jackfield.db.tx import Database, Tx
from jackfield.kit.ids import InviteId
from jackfield.kit.json import convert
from jackfield.members.models import Invite, InviteToken, Role


class Invites:
    """The invites of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def open(self) -> list[Invite]:
        rows = await self._tx.all(
            """
            select id, project_id, email, role, created_at, created_by, expires_at
              from member_invites
             where project_id = :project_id and accepted_at is null and cancelled_at is null
             order by id
            """
        )
        return [convert(row, Invite) for row in rows]

    async def add(
        self, invite_id: InviteId, token: InviteToken, *, email: str, role: Role, ends_at: datetime
    ) -> None:
        await self._tx.run(
            """
            insert into member_invites
                   (id, project_id, email, role, digest, created_at, created_by, expires_at)
            values (:id, :project_id, :email, :role, :digest, :now, :created_by, :expires_at)
            """,
            id=invite_id,
            email=email,
            role=role,
            digest=token.digest(),
            created_by=str(self._tx.actor),
            expires_at=ends_at,
        )

    async def renew(
        self, invite_id: InviteId, token: InviteToken, ends_at: datetime
    ) -> Invite | None:
        """Give an open invite another token: the one before opens nothing any more."""
        row = await self._tx.one(
            """
            update member_invites
               set digest = :digest, expires_at = :expires_at
             where project_id = :project_id and id = :id
               and accepted_at is null and cancelled_at is null
            returning id, project_id, email, role, created_at, created_by, expires_at
            """,
            id=invite_id,
            digest=token.digest(),
            expires_at=ends_at,
        )
        return None if row is None else convert(row, Invite)

    async def cancel(self, invite_id: InviteId) -> Invite | None:
        row = await self._tx.one(
            """
            update member_invites
               set cancelled_at = :now
             where project_id = :project_id and id = :id
               and accepted_at is null and cancelled_at is null
            returning id, project_id, email, role, created_at, created_by, expires_at
            """,
            id=invite_id,
        )
        return None if row is None else convert(row, Invite)

    async def accept(self, invite_id: InviteId) -> Invite | None:
        """Use an invite; return nothing if it has ended."""
        row = await self._tx.one(
            """
            update member_invites
               set accepted_at = :now
             where project_id = :project_id and id = :id and expires_at > :now
               and accepted_at is null and cancelled_at is null
            returning id, project_id, email, role, created_at, created_by, expires_at
            """,
            id=invite_id,
        )
        return None if row is None else convert(row, Invite)


async def find_invite(db: Database, token: InviteToken) -> Invite | None:
    """Return the invite of a token that can still be used: its project is not known before."""
    rows = await db.unscoped(
        """
        select id, project_id, email, role, created_at, created_by, expires_at
          from member_invites
         where digest = :digest and expires_at > :now
           and accepted_at is null and cancelled_at is null
        """,
        digest=token.digest(),
    )
    return convert(rows[0], Invite) if rows else None


async def find_invites(db: Database, email: str) -> list[Invite]:
    """Return all invites that an address can still accept."""
    rows = await db.unscoped(
        """
        select id, project_id, email, role, created_at, created_by, expires_at
          from member_invites
         where email = :email and expires_at > :now
           and accepted_at is null and cancelled_at is null
         order by id
        """,
        email=email,
    )
    return [convert(row, Invite) for row in rows]
