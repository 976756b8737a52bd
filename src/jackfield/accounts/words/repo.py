"""Repository of the words that accounts are found by, written in the transaction of their account."""

from collections.abc import Sequence
from typing import Final

from jackfield.accounts.models import Account
from jackfield.accounts.words.text import words_of
from jackfield.db.tx import Database, Tx
from jackfield.kit.ids import AccountId, ProjectId

_PREFIX: Final = "acc_"


class AccountWords:
    """The words of the accounts of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def put(self, account: Account) -> None:
        """Store the words of an account whose row this transaction has written, and so locked."""
        words = _words(account)
        known = await self._tx.all(
            """
            select word
              from account_words
             where project_id = :project_id and account_id = :account_id
            """,
            account_id=account.id,
        )
        if {bytes(row["word"]) for row in known} == set(words):
            return
        await self.remove(account.id)
        await self.add([(account.id, word) for word in words])

    async def remove(self, account_id: AccountId) -> None:
        await self._tx.run(
            "delete from account_words where project_id = :project_id and account_id = :account_id",
            account_id=account_id,
        )

    async def add(self, words: Sequence[tuple[str, bytes]]) -> None:
        """Add words of accounts that have none of them yet."""
        await self._tx.executemany(
            """
            insert into account_words (account_id, word, project_id)
            values (:account_id, :word, :project_id)
            """,
            [{"account_id": account_id, "word": word} for account_id, word in words],
        )


def _words(account: Account) -> list[bytes]:
    """Return what an account is found by: nothing that is secret, or kept sealed."""
    label = account.label
    labels = [label] if isinstance(label, str) else list((label or {}).values())
    texts = (
        account.id.removeprefix(_PREFIX),
        account.origin_owner_id,
        account.origin_owner_name,
        account.origin_username or "",
        *(each for each in labels if isinstance(each, str)),
        *map(str, account.public_values.values()),
    )
    return [word.encode() for word in words_of(*texts)]


class UnpreparedAccounts:
    """The accounts of the transaction's project that an earlier version of the hub has written."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def claim(self, *, most: int) -> list[str]:
        """Mark up to `most` of them as prepared, and return their ids: this transaction does it."""
        rows = await self._tx.all(
            """
            update accounts
               set words_at = updated_at, reason = ''
             where project_id = :project_id
               and id in (select id
                            from accounts
                           where project_id = :project_id
                             and (words_at is null or words_at < updated_at)
                           order by id
                           limit :most)
               and (words_at is null or words_at < updated_at)
            returning id
            """,
            most=most,
        )
        return [row["id"] for row in rows]

    async def prepare(self, accounts: Sequence[Account]) -> None:
        """Store what a search needs of accounts, beside their own columns."""
        ids = [account.id for account in accounts]
        await self._tx.run(
            """
            delete from account_words
             where project_id = :project_id and account_id in (:ids)
            """,
            ids=ids,
        )
        await AccountWords(self._tx).add(
            [(account.id, word) for account in accounts for word in _words(account)]
        )
        for account in accounts:
            reasons = account.status_reasons
            if reasons:
                await self._tx.run(
                    """
                    update accounts
                       set reason = :reason
                     where project_id = :project_id and id = :id
                    """,
                    id=account.id,
                    reason=reasons[0].code,
                )
        await self._tx.run(
            """
            insert into account_uses (account_id, project_id, last_run_id)
            select id, project_id,
                   coalesce((select max(runs.id)
                               from runs
                              where runs.project_id = :project_id
                                and runs.account_id = accounts.id), '')
              from accounts
             where project_id = :project_id and id in (:ids)
                on conflict do nothing
            """,
            ids=ids,
        )


async def find_unprepared_project(db: Database) -> ProjectId | None:
    """Return a project that has accounts to prepare, if one has."""
    rows = await db.unscoped(
        """
        select project_id
          from accounts
         where words_at is null or words_at < updated_at
         order by project_id, id
         limit 1
        """
    )
    return ProjectId(rows[0]["project_id"]) if rows else None
