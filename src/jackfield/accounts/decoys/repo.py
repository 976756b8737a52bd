"""Repository of decoys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from jackfield.accounts.decoys.models import Decoy
from jackfield.db.columns import columns_of
from jackfield.db.tx import Tx
from jackfield.kit.json import convert

_COLUMNS: Final = columns_of(Decoy)
MOST: Final = 1000


class Decoys:
    """The decoys of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, account_id: str) -> None:
        await self._tx.run(
            """
            insert into decoys (account_id, project_id, created_at)
            values (:account_id, :project_id, :now)
            """,
            account_id=account_id,
        )

    async def find(self, account_id: str) -> Decoy | None:
        row = await self._tx.one(
            f"select {_COLUMNS} from decoys where project_id = :project_id and account_id = :id",  # noqa: S608 - columns of ours
            id=account_id,
        )
        return None if row is None else convert(row, Decoy)

    async def all(self) -> list[Decoy]:
        """Return all decoys, newest first."""
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from decoys
             where project_id = :project_id
             order by account_id desc
             limit :most
            """,  # noqa: S608 - columns of ours
            most=MOST,
        )
        return [convert(row, Decoy) for row in rows]

    async def among(self, account_ids: Sequence[str]) -> frozenset[str]:
        """Return which of some accounts are decoys."""
        rows = await self._tx.all(
            """
            select account_id
              from decoys
             where project_id = :project_id and account_id in (:ids)
            """,
            ids=account_ids,
        )
        return frozenset(row["account_id"] for row in rows)

    async def touched_since(self, since: datetime) -> list[Decoy]:
        """Return decoys that were used since a moment."""
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from decoys
             where project_id = :project_id and touched_at >= :since
             order by touched_at
             limit :most
            """,  # noqa: S608 - columns of ours
            since=since,
            most=MOST,
        )
        return [convert(row, Decoy) for row in rows]

    async def touch(self, account_id: str) -> None:
        """Count a use."""
        await self._tx.run(
            """
            update decoys
               set touches = touches + 1, touched_at = :now
             where project_id = :project_id and account_id = :account_id
            """,
            account_id=account_id,
        )

    async def note_alarm(self, account_id: str, by: str) -> None:
        await self._tx.run(
            """
            update decoys
               set alarmed_at = :now, alarmed_by = :by
             where project_id = :project_id and account_id = :account_id
            """,
            account_id=account_id,
            by=by,
        )
