"""Repository of saved calls."""

from dataclasses import asdict
from typing import Final

from jackfield.actions.saved_calls.models import SavedCall, SavedCallNotFound
from jackfield.db.columns import columns_of
from jackfield.db.tx import Row, Tx
from jackfield.kit.alphabet import alphabetical
from jackfield.kit.json import convert, encode, parse

_COLUMNS: Final = columns_of(SavedCall)


class SavedCalls:
    """The saved calls of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def get(self, call_id: str) -> SavedCall:
        """
        Return one saved call; `call_id` is unchecked input.

        Raises:
            SavedCallNotFound: the project has none with this id.
        """
        row = await self._tx.one(
            f"select {_COLUMNS} from saved_calls where project_id = :project_id and id = :id",  # noqa: S608 - columns of ours
            id=call_id,
        )
        if row is None:
            raise SavedCallNotFound
        return _call(row)

    async def all(self) -> list[SavedCall]:
        """Return all of them, by name."""
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from saved_calls
             where project_id = :project_id
             order by id
            """  # noqa: S608 - columns of ours
        )
        return sorted(map(_call, rows), key=lambda call: alphabetical(call.name))

    async def count(self) -> int:
        row = await self._tx.one(
            "select count(*) as total from saved_calls where project_id = :project_id"
        )
        return 0 if row is None else row["total"]

    async def add(self, call: SavedCall) -> None:
        await self._tx.run(
            """
            insert into saved_calls
                   (id, project_id, name, action_id, account_id, inputs, created_by, created_at,
                    updated_at)
            values (:id, :project_id, :name, :action_id, :account_id, :inputs, :created_by,
                    :created_at, :updated_at)
            """,
            **asdict(call) | {"inputs": encode(call.inputs).decode()},
        )

    async def save(self, call: SavedCall) -> None:
        await self._tx.run(
            """
            update saved_calls
               set name = :name,
                   action_id = :action_id,
                   account_id = :account_id,
                   inputs = :inputs,
                   updated_at = :now
             where project_id = :project_id and id = :id
            """,
            id=call.id,
            name=call.name,
            action_id=call.action_id,
            account_id=call.account_id,
            inputs=encode(call.inputs).decode(),
        )

    async def remove(self, call_id: str) -> None:
        await self._tx.run(
            "delete from saved_calls where project_id = :project_id and id = :id", id=call_id
        )


def _call(row: Row) -> SavedCall:
    names = SavedCall.__dataclass_fields__
    values = {name: row[name] for name in names}
    return convert({**values, "inputs": parse(row["inputs"])}, SavedCall)
