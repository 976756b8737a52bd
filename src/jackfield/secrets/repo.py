"""Rows of sealed secrets, whosever they are; the table is called `credentials`."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jackfield.db.tx import Database, Tx
from jackfield.vault.cipher import KEY_ID


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A sealed secret, where it is stored."""

    owner_id: str
    field: str
    generation: int
    sealed: bytes = dataclasses.field(repr=False)


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

    async def owners_among(self, owner_ids: Sequence[str]) -> frozenset[str]:
        """Return those of some owners that have secrets here."""
        rows = await self._tx.all(
            """
            select distinct owner_id
              from credentials
             where project_id = :project_id and owner_id in (:owner_ids)
            """,
            owner_ids=list(owner_ids),
        )
        return frozenset(row["owner_id"] for row in rows)

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

    async def remove(self, *owner_ids: str) -> None:
        await self._tx.run(
            "delete from credentials where project_id = :project_id and owner_id in (:owner_ids)",
            owner_ids=owner_ids,
        )

    async def remove_under(self, key: str) -> list[str]:
        """Delete what is sealed under a key, and return its owners."""
        rows = await self._tx.all(
            """
            delete from credentials
             where project_id = :project_id and substr(sealed, :first, :length) = :key
            returning owner_id
            """,
            **_sealed_under(key),
        )
        return [row["owner_id"] for row in rows]

    async def not_under(
        self, key: str, *, after: StoredSecret | None, most: int
    ) -> list[StoredSecret]:
        """Return some of what is sealed under other keys, in the order of owner and field."""
        rows = await self._tx.all(
            """
            select owner_id, field, generation, sealed
              from credentials
             where project_id = :project_id and substr(sealed, :first, :length) <> :key
               and (owner_id, field) > (:owner_id, :field)
             order by owner_id, field
             limit :most
            """,
            owner_id="" if after is None else after.owner_id,
            field="" if after is None else after.field,
            most=most,
            **_sealed_under(key),
        )
        return [
            StoredSecret(row["owner_id"], row["field"], row["generation"], row["sealed"])
            for row in rows
        ]

    async def exchange(self, secret: StoredSecret, sealed: bytes) -> bool:
        """Keep the same secret as other bytes, unless it was replaced meanwhile."""
        row = await self._tx.one(
            """
            update credentials
               set sealed = :sealed
             where project_id = :project_id and owner_id = :owner_id and field = :field
               and sealed = :was
            returning owner_id
            """,
            owner_id=secret.owner_id,
            field=secret.field,
            sealed=sealed,
            was=secret.sealed,
        )
        return row is not None


async def owners_under(db: Database, key: str) -> list[str]:
    """Return the owners of what is sealed under a key, in all projects."""
    rows = await db.unscoped(
        "select owner_id from credentials where substr(sealed, :first, :length) = :key",
        **_sealed_under(key),
    )
    return [row["owner_id"] for row in rows]


def _sealed_under(key: str) -> dict[str, object]:
    return {
        "first": KEY_ID.start + 1,
        "length": KEY_ID.stop - KEY_ID.start,
        "key": bytes.fromhex(key),
    }
