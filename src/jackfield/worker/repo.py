"""Deletion of expired rows, project by project."""

from datetime import datetime
from typing import Final, LiteralString

from jackfield.accounts.jobs.models import AccountJobId
from jackfield.db.tx import Database, Tx
from jackfield.kit.ids import EventId, Id, ProjectId, RequestId, RunId
from jackfield.logs.runs.counts.models import hour_of
from jackfield.webhooks.replays.models import ReplayId


async def claim_pruning(db: Database, *, until: datetime) -> ProjectId | None:
    """
    Lease a project's pruning until a moment, and return the project; none if none is free.

    In a table of its own: the rows of projects are locked by whatever is written.
    """
    rows = await db.unscoped(
        """
        insert into prunings (project_id, leased_until)
        select project.id, :until
          from projects project
          left join prunings pruning on pruning.project_id = project.id
         where pruning.leased_until is null or pruning.leased_until <= :now
         order by project.id
         limit 1
            on conflict (project_id) do update
           set leased_until = excluded.leased_until
         where prunings.leased_until <= :now
        returning project_id
        """,
        until=until,
    )
    return ProjectId(rows[0]["project_id"]) if rows else None


async def forget_limits(db: Database, *, ended_before: datetime) -> None:
    """
    Delete what processes no longer share of limits: a bucket that is full again is as good as none.

    Slots are timed by the database's clock, so their age is that beside the newest.
    """
    await db.unscoped(
        """
        delete from limit_slots
         where full_at < (select max(full_at) - 3600 from limit_slots)
        """
    )
    await db.unscoped(
        "delete from limit_places where leased_until < :ended_before", ended_before=ended_before
    )
    await db.unscoped(
        "delete from limit_lines where until < :ended_before", ended_before=ended_before
    )


