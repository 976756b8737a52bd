"""Repository of what stands in the way of accounts that arrive."""

from collections.abc import Sequence

from jackfield.db.tx import Tx


class MovedRows:
    """Ids of accounts and connector profiles, as the transaction's project sees them."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def of_other_projects(
        self, accounts: Sequence[str], profiles: Sequence[str]
    ) -> frozenset[str]:
        """Return those of some ids that another project of the hub has."""
        rows = await self._tx.all(
            """
            select id from accounts where project_id <> :project_id and id in (:accounts)
             union all
            select id from connector_profiles where project_id <> :project_id and id in (:profiles)
            """,
            accounts=list(accounts),
            profiles=list(profiles),
        )
        return frozenset(row["id"] for row in rows)

    async def is_deleted_profile(self, profile_id: str) -> bool:
        row = await self._tx.one(
            """
            select id
              from connector_profiles
             where project_id = :project_id and id = :id and deleted_at is not null
            """,
            id=profile_id,
        )
        return row is not None
