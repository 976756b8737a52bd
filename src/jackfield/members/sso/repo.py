"""Repository of identities at the identity provider, and of its answers that were taken."""

from datetime import datetime

from jackfield.db.tx import Database, Tx
from jackfield.kit.ids import MemberId
from jackfield.kit.json import convert
from jackfield.members.models import Member
from jackfield.members.repo import COLUMNS


class Identities:
    """Identities of members that came by the transaction's project first."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, member_id: MemberId, issuer: str, subject: str) -> bool:
        """Keep an identity; return false if it, or the member at this issuer, has another."""
        row = await self._tx.one(
            """
            insert into member_identities (issuer, subject, project_id, member_id, created_at)
            values (:issuer, :subject, :project_id, :member_id, :now)
                on conflict do nothing
            returning subject
            """,
            issuer=issuer,
            subject=subject,
            member_id=member_id,
        )
        return row is not None


async def find_by_identity(db: Database, issuer: str, subject: str) -> Member | None:
    rows = await db.unscoped(
        f"""
        select {COLUMNS}
          from member_identities
          join members on members.id = member_identities.member_id
         where member_identities.issuer = :issuer and member_identities.subject = :subject
        """,  # noqa: S608 - literals
        issuer=issuer,
        subject=subject,
    )
    return convert(rows[0], Member) if rows else None


async def take_answer(db: Database, digest: bytes, expires_at: datetime) -> bool:
    """Note that an answer was taken; return false if it was before."""
    await db.unscoped("delete from sso_answers where expires_at <= :now")
    rows = await db.unscoped(
        """
        insert into sso_answers (digest, expires_at) values (:digest, :expires_at)
            on conflict do nothing
        returning digest
        """,
        digest=digest,
        expires_at=expires_at,
    )
    return bool(rows)
