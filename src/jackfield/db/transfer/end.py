"""The port of both databases of a transfer."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import LiteralString, Protocol, TypeAlias

from jackfield.db.migrate import Migration
from jackfield.db.transfer.tables import Table
from jackfield.db.tx import Connection, DatabaseUnusable, Row, Transactions, Tx
from jackfield.kit.actor import Actor
from jackfield.kit.clock import system_clock
from jackfield.kit.ids import ProjectId

# The values of a row in the order of the table's columns: the same on both databases.
Values: TypeAlias = tuple[object, ...]


class TransferRefused(DatabaseUnusable):
    """What is in the database cannot be moved; nothing was changed."""

    code = "transfer_refused"


class End(Protocol):
    """A database of a transfer, in one transaction that is rolled back unless it is committed."""

    async def applied(self) -> dict[int, str]:
        """Return the hash of each migration that was applied, by its number."""
        ...

    async def has_rows(self, table: Table) -> bool: ...

    def rows(self, table: Table) -> AsyncGenerator[Values]: ...

    async def insert(self, table: Table, rows: Sequence[Values]) -> None: ...

    async def commit(self) -> None: ...


class NewEnd(End, Protocol):
    """A database that is made with its rows."""

    async def upgrade(self) -> Transactions:
        """
        Apply the migrations of this version, and return what works on its tables.

        That is part of this transaction, and committed with it.
        """
        ...


class OneTransaction:
    """Transactions of projects that are all part of one, and end with it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def read(self, project_id: ProjectId) -> AsyncGenerator[Tx]:
        yield Tx(self._connection, project_id, system_clock())

    @asynccontextmanager
    async def write(self, project_id: ProjectId, actor: Actor, /) -> AsyncGenerator[Tx]:
        yield Tx(self._connection, project_id, system_clock(), actor)

    async def unscoped(self, sql: LiteralString, /, **values: object) -> list[Row]:
        return await self._connection.query(sql, {**values, "now": system_clock()})


def not_taken(table: Table, place: str, error: Exception) -> TransferRefused:
    """Return the refusal of a row. It is not to be chained: its cause could quote the row."""
    msg = f"{table.name}: {place} does not take a row of it ({type(error).__name__})"
    return TransferRefused(msg)


def require_version(pending: Sequence[Migration], place: str) -> None:
    """Refuse a database with migrations that are not applied yet."""
    if pending:
        msg = f"{place} is not at this version of the hub yet; run `jackfield migrate` on it first"
        raise TransferRefused(msg)


def require_hub(applied: Collection[int], place: str) -> None:
    """Refuse a database that no hub was ever in."""
    if not applied:
        msg = f"there is no hub in {place}; JACKFIELD_DATA_DIR or JACKFIELD_DATABASE_URL says where"
        raise TransferRefused(msg)


def in_use(place: str) -> TransferRefused:
    msg = (
        f"{place} is in use; stop every hub and command that works on it first, so that nothing is "
        "written which would not be moved"
    )
    return TransferRefused(msg)
