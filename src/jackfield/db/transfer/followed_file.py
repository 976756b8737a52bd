"""
A SQLite file that is copied while a hub writes to it.

Triggers note the key of each row that is changed, in the transaction that changes it, whichever
process and version makes it. What is to be done about a key is read from the row itself: so keys
may be noted twice, applied twice, and read later than they were noted.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

from jackfield.db import copy_state, sqlite_schema
from jackfield.db.copy_state import CopyState, Phase
from jackfield.db.sqlite import bind
from jackfield.db.sqlite_turns import BUSY_TIMEOUT_MS, Turns
from jackfield.db.transfer.end import TransferRefused, Values, not_taken
from jackfield.db.transfer.sqlite_end import connect
from jackfield.db.transfer.tables import Table, tables

_BATCH_ROWS: Final = 1000
_BATCH_BYTES: Final = 4 << 20
# Of a copy that nobody goes on with: some 500 MB. What is not noted any more is noticed.
MOST_CHANGES: Final = 5_000_000
_VERBS: Final = ("insert", "update", "delete")
_STATE: Final = (
    "create table online_copy (id text not null, phase text not null, target text not null)"
)
# Without types: keys are kept as the rows have them.
_CHANGES: Final = (
    "create table online_copy_changes (number integer primary key, name text not null, {})"
)
# Of the numbers of the notes: both ends are looked up.
_SPAN: Final = (
    "coalesce((select max(number) from online_copy_changes), 0)"
    " - coalesce((select min(number) from online_copy_changes), 0)"
)

Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Keys of rows that were changed, by table; `last` is the number of the last note of them."""

    count: int
    last: int
    keys: dict[str, list[Key]]


