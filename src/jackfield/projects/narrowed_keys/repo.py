"""Repository of narrowed keys: their families, and the numbers of their calls."""

from collections.abc import Sequence
from datetime import datetime

from jackfield.db.tx import Row, Tx
from jackfield.kit.ids import ApiKeyId
from jackfield.kit.json import encode
from jackfield.kit.pages import Page
from jackfield.projects.key_limits import DEEPEST, KeyLimits
from jackfield.projects.models import ApiKey
from jackfield.projects.repo import API_KEY_COLUMNS, api_key_of


class NarrowedKeys:
    """The narrowed API keys of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def chain(self, key_id: str) -> list[ApiKey]:
        """Return a key and those it comes from, itself first; nothing if there is no such key."""
        rows = await self._tx.all(
            f"""
            with recursive chain (id, parent_id, depth) as (
              select id, parent_id, 0 from api_keys where project_id = :project_id and id = :id
               union all
              select api_keys.id, api_keys.parent_id, chain.depth + 1
                from chain
                join api_keys on api_keys.id = chain.parent_id
               where api_keys.project_id = :project_id and chain.depth < :deepest
            )
            select {API_KEY_COLUMNS}
              from chain
              join api_keys on api_keys.id = chain.id
              left join api_key_uses on api_key_uses.key_id = api_keys.id
              left join api_key_calls on api_key_calls.key_id = api_keys.id
             where api_keys.project_id = :project_id
             order by chain.depth
            """,  # noqa: S608 - columns of ours
            id=key_id,
            deepest=DEEPEST,
        )
        return [api_key_of(row) for row in rows]

    async def descendants(
        self, key_id: ApiKeyId, *, after: ApiKeyId | None, size: int
    ) -> Page[ApiKey]:
        """Return the keys that come from a key, newest first."""
        rows = await self._tx.all(
            f"""
            with recursive family (id, depth) as (
              select id, 0 from api_keys where project_id = :project_id and parent_id = :id
               union all
              select api_keys.id, family.depth + 1
                from family
                join api_keys on api_keys.parent_id = family.id
               where api_keys.project_id = :project_id and family.depth < :deepest
            )
            select {API_KEY_COLUMNS}
              from family
              join api_keys on api_keys.id = family.id
              left join api_key_uses on api_key_uses.key_id = api_keys.id
              left join api_key_calls on api_key_calls.key_id = api_keys.id
             where api_keys.project_id = :project_id and api_keys.id < :after
             order by api_keys.id desc
             limit :size
            """,  # noqa: S608 - columns of ours
            id=key_id,
            deepest=DEEPEST,
            # No id is greater.
            after=after or "~",
            size=size + 1,
        )
        keys = tuple(api_key_of(row) for row in rows[:size])
        return Page(keys, keys[-1].id if len(rows) > size else None)

    async def count_working(self, parent_id: ApiKeyId) -> int:
        """Return the number of keys that a key minted and that have not ended."""
        row = await self._tx.one(
            """
            select count(*) as number
              from api_keys
             where project_id = :project_id and parent_id = :parent_id
               and revoked_at is null and (expires_at is null or expires_at > :now)
            """,
            parent_id=parent_id,
        )
        return 0 if row is None else row["number"]

    async def adopt(self, key_id: ApiKeyId, parent_id: ApiKeyId, limits: KeyLimits) -> None:
        """Make a new key one that `parent_id` minted."""
        await self._tx.run(
            """
            update api_keys
               set parent_id = :parent_id, limits = :limits
             where project_id = :project_id and id = :id
            """,
            id=key_id,
            parent_id=parent_id,
            limits=encode(limits).decode(),
        )

    async def change(
        self, key_id: ApiKeyId, limits: KeyLimits, *, expires_at: datetime | None
    ) -> None:
        await self._tx.run(
            """
            update api_keys
               set limits = :limits, expires_at = :expires_at
             where project_id = :project_id and id = :id
            """,
            id=key_id,
            limits=encode(limits).decode(),
            expires_at=expires_at,
        )
        await self._tx.touch()

    async def set_calls(self, key_id: ApiKeyId, most: int) -> None:
        """Let a key do `most` calls, with those it has done."""
        await self._tx.run(
            """
            insert into api_key_calls (key_id, project_id, most, used)
            values (:key_id, :project_id, :most, 0)
                on conflict (key_id) do update set most = excluded.most
            """,
            key_id=key_id,
            most=most,
        )

    async def count_call(self, key_id: ApiKeyId) -> bool:
        """Count a call of a key; return false if it may do no more."""
        row = await self._tx.one(
            """
            update api_key_calls
               set used = used + 1
             where project_id = :project_id and key_id = :key_id and used < most
            returning used
            """,
            key_id=key_id,
        )
        return row is not None

    async def accounts(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return the owners and providers of accounts, as far as there are these, by id."""
        rows = await self._tx.all(
            """
            select id, origin_owner_id, provider
              from accounts
             where project_id = :project_id and id in (:ids)
            """,
            ids=list(ids),
        )
        return {row["id"]: row for row in rows}
