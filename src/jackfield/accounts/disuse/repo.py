"""Repository of unused accounts, and of the days that disuse is counted in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from jackfield.accounts.disuse.models import HubDay, UnusedNotice
from jackfield.db.tx import Database, Tx
from jackfield.kit.ids import RunId
from jackfield.kit.json import convert
from jackfield.projects.settings import LONGEST_UNUSED_DAYS

_DAY: Final = timedelta(days=1)
# Longer than anything is counted, also of a hub that does not always run.
_KEPT: Final = timedelta(days=4 * LONGEST_UNUSED_DAYS)
# Clocks of machines differ.
_MARGIN: Final = timedelta(hours=1)
# More are not counted.
MOST_COUNTED: Final = 10_000


async def count_day(db: Database, now: datetime) -> None:
    """
    Count a day on which the hub ran, once a day.

    A clock that is set forward counts one day, however far; days of a time to come are forgotten
    once it is set back.
    """
    rows = await db.unscoped("select day, began_at from hub_days order by began_at desc limit 1")
    known = None if not rows else convert(rows[0], HubDay).began_at
    if known is not None and now - _DAY < known <= now + _MARGIN:
        return
    await db.unscoped("delete from hub_days where began_at > :latest", latest=now + _MARGIN)
    # By its number, so that of two processes one counts it.
    await db.unscoped(
        "insert into hub_days (day, began_at) values (:day, :now) on conflict do nothing",
        day=int(now.timestamp() / _DAY.total_seconds()),
    )
    await db.unscoped("delete from hub_days where began_at < :oldest", oldest=now - _KEPT)


async def days_ago(db: Database, days: int) -> datetime | None:
    """Return the moment since which the hub ran on so many days; `None` if it did not yet."""
    rows = await db.unscoped(
        """
        select day, began_at
          from hub_days
         where began_at <= :now
         order by began_at desc
         limit 1 offset :days
        """,
        days=days,
    )
    return convert(rows[0], HubDay).began_at if rows else None


class UnusedAccounts:
    """The unused accounts of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def unnoticed(self, since: datetime, *, most: int) -> list[str]:
        """Return active accounts that nobody used or changed since a moment, and was told of."""
        rows = await self._tx.all(
            """
            select accounts.id
              from account_uses uses
              join accounts on accounts.project_id = :project_id and accounts.id = uses.account_id
             where uses.project_id = :project_id and uses.last_run_id < :first
               and accounts.status = 'active' and accounts.updated_at < :since
               and not exists (select 1
                                 from unused_accounts told
                                where told.account_id = accounts.id)
               and not exists (select 1 from decoys where decoys.account_id = accounts.id)
             order by uses.last_run_id, uses.account_id
             limit :most
            """,
            first=RunId.floor(since),
            since=since,
            most=most,
        )
        return [row["id"] for row in rows]

    async def noticed(self, since: datetime, *, before: datetime, most: int) -> list[str]:
        """Return unused accounts that were told of before a moment."""
        rows = await self._tx.all(
            """
            select accounts.id
              from unused_accounts told
              join account_uses uses on uses.account_id = told.account_id
              join accounts on accounts.id = told.account_id
             where told.project_id = :project_id and told.noticed_at < :before
               and accounts.project_id = :project_id and uses.project_id = :project_id
               and uses.last_run_id < :first
               and accounts.status = 'active' and accounts.updated_at < :since
             order by told.noticed_at, told.account_id
             limit :most
            """,
            before=before,
            first=RunId.floor(since),
            since=since,
            most=most,
        )
        return [row["id"] for row in rows]

    async def note(self, account_ids: Sequence[str]) -> None:
        await self._tx.executemany(
            """
            insert into unused_accounts (account_id, project_id, noticed_at)
            values (:account_id, :project_id, :now)
            """,
            [{"account_id": each} for each in account_ids],
        )

    async def forget(self, since: datetime) -> None:
        """Forget accounts that were used or changed since a moment, or are suspended by now."""
        await self._tx.run(
            """
            delete from unused_accounts
             where project_id = :project_id
               and exists (select 1
                             from accounts
                             join account_uses uses on uses.account_id = accounts.id
                            where accounts.id = unused_accounts.account_id
                              and accounts.project_id = :project_id
                              and (accounts.status <> 'active'
                                   or accounts.updated_at > unused_accounts.noticed_at
                                   or uses.last_run_id >= :first))
            """,
            first=RunId.floor(since),
        )

    async def forget_all(self) -> None:
        await self._tx.run("delete from unused_accounts where project_id = :project_id")

    async def find(self, account_id: str) -> UnusedNotice | None:
        """Return what was told of an account, if it is unused."""
        row = await self._tx.one(
            """
            select account_id, noticed_at
              from unused_accounts
             where project_id = :project_id and account_id = :account_id
            """,
            account_id=account_id,
        )
        return None if row is None else convert(row, UnusedNotice)

    async def count(self) -> int:
        """Count the accounts that will be suspended, up to a bound."""
        row = await self._tx.one(
            """
            select count(*) as total
              from (select 1 as one
                      from unused_accounts
                     where project_id = :project_id
                     limit :most) as told
            """,
            most=MOST_COUNTED,
        )
        return 0 if row is None else row["total"]

    async def just_suspended(self, since: datetime) -> list[str]:
        """Return accounts that were suspended for being unused since a moment."""
        rows = await self._tx.all(
            """
            select id
              from accounts
             where project_id = :project_id and status = 'suspended' and reason = 'unused'
               and updated_at >= :since
             order by id
            """,
            since=since,
        )
        return [row["id"] for row in rows]
