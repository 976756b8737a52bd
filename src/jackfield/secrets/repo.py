"""Rows of sealed secrets, whosever they are, and of the keys; the first table is called `credentials`."""

from collections.abc import Mapping, Sequence

from jackfield.db.tx import Database, Tx
from jackfield.vault.cipher import KEY_ID


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

    async def remove(self, owner_id: str) -> None:
        await self._tx.run(
            "delete from credentials where project_id = :project_id and owner_id = :owner_id",
            owner_id=owner_id,
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


async def key_proofs(db: Database) -> dict[str, bytes]:
    """Return what proves each key of the database, by its id."""
    rows = await db.unscoped("select id, proof from vault_keys")
    return {row["id"]: row["proof"] for row in rows}


async def add_key(db: Database, key: str, proof: bytes) -> None:
    await db.unscoped(
        "insert into vault_keys (id, proof, created_at) values (:id, :proof, :now)"
        " on conflict do nothing",
        id=key,
        proof=proof,
    )


async def drop_key(db: Database, key: str) -> None:
    await db.unscoped("delete from vault_keys where id = :id", id=key)


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
