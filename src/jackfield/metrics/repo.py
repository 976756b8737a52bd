"""Repository of the work that waits in the database, of all projects."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jackfield.db.tx import Database
from jackfield.kit.json import convert

# Counting more takes longer than knowing it is worth.
MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits to be done now: how much, `MOST` at most, and since when."""

    name: str
    depth: int
    oldest: datetime | None


async def queues(db: Database) -> list[Queue]:
    rows = await db.unscoped(
        """
        select 'deliveries' as name, count(*) as depth, min(since) as oldest
          from (select due_at as since
                  from webhook_deliveries
                 where status = 'pending' and due_at <= :now
                 order by due_at
                 limit :most) as waiting
        union all
        select 'token_renewals', count(*), min(since)
          from (select due_at as since
                  from account_tokens
                 where due_at is not null and due_at <= :now
                 order by due_at
                 limit :most) as waiting
        union all
        select 'account_checks', count(*), min(since)
          from (select due_at as since
                  from account_checks
                 where due_at is not null and due_at <= :now
                 order by due_at
                 limit :most) as waiting
        union all
        select 'revocations', count(*), min(since)
          from (select begun_at as since
                  from revocations
                 where leased_until <= :now
                 limit :most) as waiting
        union all
        select 'sign_ins', count(*), min(since)
          from (select created_at as since
                  from sign_ins
                 where stage <> 'ended' and expires_at > :now
                 limit :most) as waiting
        """,
        most=MOST,
    )
    return [convert(row, Queue) for row in rows]
