"""Repository of idempotency keys in use: digests with their expiry."""

from datetime import datetime
from typing import Final

from jackfield.db.lease import Leases
from jackfield.db.tx import Tx
from jackfield.idempotency.models import Claim, ClaimId, ClaimState
from jackfield.kit.json import convert

_LEASES: Final = Leases("idempotency_keys", "lease_until", key=("digest", "id"))
_MOST_FORGOTTEN = 50


class Claims:
    """The keys used in the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(
        self, claim_id: ClaimId, digest: bytes, *, lease_until: datetime, expires_at: datetime
    ) -> bool:
        """Claim a key; return false if it is claimed already."""
        row = await self._tx.one(
            """
            insert into idempotency_keys
                   (project_id, digest, id, state, lease_until, expires_at)
            values (:project_id, :digest, :id, :state, :lease_until, :expires_at)
                on conflict (project_id, digest) do nothing
            returning id
            """,
            id=claim_id,
            digest=digest,
            state=ClaimState.WORKING,
            lease_until=lease_until,
            expires_at=expires_at,
        )
        return row is not None

    async def find(self, digest: bytes) -> Claim | None:
        row = await self._tx.one(
            """
            select id, state, lease_until
              from idempotency_keys
             where project_id = :project_id and digest = :digest
            """,
            digest=digest,
        )
        return None if row is None else convert(row, Claim)

    async def finish(self, claim_id: ClaimId, digest: bytes) -> bool:
        """Mark a claim as done; return false if it no longer exists."""
        row = await self._tx.one(
            """
            update idempotency_keys
               set state = :state
             where project_id = :project_id and digest = :digest and id = :id
            returning id
            """,
            id=claim_id,
            digest=digest,
            state=ClaimState.DONE,
        )
        return row is not None

    async def end_lease(self, claim_id: ClaimId, digest: bytes) -> None:
        """Release the lease of a claim whose work has ended without a result."""
        await _LEASES.release(self._tx, digest=digest, id=claim_id)

    async def remove(self, claim_id: ClaimId, digest: bytes) -> None:
        await self._tx.run(
            """
            delete from idempotency_keys
             where project_id = :project_id and digest = :digest and id = :id
            """,
            id=claim_id,
            digest=digest,
        )

    async def forget(self, digest: bytes) -> list[str]:
        """Remove some expired claims, `digest` first; return their ids."""
        rows = await self._tx.all(
            """
            delete from idempotency_keys
             where project_id = :project_id
               and digest in (
                   select digest
                     from idempotency_keys
                    where project_id = :project_id and expires_at <= :now
                    order by case when digest = :digest then 0 else 1 end, expires_at
                    limit :limit
               )
            returning id
            """,
            digest=digest,
            limit=_MOST_FORGOTTEN,
        )
        return [row["id"] for row in rows]
