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


class WriteBuffer:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: defaultdict[
            tuple[ProjectId, LiteralString | Write], list[Mapping[str, object]]
        ]
        self._waiting = defaultdict(list)
        self._count = 0
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

        The rows for one `write` share a transaction: all of them are written, or none.
        """
        if self._count >= _MOST_WAITING:
            # The database does not keep up: losing log lines is better than running out of memory.
            _log.error("rows_dropped", count=self._count)
            self._waiting.clear()
            self._count = 0
        self._waiting[project_id, write].append(row)
        self._count += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._write_later())

    async def flush(self) -> None:
        """Write all waiting rows, and wait for those that are being written."""
        async with self._writing:
            waiting, self._waiting = self._waiting, defaultdict(list)
            self._count = 0
            for (project_id, write), rows in waiting.items():
                try:
                    async with self._db.write(project_id, _ACTOR) as tx:
                        if callable(write):
                            await write(tx, rows)
                        else:
                            await tx.executemany(write, rows)
                except HubError as error:
                    _log.error("rows_not_written", count=len(rows), detail=error.detail)

    async def close(self) -> None:
        # A write in progress is not cancelled; the wait for more rows is.
        if self._task is not None and not self._writing.locked():
            self._task.cancel()
        await self.flush()

    async def _write_later(self) -> None:
        while self._waiting:
            await asyncio.sleep(_DELAY_SECONDS)
            await self.flush()
