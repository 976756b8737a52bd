"""Rows of sealed secrets, whosever they are, in `credentials`, and of their shredding keys."""

import dataclasses
import os
from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jackfield.db.tx import Database, Transactions, Tx
from jackfield.kit.ids import ProjectId
from jackfield.vault.cipher import KEY_ID

_SHREDDING_BYTES: Final = 32
_LOOKED_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A sealed secret, where it is stored."""

    owner_id: str
    field: str
    generation: int
    sealed: bytes = dataclasses.field(repr=False)
    # Whose shredding key it needs; `None` for what was sealed without one.
    shredded_with: str | None = None


@dataclass(frozen=True, slots=True)
class SealedFields:
    """What is sealed of an owner, by field, and the shredding key that it needs, if it needs one."""

    sealed: Mapping[str, bytes]
    shredding_key: bytes


class SecretRows:
    """The sealed secrets of the transaction's project, by owner and field."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def of(self, owner_id: str) -> SealedFields:
        rows = await self._tx.all(
            """
            select field, sealed, shredding_keys.key
              from credentials
              left join shredding_keys
                on shredding_keys.project_id = credentials.project_id
               and shredding_keys.owner_id = credentials.shredded_with
             where credentials.project_id = :project_id and credentials.owner_id = :owner_id
             order by field
            """,
            owner_id=owner_id,
        )
        # Of some fields it may be missing, which were sealed without one; there is no other.
        key = next((row["key"] for row in rows if row["key"] is not None), b"")
        return SealedFields({row["field"]: row["sealed"] for row in rows}, key)

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

    async def replace(
        self,
        owner_id: str,
        sealed: Mapping[str, bytes],
        *,
        generation: int,
        shredded_with: str | None,
    ) -> None:
        """Replace all secrets of `owner_id` by `sealed`, which need that owner's shredding key."""
        await self.remove(owner_id)
        await self._tx.executemany(
            """
            insert into credentials (owner_id, field, project_id, generation, sealed, shredded_with)
            values (:owner_id, :field, :project_id, :generation, :sealed, :shredded_with)
            """,
            [
                {
                    "owner_id": owner_id,
                    "field": name,
                    "generation": generation,
                    "sealed": value,
                    "shredded_with": shredded_with,
                }
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

    async def remove_shredded(self, owner_ids: Collection[str]) -> None:
        """Delete of some owners what was sealed with a shredding key that is not there."""
        await self._tx.run(
            """
            delete from credentials
             where project_id = :project_id and owner_id in (:owner_ids)
               and shredded_with is not null
               and not exists (
                   select 1
                     from shredding_keys
                    where shredding_keys.project_id = credentials.project_id
                      and shredding_keys.owner_id = credentials.shredded_with
               )
            """,
            owner_ids=list(owner_ids),
        )

    async def not_under(
        self, key: str, *, after: StoredSecret | None, most: int
    ) -> list[StoredSecret]:
        """Return some of what is sealed under other keys, in the order of owner and field."""
        rows = await self._tx.all(
            """
            select owner_id, field, generation, sealed, shredded_with
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
            StoredSecret(
                row["owner_id"],
                row["field"],
                row["generation"],
                row["sealed"],
                row["shredded_with"],
            )
            for row in rows
        ]

    async def exchange(self, secret: StoredSecret, sealed: bytes, *, shredded_with: str) -> bool:
        """Keep the same secret as other bytes, unless it was replaced meanwhile."""
        row = await self._tx.one(
            """
            update credentials
               set sealed = :sealed, shredded_with = :shredded_with
             where project_id = :project_id and owner_id = :owner_id and field = :field
               and sealed = :was
            returning owner_id
            """,
            owner_id=secret.owner_id,
            field=secret.field,
            sealed=sealed,
            shredded_with=shredded_with,
            was=secret.sealed,
        )
        return row is not None


class ShreddingKeys:
    """The shredding keys of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def find(self, owner_id: str) -> bytes | None:
        """Return the key of an owner, or of the project (''); `None` if it has none, or had one."""
        row = await self._tx.one(
            """
            select key
              from shredding_keys
             where project_id = :project_id and owner_id = :owner_id
            """,
            owner_id=owner_id,
        )
        return None if row is None else row["key"]

    async def get(self, owner_id: str) -> bytes:
        """Return the key of an owner, or of the project (''), made now if there was none."""
        found = await self.find(owner_id)
        if found is not None:
            return found
        # Another transaction may have made it meanwhile: then that one is returned.
        row = await self._tx.one(
            """
            insert into shredding_keys (project_id, owner_id, key)
            values (:project_id, :owner_id, :key)
            on conflict (project_id, owner_id) do update set owner_id = excluded.owner_id
            returning key
            """,
            owner_id=owner_id,
            key=os.urandom(_SHREDDING_BYTES),
        )
        assert row is not None
        return row["key"]

    async def give(self, keys: Mapping[str, bytes]) -> int:
        """Keep those of the keys that `expect_shredding_keys` made places for; return how many."""
        rows = await self._tx.all(
            """
            select owner_id
              from shredding_keys
             where project_id = :project_id and owner_id in (:owner_ids)
            """,
            owner_ids=list(keys),
        )
        await self._tx.executemany(
            """
            insert into shredding_keys (project_id, owner_id, key)
            values (:project_id, :owner_id, :key)
            on conflict (project_id, owner_id) do update set key = excluded.key
            """,
            [{"owner_id": row["owner_id"], "key": keys[row["owner_id"]]} for row in rows],
        )
        return len(rows)

    async def destroy(self, owner_id: str) -> None:
        """Make unreadable whatever was sealed with an owner's key, in each copy of it."""
        # SQLite overwrites in its file what it deletes (`secure_delete`).
        await self._tx.run(
            "delete from shredding_keys where project_id = :project_id and owner_id = :owner_id",
            owner_id=owner_id,
        )

    async def destroy_all(self) -> None:
        """Make unreadable whatever was sealed in the project, in each copy of it."""
        await self._tx.run("delete from shredding_keys where project_id = :project_id")


async def expect_shredding_keys(db: Transactions) -> None:
    """Make a place for each shredding key that a secret needs, in a database that has none yet."""
    await db.unscoped(
        """
        insert into shredding_keys (project_id, owner_id, key)
        select distinct project_id, shredded_with, substr(sealed, 1, 0)
          from credentials
         where shredded_with is not null
        """
    )


async def drop_empty_places(db: Transactions) -> int:
    """Delete the places that were given no shredding key, and return how many they were."""
    rows = await db.unscoped(
        "select count(owner_id) as places from shredding_keys where length(key) = 0"
    )
    await db.unscoped("delete from shredding_keys where length(key) = 0")
    return rows[0]["places"]


async def shredded_owners(db: Transactions) -> AsyncGenerator[tuple[ProjectId, list[str]]]:
    """Yield a project and some of its owners that have a secret whose shredding key is not there."""
    rows, owner_id, field = [], "", ""
    while True:
        # In the order of the primary key, whether the key is there or not: each row is seen once.
        rows = await db.unscoped(
            """
            select credentials.owner_id, credentials.field, credentials.project_id,
                   credentials.shredded_with is not null
                   and shredding_keys.owner_id is null as is_shredded
              from credentials
              left join shredding_keys
                on shredding_keys.project_id = credentials.project_id
               and shredding_keys.owner_id = credentials.shredded_with
             where (credentials.owner_id, credentials.field) > (:owner_id, :field)
             order by credentials.owner_id, credentials.field
             limit :most
            """,
            owner_id=owner_id,
            field=field,
            most=_LOOKED_AT_ONCE,
        )
        if not rows:
            return
        owner_id, field = rows[-1]["owner_id"], rows[-1]["field"]
        found = defaultdict[str, set[str]](set)
        for row in rows:
            if row["is_shredded"]:
                found[row["project_id"]].add(row["owner_id"])
        for project_id in sorted(found):
            yield ProjectId(project_id), sorted(found[project_id])


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