class Retention:
    """
    Rows of the transaction's project from `before` a moment. Ids are in the order of time.

    A method deletes up to `most` rows, oldest first, and returns whether there may be more: then
    call it again, in another transaction.
    """

    def __init__(self, tx: Tx, *, before: datetime, most: int) -> None:
        self._tx = tx
        self._before = before
        self._most = most

    async def drop_run_bodies(self) -> bool:
        return await self._drop_rows("run_bodies", "run_id", RunId)

    async def drop_run_headers(self) -> bool:
        return await self._drop_rows("run_headers", "run_id", RunId)

    async def drop_runs(self) -> bool:
        return await self._drop_rows("runs", "id", RunId)

    async def drop_run_counts(self) -> bool:
        """Delete counts of hours of which no run is left."""
        rows = await self._tx.all(
            """
            delete from run_counts
             where project_id = :project_id
               and (hour, provider, source, outcome) in (
                   select hour, provider, source, outcome
                     from run_counts
                    where project_id = :project_id and hour < :ended
                    order by hour
                    limit :most)
            returning hour
            """,
            ended=hour_of(self._before),
            most=self._most,
        )
        return len(rows) == self._most

    async def drop_requests(self) -> bool:
        return await self._drop_rows("api_requests", "id", RequestId)

    async def drop_account_jobs(self) -> bool:
        """Delete jobs over accounts that ended, with what became of each account."""
        return await self._drop(
            """
            delete from account_jobs
             where project_id = :project_id
               and id in (select id
                            from account_jobs
                           where project_id = :project_id and id < :before
                             and status <> 'running'
                           order by id
                           limit :most)
            returning id
            """,
            AccountJobId,
        )

    async def drop_deliveries(self) -> bool:
        """Delete deliveries that are no longer pending."""
        return await self._drop(
            """
            delete from webhook_deliveries
             where project_id = :project_id
               and (endpoint_id, event_id) in (
                   select endpoint_id, event_id
                     from webhook_deliveries
                    where project_id = :project_id and event_id < :before and status <> 'pending'
                    order by event_id
                    limit :most)
            returning event_id
            """,
            EventId,
        )

    async def drop_attempts(self) -> bool:
        """Delete attempts of old events, those that are tried again after a replay among them."""
        return await self._drop(
            """
            delete from webhook_attempts
             where project_id = :project_id
               and (event_id, endpoint_id, id) in (
                   select event_id, endpoint_id, id
                     from webhook_attempts
                    where project_id = :project_id and event_id < :before
                    order by event_id
                    limit :most)
            returning id
            """,
            EventId,
        )

    async def drop_replays(self) -> bool:
        """Delete replays that ended."""
        return await self._drop(
            """
            delete from webhook_replays
             where project_id = :project_id
               and id in (select id
                            from webhook_replays
                           where project_id = :project_id and id < :before
                             and status <> 'running'
                           order by id
                           limit :most)
            returning id
            """,
            ReplayId,
        )

    async def drop_events(self) -> bool:
        """Delete events that have no deliveries."""
        return await self._drop(
            """
            delete from events
             where project_id = :project_id
               and id in (select event.id
                            from events event
                           where event.project_id = :project_id and event.id < :before
                             and not exists (select 1
                                               from webhook_deliveries delivery
                                              where delivery.project_id = :project_id
                                                and delivery.event_id = event.id)
                           order by event.id
                           limit :most)
            returning id
            """,
            EventId,
        )

    async def drop_connect_sessions(self) -> bool:
        """Forget sessions that ended long ago, but for those whose link is still to be decided."""
        rows = await self._tx.all(
            """
            delete from connect_sessions
             where project_id = :project_id
               and id in (select session.id
                            from connect_sessions session
                            left join pending_links link
                              on link.project_id = :project_id and link.id = session.pending_link_id
                           where session.project_id = :project_id
                             and session.expires_at < :ended
                             and (link.status is null or link.status <> 'pending')
                           order by session.id
                           limit :most)
            returning id
            """,
            ended=self._before,
            most=self._most,
        )
        return len(rows) == self._most

    async def drop_link_steps(self) -> bool:
        rows = await self._tx.all(
            """
            delete from link_steps
             where project_id = :project_id
               and (session_id, step, connector_key, detail) in (
                   select session_id, step, connector_key, detail
                     from link_steps
                    where project_id = :project_id and first_at < :ended
                    order by first_at
                    limit :most)
            returning session_id
            """,
            ended=self._before,
            most=self._most,
        )
        return len(rows) == self._most

    async def drop_portal_sessions(self) -> bool:
        """Forget portal sessions that ended long ago."""
        rows = await self._tx.all(
            """
            delete from portal_sessions
             where project_id = :project_id
               and id in (select id
                            from portal_sessions
                           where project_id = :project_id
                             and coalesce(ends_at, expires_at) < :ended
                           order by id
                           limit :most)
            returning id
            """,
            ended=self._before,
            most=self._most,
        )
        return len(rows) == self._most

    async def drop_narrowed_keys(self) -> bool:
        """Forget narrowed keys that ended long ago; those that others come from go after these."""
        rows = await self._tx.all(
            """
            select id
              from api_keys
             where project_id = :project_id and parent_id is not null and expires_at < :ended
               and not exists (select id
                                 from api_keys child
                                where child.project_id = :project_id
                                  and child.parent_id = api_keys.id)
             order by id
             limit :most
            """,
            ended=self._before,
            most=self._most,
        )
        ids = [row["id"] for row in rows]
        if not ids:
            return False
        await self._tx.run(
            "delete from api_key_calls where project_id = :project_id and key_id in (:ids)", ids=ids
        )
        await self._tx.run(
            "delete from api_key_uses where project_id = :project_id and key_id in (:ids)", ids=ids
        )
        await self._tx.run(
            "delete from api_keys where project_id = :project_id and id in (:ids)", ids=ids
        )
        return True

    async def drop_issues(self) -> bool:
        """Forget issues that were resolved long ago."""
        rows = await self._tx.all(
            """
            delete from issues
             where project_id = :project_id
               and id in (select id
                            from issues
                           where project_id = :project_id and status = 'resolved'
                             and resolved_at < :ended
                           order by id
                           limit :most)
            returning id
            """,
            ended=self._before,
            most=self._most,
        )
        return len(rows) == self._most

    async def _drop_rows(self, table: LiteralString, key: LiteralString, id_type: type[Id]) -> bool:
        return await self._drop(
            f"""
            delete from {table}
             where project_id = :project_id
               and {key} in (select {key}
                               from {table}
                              where project_id = :project_id and {key} < :before
                              order by {key}
                              limit :most)
            returning {key}
            """,  # noqa: S608 - literals
            id_type,
        )

    async def _drop(self, statement: LiteralString, id_type: type[Id]) -> bool:
        rows = await self._tx.all(statement, before=id_type.floor(self._before), most=self._most)
        # More than one row can have the same key.
        return len(rows) >= self._most


class Expired:
    """What the transaction's project has whose time is over, and that opens nothing any more."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def drop(self) -> None:
        for statement in _EXPIRED:
            await self._tx.run(statement)


_EXPIRED: Final = (
    "delete from connect_frames where project_id = :project_id and expires_at <= :now",
    "delete from portal_frames where project_id = :project_id and expires_at <= :now",
    "delete from dashboard_sessions where project_id = :project_id and expires_at <= :now",
    "delete from member_links where project_id = :project_id and expires_at <= :now",
    "delete from member_sessions where project_id = :project_id and expires_at <= :now",
    "delete from files where project_id = :project_id and expires_at <= :now",
    "delete from undelivered_writes where project_id = :project_id and expires_at <= :now",
    "delete from sign_in_links where project_id = :project_id and expires_at <= :now",
)
