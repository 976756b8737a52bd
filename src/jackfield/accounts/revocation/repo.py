"""Repository of the revocations that are not known to have ended."""

from datetime import datetime
from typing import Final

from jackfield.accounts.models import Account
from jackfield.accounts.revocation.models import BegunRevocation, Ending
from jackfield.db.lease import Leases
from jackfield.db.tx import Database, Tx
from jackfield.kit.ids import AccountId
from jackfield.kit.json import convert

_LEASES: Final = Leases("revocations", "leased_until", key=("account_id",))
_COLUMNS: Final = "account_id, project_id, ending, generation, leased_until"
_MOST: Final = 16


class Revocations:
    """The revocations of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def begin(self, account: Account, ending: Ending, *, until: datetime) -> bool:
        """Note what is begun; return false if another process is at it."""
        row = await self._tx.one(
            """
            insert into revocations
                   (account_id, project_id, ending, generation, begun_at, leased_until)
            values (:account_id, :project_id, :ending, :generation, :now, :until)
                on conflict (account_id) do update
               set ending = excluded.ending, generation = excluded.generation,
                   leased_until = excluded.leased_until
             where revocations.leased_until <= :now
            returning account_id
            """,
            account_id=account.id,
            ending=ending,
            generation=account.generation,
            until=until,
        )
        return row is not None

    async def end(self, account_id: AccountId) -> None:
        await self._tx.run(
            "delete from revocations where project_id = :project_id and account_id = :account_id",
            account_id=account_id,
        )

    async def accounts(self) -> frozenset[str]:
        """Return the ids of the accounts that are about to end."""
        rows = await self._tx.all(
            "select account_id from revocations where project_id = :project_id"
        )
        return frozenset(row["account_id"] for row in rows)


async def claim_interrupted(db: Database, *, until: datetime) -> list[BegunRevocation]:
    """Claim revocations whose process died."""
    rows = await _LEASES.claim(
        db,
        f"""
        due as (
            select begun.account_id
              from revocations begun
             where {_LEASES.free("begun")}
             order by begun.leased_until
             limit :most
               for update of begun skip locked
        )
        """,  # noqa: S608 - literals
        until=until,
        returning=_COLUMNS,
        most=_MOST,
    )
    return [convert(row, BegunRevocation) for row in rows]
