"""Rows of sealed secrets, whosever they are; the table is called `credentials`."""

from collections.abc import Mapping

from jackfield.db.tx import Tx


class SecretRows:
    """The sealed secrets of the transaction's project, by owner and field."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def of(self, owner_id: str) -> dict[str, bytes]:
        rows = await self._tx.all(
            """
            select field, sealed
              from credentials
             where project_id = :project_id and owner_id = :owner_id
             order by field
            """,
            owner_id=owner_id,
        )
        return {row["field"]: row["sealed"] for row in rows}

    async def replace(self, owner_id: str, sealed: Mapping[str, bytes], *, generation: int) -> None:
        """Replace all secrets of `owner_id` by `sealed`."""
        await self.remove(owner_id)
        await self._tx.executemany(
            """
            insert into credentials (owner_id, field, project_id, generation, sealed)
            values (:owner_id, :field, :project_id, :generation, :sealed)
            """,
            [
                {"owner_id": owner_id, "field": name, "generation": generation, "sealed": value}
                for name, value in sealed.items()
            ],
        )

    async def remove_field(self, owner_id: str, field: str) -> None:
        await self._tx.run(
            """
            delete from credentials
             where project_id = :project_id and owner_id = :owner_id and field = :field
            """,
            owner_id=owner_id,
            field=field,
        )

    async def remove(self, owner_id: str) -> None:
        await self._tx.run(
            "delete from credentials where project_id = :project_id and owner_id = :owner_id",
            owner_id=owner_id,
        )
