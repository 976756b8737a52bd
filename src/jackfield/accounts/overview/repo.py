"""Repository of the overview of a project's accounts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from jackfield.accounts.models import AccountStatus
from jackfield.accounts.overview.models import (
    ENDING_SOON,
    MOST_COUNTED,
    AccountCounts,
    EndingAccount,
    NewAccount,
)
from jackfield.db.columns import columns_of
from jackfield.db.tx import Tx
from jackfield.kit.ids import AccountId
from jackfield.kit.json import convert

_NEW: Final = columns_of(NewAccount)
_BROKEN: Final = (AccountStatus.ERROR, AccountStatus.EXPIRED)
# A token that is kept alive is renewed each day, whenever it ends.
_KEPT_ALIVE: Final = timedelta(days=1)


class AccountOverview:
    """The overview of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def counts(self, *, recent_since: datetime) -> AccountCounts:
        """Count accounts: all, those that were linked since a moment, and the broken ones."""
        rows = await self._tx.all(
            """
            select 'all' as kind, count(*) as total
              from (select 1 as one
                      from accounts
                     where project_id = :project_id
                     limit :most) as every_one
            union all
            select 'recent' as kind, count(*) as total
              from (select 1 as one
                      from accounts
                     where project_id = :project_id and id >= :first
                     limit :most) as recent
            union all
            select 'error' as kind, count(*) as total
              from (select 1 as one
                      from accounts
                     where project_id = :project_id and status = 'error'
                     limit :most) as refused
            union all
            select 'expired' as kind, count(*) as total
              from (select 1 as one
                      from accounts
                     where project_id = :project_id and status = 'expired'
                     limit :most) as expired
            """,
            first=AccountId.floor(recent_since),
            most=MOST_COUNTED,
        )
        totals = {row["kind"]: row["total"] for row in rows}
        broken = {each: totals[each.value] for each in _BROKEN}
        return AccountCounts(totals["all"], totals["recent"], broken)

    async def newest(self, *, size: int) -> list[NewAccount]:
        """Return the accounts that were linked last, newest first."""
        rows = await self._tx.all(
            f"""
            select {_NEW}
              from accounts
             where project_id = :project_id
             order by id desc
             limit :size
            """,  # noqa: S608 - columns of ours
            size=size,
        )
        return [convert(row, NewAccount) for row in rows]

    async def ending(self, *, size: int) -> Sequence[EndingAccount]:
        """
        Return accounts whose tokens end soon although no renewal is planned for the next day.

        Whether their method has another way to get tokens is not known here.
        """
        rows = await self._tx.all(
            """
            select accounts.id, accounts.provider, accounts.auth_method, accounts.origin_owner_id,
                   accounts.origin_owner_name, tokens.expires_at
              from account_tokens tokens
              join accounts on accounts.project_id = :project_id and accounts.id = tokens.account_id
             where tokens.project_id = :project_id
               and tokens.due_at > :kept_alive and tokens.due_at <= :soon
               and tokens.expires_at <= :soon
               and accounts.status = 'active'
             order by tokens.expires_at, accounts.id
             limit :size
            """,
            kept_alive=self._tx.now + _KEPT_ALIVE,
            soon=self._tx.now + ENDING_SOON,
            size=size,
        )
        return [convert(row, EndingAccount) for row in rows]
