"""Transactions: short, and each bound to one project."""

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, LiteralString, Protocol, TypeAlias

from jackfield.kit.actor import Actor
from jackfield.kit.errors import Conflict, HubError, InvalidRequest
from jackfield.kit.ids import ProjectId

Row: TypeAlias = Mapping[str, Any]


class DatabaseUnusable(HubError):
    """The database cannot be used in its present state."""

    code = "database_unusable"


class DatabaseUnreachable(DatabaseUnusable):
    """The database server does not take connections at present."""


class DatabaseNotWritable(DatabaseUnusable):
    """The database cannot be written: its disk is full, failing or read-only. Retry later."""

    code = "database_not_writable"
    status = 503
    retryable = True
    retry_after = 10


class DatabaseMoved(DatabaseUnusable):
    """The database was moved to another; the hub is started again there. Retry later."""

    code = "database_moved"
    status = 503
    retryable = True
    retry_after = 5


class DatabaseMoving(HubError):
    """The database is being moved to another; nothing was done. Retry in a moment."""

    code = "database_moving"
    status = 503
    retryable = True
    retry_after = 2


class DatabaseBusy(HubError):
    """The database is locked by another process. Retry later."""

    code = "database_busy"
    status = 503
    retryable = True
    retry_after = 1


class DatabaseAway(HubError):
    """The database does not answer; what was asked can be tried again in a moment."""

    code = "database_away"
    status = 503
    retryable = True
    retry_after = 2


class DeletedMeanwhile(Conflict):
    """What this belongs to was deleted meanwhile; nothing was done."""

    code = "deleted_meanwhile"


class InvalidText(InvalidRequest):
    """A text contains the character U+0000, which cannot be stored or looked up."""

    code = "invalid_text"


class Connection(Protocol):
    async def query(self, sql: str, values: Mapping[str, object]) -> list[Row]: ...

    async def look_up(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        """Ask for a row that an index leads to, or a few."""
        ...

    async def executemany(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None: ...


class Tx:
    """A transaction of one project and one actor.

    Every statement gets `:project_id` and `:now`, and statements are literals: text that is built
    from values does not type-check. Repositories take a `Tx` and nothing else, so that every query
    has a project. A value that is a list or tuple is what a column may be in: `id in (:ids)`.
    """

    def __init__(
        self,
        connection: Connection,
        project_id: ProjectId,
        now: datetime,
        actor: Actor | None = None,
    ) -> None:
        self._connection = connection
        self._actor = actor
        self.project_id = project_id
        self.now = now
        self.touched = False
        # Whether the audit log has a record of what is done; the tests require it.
        self.is_recorded = False
        self.signals: set[str] = set()
        self._places = itertools.count()

    @property
    def actor(self) -> Actor:
        """The actor of the changes; a read transaction has none."""
        assert self._actor is not None, "a read transaction changes nothing"
        return self._actor

    async def all(self, sql: LiteralString, /, **values: object) -> list[Row]:
        return await self._connection.query(sql, self._with_scope(values))

    async def one(self, sql: LiteralString, /, **values: object) -> Row | None:
        rows = await self._connection.look_up(sql, self._with_scope(values))
        return rows[0] if rows else None

    async def run(self, sql: LiteralString, /, **values: object) -> None:
        await self.all(sql, **values)

    async def executemany(self, sql: LiteralString, rows: Sequence[Mapping[str, object]]) -> None:
        """Run one `insert … values (…)` for each of `rows`, in one trip."""
        known = {"project_id": self.project_id, "now": self.now}
        await self._connection.executemany(sql, [{**row, **known} for row in rows])

    def wrap(self, wrapper: Callable[[Connection], Connection]) -> None:
        """Ask through what `wrapper` makes of the connection from now on."""
        self._connection = wrapper(self._connection)

    def beside(self, project_id: ProjectId) -> "Tx":
        """
        Return this transaction as one of another project, for rows that go from one to the other.

        It does not wait for the other's turn: what else writes the same rows must not rely on one.
        """
        return Tx(self._connection, project_id, self.now, self._actor)

    def next_place(self) -> int:
        """Return the place of what is written next, for what keeps its order in a transaction."""
        return next(self._places)

    def signal(self, topic: LiteralString) -> None:
        """Send a signal on `topic` (see `Database.listen`) when this commits."""
        self.signals.add(topic)

    def _with_scope(self, values: dict[str, object]) -> dict[str, object]:
        return {**values, "project_id": self.project_id, "now": self.now}

    async def touch(self) -> None:
        """Invalidate the caches of the project when this commits."""
        self.touched = True
        await self.run("update projects set version = version + 1 where id = :project_id")


class Transactions(Protocol):
    """Where transactions are opened: a database, or one transaction of it that has them all."""

    def read(self, project_id: ProjectId) -> AbstractAsyncContextManager[Tx]:
        """Open a read transaction."""
        ...

    def write(self, project_id: ProjectId, actor: Actor, /) -> AbstractAsyncContextManager[Tx]:
        """Open a write transaction of `actor`.

        It is committed, and on disk, when the block ends; an error rolls it back.
        """
        ...

    async def unscoped(self, sql: LiteralString, /, **values: object) -> list[Row]:
        """Run a statement without a project.

        For authentication, for the tables of the installation, and for the worker.
        """
        ...


class Database(Transactions, Protocol):
    """The port of both database drivers."""

    def listen(self, topic: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """Open an event that is set when a transaction that signals `topic` has committed.

        On PostgreSQL in any process; on SQLite in this process only.
        """
        ...

    async def check(self) -> None:
        """
        Make sure that the database answers and, if a write failed before, takes writes again.

        Raises:
            HubError: it does not.
        """
        ...

    async def migrate(self) -> list[str]:
        """Bring the schema to this version and return the names of the migrations applied.

        Raises:
            DatabaseUnusable: an applied migration was changed since, or the database was used by
                a newer version of the hub.
        """
        ...

    async def pending(self) -> list[str]:
        """Return the names of the migrations that are not applied yet.

        Raises:
            DatabaseUnusable: as `migrate`.
        """
        ...

    async def close(self) -> None: ...