class FollowedFile:
    def __init__(self, file: Path) -> None:
        """
        Open a file that is there.

        Raises:
            TransferRefused: it is not.
        """
        self.file = file
        self._connection = connect(file)
        self._connection.execute("pragma synchronous = full")
        self._connection.execute(f"pragma busy_timeout = {BUSY_TIMEOUT_MS}")
        self._turns = Turns(file)

    def close(self) -> None:
        self._connection.close()
        self._turns.close()

    @property
    def state(self) -> CopyState | None:
        return copy_state.find(self._connection)

    def begin(self, copy: CopyState) -> None:
        """Note changes from now on."""
        with self.alone() as commit:
            self._connection.execute(_STATE)
            self._connection.execute(
                _CHANGES.format(_listed(max(len(table.key) for table in tables())))
            )
            for statement in _notes():
                self._connection.execute(statement)
            self._connection.execute(
                "insert into online_copy values (?, ?, ?)", (copy.id, copy.phase, copy.target)
            )
            commit()

    def enter(self, phase: Phase, target: str | None = None) -> None:
        with self.alone() as commit:
            self._connection.execute(
                "update online_copy set phase = ?, target = coalesce(?, target) where phase <> ?",
                [phase, target, Phase.MOVED],
            )
            commit()

    def fence(self) -> None:
        """Refuse every write from now on; in the caller's transaction."""
        self._drop_notes()
        for statement in _refusals():
            self._connection.execute(statement)
        self._connection.execute("update online_copy set phase = ?", [Phase.MOVED])

    def leave(self) -> None:
        """Remove what the copy has made here."""
        with self.alone() as commit:
            self._drop_notes()
            self._connection.execute("drop table if exists online_copy")
            commit()

    @property
    def applied(self) -> dict[int, str]:
        return sqlite_schema.applied(self._connection)

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Read what is committed at one moment."""
        self._connection.execute("begin")
        try:
            self._connection.execute("select 1 from sqlite_master limit 1").fetchall()
            yield
        finally:
            self._connection.execute("rollback")

    @contextmanager
    def alone(self) -> Generator[Callable[[], None]]:
        """Be the one that writes; yield what commits."""
        self._turns.begin(self._connection)
        try:
            yield lambda: self._connection.execute("commit") and None
        finally:
            if self._connection.in_transaction:
                self._connection.execute("rollback")

    def rows(self, table: Table) -> Iterator[Values]:
        yield from self._read(table, f"select {table.listed} from {table.name}")  # noqa: S608

    def batch(self, table: Table, after: Key | None) -> tuple[list[Values], Key | None]:
        """
        Return some rows whose keys come after one, and the last key; no key if these are all.

        Rows that come later are noted: to look for them again might never end.
        """
        names = ", ".join(name for name, _ in table.key)
        marks = ", ".join("?" * len(table.key))
        begins = "" if after is None else f"where ({names}) > ({marks})"
        statement = (
            f"select {table.listed} from {table.name} {begins} order by {names} limit {_BATCH_ROWS}"  # noqa: S608
        )
        found, size = list[Values](), 0
        for row in self._read(table, statement, after or ()):
            found.append(row)
            size += sum(len(value) for value in row if isinstance(value, str | bytes))
            if size >= _BATCH_BYTES:
                return found, self._key(table, row)
        return found, self._key(table, found[-1]) if len(found) == _BATCH_ROWS else None

    def count(self, table: Table) -> int:
        (row,) = self._connection.execute(f"select count(*) from {table.name}")  # noqa: S608
        return row[0]

    def changes(self, most: int | None = None) -> Changes:
        """Return what was noted first, or all of it; in the caller's transaction."""
        self._require_all_noted()
        limit = -1 if most is None else most
        noted = "select number, name from online_copy_changes order by number limit ?"
        count, last, names = 0, 0, set[str]()
        for row in self._connection.execute(noted, [limit]):
            count, last = count + 1, row["number"]
            names.add(row["name"])
        keys = {table.name: self._keys(table, last) for table in tables() if table.name in names}
        return Changes(count, last, keys)

    def forget(self, changes: Changes) -> None:
        """Drop the notes of what was applied."""
        if changes.count:
            with self.alone() as commit:
                self._require_all_noted()
                # house: tenant_scope - those of every project
                self._connection.execute(
                    "delete from online_copy_changes where number <= ?", [changes.last]
                )
                commit()

    def current(self, table: Table, keys: Sequence[Key]) -> Iterator[Values]:
        """Yield the rows that there are of those keys."""
        is_key = " and ".join(f"{name} = ?" for name, _ in table.key)
        statement = f"select {table.listed} from {table.name} where {is_key}"  # noqa: S608
        for key in keys:
            yield from self._read(table, statement, key)

    def _drop_notes(self) -> None:
        made = "select name from sqlite_master where type = 'trigger' and name glob 'online_copy_*'"
        for row in self._connection.execute(made).fetchall():
            self._connection.execute(f"drop trigger {row['name']}")
        self._connection.execute("drop table if exists online_copy_changes")

    def _read(
        self, table: Table, statement: str, values: Sequence[object] = ()
    ) -> Iterator[Values]:
        try:
            for row in self._connection.execute(statement, values):
                yield tuple(row)
        except ValueError as error:
            raise not_taken(table, "SQLite", error) from None

    def _keys(self, table: Table, last: int) -> list[Key]:
        columns = _listed(len(table.key))
        found = self._connection.execute(
            f"select distinct {columns} from online_copy_changes where name = ? and number <= ?",  # noqa: S608
            [table.name, last],
        )
        return [tuple(row) for row in found]

    def _key(self, table: Table, row: Values) -> Key:
        return tuple(bind(row[table.columns.index(name)]) for name, _ in table.key)

    def _require_all_noted(self) -> None:
        (row,) = self._connection.execute(f"select {_SPAN}")
        if row[0] >= MOST_CHANGES:
            msg = (
                "more was changed since the copy began than is noted; give it up with --abandon, "
                "and begin anew"
            )
            raise TransferRefused(msg)


def typed(table: Table, key: Key) -> Key:
    """Return a key's values as they are in a row."""
    return tuple(
        datetime.fromisoformat(value) if kind == "timestamptz" else value
        for (_, kind), value in zip(table.key, key, strict=True)
    )


def _listed(count: int) -> str:
    return ", ".join(f"key_{n}" for n in range(count))


def _notes() -> Iterator[str]:
    """Yield the triggers that note what is changed."""
    for table in tables():
        columns = _listed(len(table.key))
        into = f"insert into online_copy_changes (name, {columns})"
        old, new = (", ".join(f"{row}.{name}" for name, _ in table.key) for row in ("old", "new"))
        differs = " or ".join(f"old.{name} is not new.{name}" for name, _ in table.key)
        noted = {
            "insert": f"{into} values ('{table.name}', {new});",
            "update": f"{into} values ('{table.name}', {new});"
            f" {into} select '{table.name}', {old} where {differs};",
            "delete": f"{into} values ('{table.name}', {old});",
        }
        for verb in _VERBS:
            yield (
                f"create trigger online_copy_{verb}_{table.name} after {verb} on {table.name}"
                f" when {_SPAN} < {MOST_CHANGES} begin {noted[verb]} end"
            )


def _refusals() -> Iterator[str]:
    for table in tables():
        for verb in _VERBS:
            yield (
                f"create trigger online_copy_no_{verb}_{table.name} before {verb} on {table.name}"
                f" begin select raise(abort, '{copy_state.FENCE}'); end"
            )
