"""Repository of the checks of accounts that are due."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jackfield.accounts.models import Account
from jackfield.db.lease import Leases
from jackfield.db.tx import Database, Tx
from jackfield.kit.ids import AccountId, ProjectId
from jackfield.kit.json import convert

_LEASES: Final = Leases("account_checks", "leased_until", key=("account_id",))
_LOOKED_AT: Final = 1000


@dataclass(frozen=True, slots=True)
class DueCheck:
    """The check of an account that one process has the lease of."""

    account_id: AccountId
    project_id: ProjectId
    leased_until: datetime


class AccountChecks:
    """The checks of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def schedule(self, account: Account, due_at: datetime | None) -> None:
        """Set when an account is checked next; `None` means that it is not."""
        await self._tx.run(
            """
            insert into account_checks (account_id, project_id, provider, due_at)
            values (:account_id, :project_id, :provider, :due_at)
                on conflict (account_id) do update
               set due_at = excluded.due_at, leased_until = null
            """,
            account_id=account.id,
            provider=account.provider,
            due_at=due_at,
        )

    async def postpone(self, due: DueCheck, due_at: datetime | None) -> None:
        """Set when a leased check is made next, unless that has been set since."""
        await self._tx.run(
            """
            update account_checks
               set due_at = :due_at, leased_until = null
             where project_id = :project_id and account_id = :account_id
               and leased_until = :leased_until
            """,
            account_id=due.account_id,
            leased_until=due.leased_until,
            due_at=due_at,
        )


async def claim_checks(
    db: Database, *, until: datetime, each_provider: int, each_project: int
) -> list[DueCheck]:
    """
    Claim checks that are due, at most so many of each provider and of each project.

    Of more than that, those that are due the longest.
    """
    rows = await _LEASES.claim(
        db,
        f"""
        oldest as (
            select waiting.account_id, waiting.project_id, waiting.provider, waiting.due_at
              from account_checks waiting
             where waiting.due_at <= :now and {_LEASES.free("waiting")}
             order by waiting.due_at
             limit :looked_at
        ),
        ranked as (
            select account_id,
                   row_number() over (partition by provider order by due_at, account_id) as nth,
                   row_number() over (partition by project_id order by due_at, account_id)
                   as nth_of_project
              from oldest
        ),
        due as (
            select waiting.account_id
              from account_checks waiting
              join ranked on ranked.account_id = waiting.account_id
             where ranked.nth <= :each_provider and ranked.nth_of_project <= :each_project
               and {_LEASES.free("waiting")}
               for update of waiting skip locked
        )
        """,  # noqa: S608 - literals
        until=until,
        looked_at=_LOOKED_AT,
        returning="account_id, project_id, leased_until",
        each_provider=each_provider,
        each_project=each_project,
    )
    return [convert(row, DueCheck) for row in rows]
