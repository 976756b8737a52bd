"""Repository of codes that were sent by webhook."""

from datetime import datetime

from jackfield.connect.sent_codes.models import SentCodeId
from jackfield.db.tx import Tx
from jackfield.kit.ids import ProfileId


class SentCodes:
    """
    The codes that wait in the transaction's project, one for each installation of a profile.

    Installations and codes are known by digest here.
    """

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(
        self, profile_id: ProfileId, installation: bytes, code: bytes, *, expires_at: datetime
    ) -> str | None:
        """Store that a code came, in place of an earlier one; return `None` for one sent again."""
        row = await self._tx.one(
            """
            insert into sent_codes
                   (id, project_id, profile_id, installation, code_digest, received_at, expires_at)
            values (:id, :project_id, :profile_id, :installation, :code, :now, :expires_at)
                on conflict (project_id, profile_id, installation) do update
               set code_digest = excluded.code_digest, received_at = excluded.received_at,
                   expires_at = excluded.expires_at, taken_at = null
             where sent_codes.code_digest <> excluded.code_digest
            returning id
            """,
            id=SentCodeId.new(self._tx.now),
            profile_id=profile_id,
            installation=installation,
            code=code,
            expires_at=expires_at,
        )
        return None if row is None else row["id"]

    async def waits(self, profile_id: ProfileId, installation: bytes) -> bool:
        """Tell whether there is a code to take."""
        row = await self._tx.one(
            """
            select id
              from sent_codes
             where project_id = :project_id and profile_id = :profile_id
               and installation = :installation and taken_at is null and expires_at > :now
            """,
            profile_id=profile_id,
            installation=installation,
        )
        return row is not None

    async def take(self, profile_id: ProfileId, installation: bytes) -> str | None:
        """Take the code that waits, once, and return its id; its row stays, against a replay."""
        row = await self._tx.one(
            """
            update sent_codes
               set taken_at = :now
             where project_id = :project_id and profile_id = :profile_id
               and installation = :installation and taken_at is null and expires_at > :now
            returning id
            """,
            profile_id=profile_id,
            installation=installation,
        )
        return None if row is None else row["id"]

    async def drop_expired(self) -> list[str]:
        """Delete what has expired, and return the ids."""
        rows = await self._tx.all(
            """
            delete from sent_codes
             where project_id = :project_id and expires_at <= :now
            returning id
            """
        )
        return [row["id"] for row in rows]
