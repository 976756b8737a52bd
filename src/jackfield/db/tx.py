"""Transactions: short, and each bound to one project."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, LiteralString, Protocol, TypeAlias

from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError, InvalidRequest
from jackfield.kit.ids import ProjectId

Row: TypeAlias = Mapping[str, Any]


class DatabaseUnusable(HubError):
    """The database cannot be used as it is."""

    code = "database_unusable"


class DatabaseBusy(HubError):
    """The database is held by another process."""

    code = "database_busy"
    status = 503
    retryable = True


class InvalidText(InvalidRequest):
    """A text holds the character U+0000, which cannot be stored or looked up."""

    code = "invalid_text"


class Connection(Protocol):
    async def query(self, sql: str, values: Mapping[str, object]) -> list[Row]: ...

    async def executemany(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None: ...


class Tx:
    """A transaction that can only see one project, and knows who makes it.

    Every statement is given `:project_id` and `:now`, and statements are literals: text that was
    put together from values does not type-check. Repositories take a `Tx` and nothing else, so
    there is no way to ask for a row without saying whose. A value that is a list or tuple fills a
    parenthesis: `id in (:ids)`.
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
        self.signals: set[str] = set()

    @property
    def actor(self) -> Actor:
        """The one who makes the changes; a transaction for looking makes none, and has none."""
        assert self._actor is not None, "a transaction for looking changes nothing"
        return self._actor

    async def all(self, sql: LiteralString, /, **values: object) -> list[Row]:
        values["project_id"] = self.project_id
        values["now"] = self.now
        return await self._connection.query(sql, values)

    async def one(self, sql: LiteralString, /, **values: object) -> Row | None:
        rows = await self.all(sql, **values)
        return rows[0] if rows else None

    async def run(self, sql: LiteralString, /, **values: object) -> None:
        await self.all(sql, **values)

    async def executemany(self, sql: LiteralString, rows: Sequence[Mapping[str, object]]) -> None:
        """Run one `insert … values (…)` for each of `rows`, in one trip."""
        known = {"project_id": self.project_id, "now": self.now}
        await self._connection.executemany(sql, [{**row, **known} for row in rows])

    def signal(self, topic: LiteralString) -> None:
        """Wake what waits for `topic` (see `Database.listen`) once this commits."""
        self.signals.add(topic)

    async def touch(self) -> None:
        """Say that what caches hold of this project is out of date once this commits."""
        self.touched = True
        await self.run("update projects set version = version + 1 where id = :project_id")


class Database(Protocol):
    """The port both drivers stand behind."""

    def read(self, project_id: ProjectId) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction for looking."""
        ...

    def write(self, project_id: ProjectId, actor: Actor, /) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction in which `actor` changes something.

        Commits at the end of the block, or not at all; when the block is left, it is on disk.
        """
        ...

    def listen(self, topic: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """Open an event that is set when a transaction that signals `topic` has committed.

        On PostgreSQL also those of other processes; on SQLite those of this process alone.
        """
        ...

    async def unscoped(self, sql: LiteralString, /, **values: object) -> list[Row]:
        """Ask across all projects, or of none.

        For the few who must: finding out who is asking, what belongs to the installation, and
        the worker.
        """
        ...

    async def migrate(self) -> list[str]:
        """Bring the schema to this version and return the names of the migrations applied.

        Raises:
            DatabaseUnusable: an applied migration was changed since, or a newer version of the
                hub has already been here.
        """
        ...

    async def pending(self) -> list[str]:
        """Return the names of the migrations that are still to be applied.

        Raises:
            DatabaseUnusable: as `migrate`.
        """
        ...

    async def close(self) -> None: ...
