"""Repository of the history of accounts, written in the transaction of each change."""

from collections.abc import Mapping, Sequence
from typing import Final

from jackfield.accounts.history.models import AccountChange, AccountChangeId, ChangeKind
from jackfield.db.columns import columns_of
from jackfield.db.tx import Tx
from jackfield.kit.ids import AccountId
from jackfield.kit.json import convert, encode, parse

# Of one kind: what happens by itself every day is kept shortest.
MOST_KEPT: Final = 50
_KEPT: Final[Mapping[ChangeKind, int]] = {
    ChangeKind.CHECKED: 1,
    ChangeKind.RENEWED: 5,
    ChangeKind.NOT_RENEWED: 5,
}
_LONGEST_DETAIL: Final = 500
_CHANGE: Final = columns_of(AccountChange)


class AccountHistory:
    """The changes of the accounts of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, account_id: AccountId, kind: ChangeKind, detail: str = "") -> None:
        """Add a change that this transaction makes; the oldest of its kind may go."""
        await self.add_all(kind, {account_id: detail})

    async def add_all(self, kind: ChangeKind, details: Mapping[AccountId, str]) -> None:
        """Add a change of one kind to each of some accounts."""
        actor = encode(self._tx.actor).decode()
        await self._tx.executemany(
            """
            insert into account_changes (id, project_id, account_id, kind, detail, actor, made_at)
            values (:id, :project_id, :account_id, :kind, :detail, :actor, :now)
            """,
            [
                {
                    "id": AccountChangeId.new(self._tx.now, place=self._tx.next_place()),
                    "account_id": account_id,
                    "kind": kind,
                    "detail": detail[:_LONGEST_DETAIL],
                    "actor": actor,
                }
                for account_id, detail in details.items()
            ],
        )
        await self._tx.run(
            """
            delete from account_changes
             where project_id = :project_id and account_id in (:ids) and kind = :kind
               and id <= (select newer.id
                            from account_changes newer
                           where newer.account_id = account_changes.account_id
                             and newer.project_id = :project_id and newer.kind = :kind
                           order by newer.id desc
                           limit 1 offset :kept)
            """,
            ids=list(details),
            kind=kind,
            kept=_KEPT.get(kind, MOST_KEPT),
        )

    async def put(self, account_id: AccountId, changes: Sequence[AccountChange]) -> None:
        """Store the changes of an account as another hub had them, in place of those there are."""
        await self._tx.run(
            """
            delete from account_changes
             where project_id = :project_id and account_id = :account_id
            """,
            account_id=account_id,
        )
        await self._tx.executemany(
            """
            insert into account_changes (id, project_id, account_id, kind, detail, actor, made_at)
            values (:id, :project_id, :account_id, :kind, :detail, :actor, :made_at)
            """,
            [
                {
                    "id": each.id,
                    "account_id": account_id,
                    "kind": each.kind,
                    "detail": each.detail,
                    "actor": encode(each.actor).decode(),
                    "made_at": each.made_at,
                }
                for each in changes
            ],
        )

    async def newest(self, account_id: AccountId, *, most: int) -> list[AccountChange]:
        """Return the last changes of an account, newest first."""
        rows = await self._tx.all(
            f"""
            select {_CHANGE}
              from account_changes
             where project_id = :project_id and account_id = :account_id
             order by id desc
             limit :most
            """,  # noqa: S608 - columns of ours
            account_id=account_id,
            most=most,
        )
        return [convert({**row, "actor": parse(row["actor"])}, AccountChange) for row in rows]
