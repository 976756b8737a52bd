"""
Write-behind buffer for log rows.

One commit for a few hundred rows instead of one each. Rows that wait when the process is killed are
lost, so it is only for rows that may be.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, LiteralString, TypeAlias

import structlog

from jackfield.db.tx import Database, Tx
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId

_ACTOR: Final = Actor.worker("log")
_DELAY_SECONDS: Final = 0.1
_MOST_WAITING: Final = 50_000

_log = structlog.get_logger()

Rows: TypeAlias = Sequence[Mapping[str, object]]
# A function that writes rows in a transaction.
Write: TypeAlias = Callable[[Tx, Rows], Awaitable[None]]
_Part: TypeAlias = tuple[LiteralString | Write, list[Mapping[str, object]]]


class WriteBuffer:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: defaultdict[
            tuple[ProjectId, LiteralString | Write], list[Mapping[str, object]]
        ]
        self._waiting = defaultdict(list)
        self._count = 0
        # How often waiting rows were taken; until that changes, a row can be changed.
        self.flushes = 0
        # What else is written in the transaction of a project's rows, if there is something.
        self.also: Callable[[Tx], Awaitable[None]] | None = None
        self._task: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """The number of rows that wait."""
        return self._count

    def append(
        self, project_id: ProjectId, write: LiteralString | Write, row: Mapping[str, object]
    ) -> None:
        """
        Have `row` written soon, by a statement or a function; does not wait.

        Rows of one project that wait together share a transaction: all are written, or none.
        """
        if self._count >= _MOST_WAITING:
            # The database does not keep up: losing log lines is better than running out of memory.
            _log.error("rows_dropped", count=self._count)
            self._waiting.clear()
            self._count = 0
            self.flushes += 1
        self._waiting[project_id, write].append(row)
        self._count += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._write_later())

    async def flush(self) -> None:
        """Write all waiting rows, and wait for those that are being written."""
        async with self._writing:
            waiting, self._waiting = self._waiting, defaultdict(list)
            self._count = 0
            self.flushes += 1
            of_project: defaultdict[ProjectId, list[_Part]] = defaultdict(list)
            for (project_id, write), rows in waiting.items():
                of_project[project_id].append((write, rows))
            for project_id, parts in of_project.items():
                await self._write(project_id, parts)

    async def _write(self, project_id: ProjectId, parts: list[_Part]) -> None:
        """Write the rows of one project, all of them or none: some tell of others."""
        try:
            async with self._db.write(project_id, _ACTOR) as tx:
                for write, rows in parts:
                    if callable(write):
                        await write(tx, rows)
                    else:
                        await tx.executemany(write, rows)
                if self.also is not None:
                    await self.also(tx)
        except HubError as error:
            count = sum(len(rows) for _, rows in parts)
            _log.error("rows_not_written", count=count, detail=error.detail)

    async def close(self) -> None:
        # A write in progress is not cancelled; the wait for more rows is.
        if self._task is not None and not self._writing.locked():
            self._task.cancel()
        await self.flush()

    async def _write_later(self) -> None:
        while self._waiting:
            await asyncio.sleep(_DELAY_SECONDS)
            await self.flush()
