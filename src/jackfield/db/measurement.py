"""A database that counts and times its transactions and statements."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from time import perf_counter
from typing import Final, LiteralString

from jackfield.db.tx import (
    Connection,
    Database,
    DatabaseAway,
    DatabaseBusy,
    DatabaseUnusable,
    Row,
    Tx,
)
from jackfield.kit.actor import Actor
from jackfield.kit.counters import Counters, Histogram
from jackfield.kit.ids import ProjectId

_FAILURES: Final = (DatabaseAway, DatabaseBusy, DatabaseUnusable)


class MeasuredDatabase:
    """Passes everything on to `db`."""

    def __init__(self, db: Database, counters: Counters) -> None:
        self._db = db
        self._counters = counters

    def read(self, project_id: ProjectId) -> AbstractAsyncContextManager[Tx]:
        return self._measured("read", self._db.read(project_id))

    def write(self, project_id: ProjectId, actor: Actor, /) -> AbstractAsyncContextManager[Tx]:
        return self._measured("write", self._db.write(project_id, actor))

    def listen(self, topic: str) -> AbstractAsyncContextManager[asyncio.Event]:
        return self._db.listen(topic)

    async def unscoped(self, sql: LiteralString, /, **values: object) -> list[Row]:
        with self._counted_failures(), _timed(self._counters.statements, "unscoped"):
            return await self._db.unscoped(sql, **values)

    async def check(self) -> None:
        with self._counted_failures():
            await self._db.check()

    async def migrate(self) -> list[str]:
        return await self._db.migrate()

    async def pending(self) -> list[str]:
        return await self._db.pending()

    async def close(self) -> None:
        await self._db.close()

    @asynccontextmanager
    async def _measured(
        self, kind: str, transaction: AbstractAsyncContextManager[Tx]
    ) -> AsyncGenerator[Tx]:
        counters, asked, state = self._counters, perf_counter(), "waiting"
        counters.transactions.add(kind, state)
        try:
            with self._counted_failures():
                async with transaction as tx:
                    counters.transactions.add(kind, state, by=-1)
                    state = "open"
                    counters.transactions.add(kind, state)
                    counters.transaction_waits.observe(perf_counter() - asked, kind)
                    tx.wrap(lambda inner: _MeasuredConnection(inner, kind, counters.statements))
                    yield tx
        finally:
            counters.transactions.add(kind, state, by=-1)

    @contextmanager
    def _counted_failures(self) -> Generator[None]:
        try:
            yield
        except _FAILURES as error:
            self._counters.database_errors.add(error.code)
            raise


class _MeasuredConnection:
    def __init__(self, inner: Connection, kind: str, statements: Histogram) -> None:
        self._inner = inner
        self._kind = kind
        self._statements = statements

    async def query(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        with _timed(self._statements, self._kind):
            return await self._inner.query(sql, values)

    async def look_up(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        with _timed(self._statements, self._kind):
            return await self._inner.look_up(sql, values)

    async def executemany(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        with _timed(self._statements, self._kind):
            await self._inner.executemany(sql, rows)


@contextmanager
def _timed(statements: Histogram, kind: str) -> Generator[None]:
    began = perf_counter()
    try:
        yield
    finally:
        statements.observe(perf_counter() - began, kind)
