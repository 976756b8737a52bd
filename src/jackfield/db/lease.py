"""Leases: rows that one worker has until a time, on both databases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from jackfield.db.tx import Database, Row, Tx


@dataclass(frozen=True, slots=True)
class Leases:
    """
    The leases on the rows of `table` with the primary key `key`; `column` has the end of a lease.

    A row is free again when its lease ends: a killed worker loses the lease, not the row. The end
    also identifies a lease, so that a worker that was too slow does not change a row that another
    has leased since.
    """

    table: LiteralString
    column: LiteralString
    key: tuple[LiteralString, ...]

    def free(self, alias: LiteralString) -> LiteralString:
        """Return the condition that a row of the table `alias` is not leased."""
        return f"({alias}.{self.column} is null or {alias}.{self.column} <= :now)"

    async def claim(
        self,
        db: Database,
        candidates: LiteralString,
        *,
        until: datetime,
        returning: LiteralString,
        **values: object,
    ) -> list[Row]:
        """
        Lease rows of any project until a time, and return them.

        `candidates` are common table expressions, the last of which is called `due` and has the
        keys of free rows. It locks them with `for update of … skip locked`, or two workers could
        lease the same row.
        """
        keys = _listed(self.key)
        return await db.unscoped(
            f"""
            with {candidates}
            update {self.table}
               set {self.column} = :until
             where ({keys}) in (select {keys} from due)
            returning {returning}
            """,  # noqa: S608 - literals
            until=until,
            **values,
        )

    async def renew(self, tx: Tx, *, held: datetime, until: datetime, **key: object) -> bool:
        """Renew the lease that ends at `held`; return false if it is lost."""
        row = await tx.one(
            f"""
            update {self.table}
               set {self.column} = :until
             where project_id = :project_id and {self._is_key} and {self.column} = :held
            returning {_listed(self.key)}
            """,  # noqa: S608 - literals
            held=held,
            until=until,
            **key,
        )
        return row is not None

    async def release(self, tx: Tx, *, held: datetime | None = None, **key: object) -> None:
        """End a lease early; with `held` only the one that ends then."""
        is_held: LiteralString = "" if held is None else f" and {self.column} = :held"
        await tx.run(
            f"""
            update {self.table}
               set {self.column} = :now
             where project_id = :project_id and {self._is_key}{is_held}
            """,  # noqa: S608 - literals
            **({} if held is None else {"held": held}),
            **key,
        )

    @property
    def _is_key(self) -> LiteralString:
        return " and ".join([f"{name} = :{name}" for name in self.key])


def _listed(names: Sequence[LiteralString]) -> LiteralString:
    return ", ".join(names)
