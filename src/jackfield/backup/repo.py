"""The number of the newest file of shredding keys, which tells it from those before."""

from typing import Final

from jackfield.db.tx import Transactions

_ONLY: Final = 1


async def keep_number(db: Transactions, number: int) -> None:
    """Let the files that are written from now on have greater numbers."""
    await db.unscoped(
        """
        insert into shredding_key_files (id, number) values (:id, :number)
            on conflict (id) do update
           set number = excluded.number
         where excluded.number > shredding_key_files.number
        """,
        id=_ONLY,
        number=number,
    )
