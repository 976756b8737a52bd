"""Leases: rows that one worker has until a time, on both databases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from jackfield.db.tx import Database, Row, Tx


@dataclass(frozen=True, slots=True)
class Leases:
    """
    The leases on the rows of `table`, which `key` tells apart; `column` says until when.

    A row whose time is over is free again: a worker that was killed loses the lease, not the row.
    The time is also the proof that a lease is still the same one, so a worker that was too slow
    changes nothing of what another does by then.
    """

    table: LiteralString
    column: LiteralString
    key: tuple[LiteralString, ...]

    def free(self, alias: LiteralString) -> LiteralString:
        """Return the condition that nobody has a row of the table `alias`."""
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
        Take rows until a time, of whichever project, and return them.

        `candidates` are common table expressions, the last of which is called `due` and has the
        keys of free rows. It locks them with `for update of … skip locked`, or two workers take
        the same one in the same instant.
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
        """Keep a row longer; false where the lease that ended at `held` is another's by now."""
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
        """Let go of a row before its time; with `held` only if no other has it by now."""
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
