"""
The copy of a hub from SQLite to PostgreSQL while it goes on, and its cut-over.

Rows are copied in any order; what is changed meanwhile is noted in the file, and brought after.
Then each table is read on both sides and compared, as of one moment. The cut-over is one commit
in the file, after which nothing is written there: before it, the hub is on SQLite, whatever
happens; from it on it is on PostgreSQL. A copy that was ended anywhere goes on where it was.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, TypeAlias, cast
from urllib.parse import urlsplit

from jackfield.db import copy_state
from jackfield.db.copy_state import CUT_OVER_SECONDS, CopyState, Phase, Places
from jackfield.db.sqlite_errors import translated_errors
from jackfield.db.transfer import copied_database
from jackfield.db.transfer.copied_database import CopiedDatabase
from jackfield.db.transfer.end import TransferRefused, Values
from jackfield.db.transfer.followed_file import Changes, FollowedFile, Key
from jackfield.db.transfer.sums import RunningSum, TableSum, difference, table_sum
from jackfield.db.transfer.tables import Table, tables
from jackfield.kit.errors import Fault

# Of a round that brings after what was changed; after one that was short, the next one is.
_MOST_AT_ONCE: Final = 20_000
_FEW: Final = 200
_SHORT_SECONDS: Final = 0.5
_MOST_ROUNDS: Final = 1000
_ROWS_AT_ONCE: Final = 1000
_CUT_OVERS: Final = 5
NOTICE_SECONDS: Final = 1.0
_QUIET_SECONDS: Final = 12.0
_HOLD_SECONDS: Final = 8.0
_POLL_SECONDS: Final = 0.05

Tell: TypeAlias = Callable[[str], None]


def key_proofs(file: Path) -> Mapping[str, bytes]:
    """Return what proves each key that credentials in a file are sealed with, by its id."""
    with translated_errors(), closing(FollowedFile(file)) as source:
        rows = source.rows(Table("vault_keys", ("id", "proof")))
        return cast("Mapping[str, bytes]", {row[0]: row[1] for row in rows})


async def copy(file: Path, url: str, *, cuts_over: bool, tell: Tell) -> list[TableSum]:
    """
    Copy the hub in `file` to an empty database, and have it go on there; return the tables' sums.

    Without `cuts_over` the hub goes on in the file, and the copy can be gone on with. `tell` is
    told of each step before it is done.

    Raises:
        TransferRefused: it cannot be done; nothing is lost, and the hub is where it was.
    """
    with (
        translated_errors(),
        closing(FollowedFile(file)) as source,
        copy_state.all_places(file) as places,
    ):
        async with copied_database.opened(url) as target:
            work = _Copy(source, target, places, tell)
            return await work.run(_shown(url), cuts_over=cuts_over)


async def abandon(file: Path, url: str) -> None:
    """
    Remove what a copy has made on both sides.

    Raises:
        TransferRefused: the hub has moved, or there is no copy.
    """
    with translated_errors(), closing(FollowedFile(file)) as source:
        state = source.state
        if state is not None and state.has_moved:
            msg = (
                f"the hub has moved to {state.target}, and what it did since is only there; the way "
                "back is --from postgresql --to sqlite:///FILE, with the hub stopped"
            )
            raise TransferRefused(msg)
        async with copied_database.opened(url) as target:
            begun = await target.copy_id()
            if begun is not None:
                await target.empty()
                await target.check()
        if state is not None:
            source.leave()
            copy_state.places(file).unlink(missing_ok=True)
        elif begun is None:
            msg = "there is no copy to give up"
            raise TransferRefused(msg)


@dataclass(frozen=True, slots=True)
class _Copied:
    """How far a table was copied: up to a key, of which each value is a text with its type."""

    after: tuple[str, ...] = ()
    rows: int = 0
    is_done: bool = False

    @classmethod
    def until(cls, key: Key | None, *, rows: int) -> Self:
        if key is None:
            return cls(rows=rows, is_done=True)
        return cls(tuple(_packed(value) for value in key), rows)

    @property
    def key(self) -> Key | None:
        return tuple(_unpacked(value) for value in self.after) or None


class _Copy:
    def __init__(
        self, source: FollowedFile, target: CopiedDatabase, places: Places, tell: Tell
    ) -> None:
        self._source = source
        self._target = target
        self._places = places
        self._tell = tell
        self._version = source.applied
        # Of each table in the target, once it was compared.
        self._sums: dict[str, RunningSum] | None = None

    async def run(self, shown: str, *, cuts_over: bool) -> list[TableSum]:
        state = await self._begun(shown)
        if not state.has_moved:
            await self._copy_tables()
            await self._follow()
            await self._compare()
            if not cuts_over:
                await self._follow()
                return self._results
            await self._cut_over()
        return await self._finish()

    async def _begun(self, shown: str) -> CopyState:
        """Begin, or find what was begun."""
        state, begun = self._source.state, await self._target.copy_id()
        if state is not None and state.has_moved:
            if begun not in (None, state.id) or shown != state.target:
                raise state.moved
            return state
        if begun is not None and (state is None or state.id != begun):
            raise _of_another()
        if self._version != await self._target.applied():
            msg = (
                "the databases are not at the same version of the hub; run `jackfield migrate` on "
                "both with this version"
            )
            raise TransferRefused(msg)
        if state is None:
            state = CopyState(secrets.token_hex(8), Phase.COPYING, shown)
            self._tell("begin to note what is changed")
            self._source.begin(state)
        else:
            # The one before may have ended in its cut-over.
            self._source.enter(Phase.COPYING, shown)
        if begun is None:
            self._tell("begin in the empty database")
            await self._target.begin(state.id)
        return state

    async def _copy_tables(self) -> None:
        for table in tables():
            place = f"table {table.name}"
            copied = await self._target.kept(place, _Copied) or _Copied()
            while not copied.is_done:
                rows, last = self._source.batch(table, copied.key)
                self._tell(f"copy {table.name}: {copied.rows} rows")
                copied = _Copied.until(last, rows=copied.rows + len(rows))
                async with self._target.transaction():
                    if rows:
                        await self._target.add(table, rows)
                    await self._target.keep(place, copied)
        if not await self._target.kept("analyzed", bool):
            self._tell("analyze")
            await self._target.analyze()
            await self._target.keep("analyzed", value=True)

    async def _follow(self) -> None:
        """Bring after what was changed, until that is little."""
        # All of it once tables were compared: of a part, a row may stand in another's way.
        most = _MOST_AT_ONCE if self._sums is None else None
        for _ in range(_MOST_ROUNDS):
            began = time.monotonic()
            with self._source.snapshot():
                changes = self._source.changes(most)
                self._tell(f"follow {changes.count} changes")
                await self._apply(changes)
            self._source.forget(changes)
            if changes.count <= _FEW or time.monotonic() - began <= _SHORT_SECONDS:
                return
        msg = "the hub writes faster than can be followed; try again when it has less to do"
        raise TransferRefused(msg)

    async def _apply(self, changes: Changes) -> None:
        async with self._target.transaction():
            await self._bring_after(changes)

    async def _bring_after(self, changes: Changes) -> None:
        """Have the rows of the changed keys as they are in the file; in the caller's transaction."""
        self._require_same_version()
        for table in tables():
            keys = changes.keys.get(table.name, [])
            # All of them first: what is written anew may be what another had.
            for some in _parts(keys):
                for row in await self._target.remove(table, some):
                    self._count(table, row, is_there=False)
            for some in _parts(keys):
                rows = list(self._source.current(table, some))
                added = await self._target.add(table, rows) if rows else []
                for row in added:
                    self._count(table, row, is_there=True)
                if self._sums is not None:
                    _require_same(table, rows, added)

    def _count(self, table: Table, row: Values, *, is_there: bool) -> None:
        if self._sums is not None:
            found = self._sums[table.name]
            (found.add if is_there else found.remove)(row)

    async def _compare(self) -> None:
        """Read both sides as of one moment, and compare each table."""
        self._sums = None
        with self._source.snapshot():
            changes = self._source.changes()
            await self._apply(changes)
            found = dict[str, RunningSum]()
            async with self._target.reading() as end:
                for table in tables():
                    self._tell(f"compare {table.name}")
                    read = RunningSum(table.name)
                    for number, row in enumerate(self._source.rows(table)):
                        read.add(row)
                        if number % _ROWS_AT_ONCE == 0:
                            self._tell(f"compare {table.name}: {number} rows")
                    written = await table_sum(end, table, lambda _: None)
                    if read.result != written:
                        raise _differs([difference(read.result, written)])
                    found[table.name] = read
        self._source.forget(changes)
        self._sums = found

    async def _cut_over(self) -> None:
        for number in range(1, _CUT_OVERS + 1):
            await self._follow()
            # Processes of the hub look for the copy meanwhile, and again after a trial.
            await asyncio.sleep(NOTICE_SECONDS * number)
            self._tell(f"cut over, {number}")
            if await self._has_cut_over():
                return
            self._tell("the hub is not quiet yet; try again")
        msg = (
            "requests were under way in the hub for too long each time; try again when it has less "
            "to do, or stop it and run this again"
        )
        raise TransferRefused(msg)

    async def _has_cut_over(self) -> bool:
        """Cut over, unless the hub does not become quiet soon; then it goes on in the file."""
        until = time.monotonic() + CUT_OVER_SECONDS
        has_moved = False
        self._source.enter(Phase.CLOSING)
        try:
            if not await self._is_quiet():
                return False
            self._tell("hold writes")
            with self._source.alone() as commit:
                await self._brought_last()
                self._tell("commit the cut-over")
                self._source.fence()
                if time.monotonic() >= until:
                    # The hub goes on by then.
                    return False
                commit()
                has_moved = True
        finally:
            if not has_moved:
                self._source.enter(Phase.COPYING)
                self._places.give_back()
        return True

    async def _is_quiet(self) -> bool:
        """Wait until each process of the hub has finished what it has begun; not for long."""
        until = time.monotonic() + _QUIET_SECONDS
        while not self._places.are_free():
            if time.monotonic() >= until:
                return False
            await asyncio.sleep(_POLL_SECONDS)
        return True

    async def _brought_last(self) -> None:
        """Bring the last changes after while nobody writes, and compare how many rows there are."""
        work = asyncio.create_task(self._bring_last())
        await asyncio.wait({work}, timeout=_HOLD_SECONDS)
        if not work.done():
            # A server that says nothing must not hold up the hub.
            self._target.terminate()
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            msg = "PostgreSQL took too long for the last changes; run this again"
            raise TransferRefused(msg)
        work.result()

    async def _bring_last(self) -> None:
        changes = self._source.changes()
        async with self._target.transaction():
            await self._bring_after(changes)
            await self._require_same_counts()
            await self._target.keep("sums", self._results)

    async def _require_same_counts(self) -> None:
        faults = list[Fault]()
        for each in self._results:
            table = next(table for table in tables() if table.name == each.table)
            counts = self._source.count(table), await self._target.count(table)
            if counts != (each.rows, each.rows):
                faults.append(Fault(each.table, f"{counts[0]} rows were read, {counts[1]} written"))
        if faults:
            raise _differs(faults)

    async def _finish(self) -> list[TableSum]:
        sums = list[TableSum]()
        if await self._target.copy_id() is not None:
            sums = await self._target.kept("sums", list[TableSum]) or []
            self._tell("open the new database")
            await self._target.open()
        self._tell("check references")
        await self._target.check()
        copy_state.places(self._source.file).unlink(missing_ok=True)
        return sums

    @property
    def _results(self) -> list[TableSum]:
        return [] if self._sums is None else [each.result for each in self._sums.values()]

    def _require_same_version(self) -> None:
        if self._source.applied != self._version:
            msg = (
                "the file was migrated by another version of the hub meanwhile; give this copy up "
                "with --abandon, and begin anew with that version"
            )
            raise TransferRefused(msg)


def _require_same(table: Table, read: list[Values], added: list[Values]) -> None:
    sums = RunningSum(table.name), RunningSum(table.name)
    for found, rows in zip(sums, (read, added), strict=True):
        for row in rows:
            found.add(row)
    if sums[0].result != sums[1].result:
        raise _differs([difference(sums[0].result, sums[1].result)])


def _differs(faults: list[Fault]) -> TransferRefused:
    msg = (
        "what was written is not what was read; the hub goes on where it was. Give this copy up "
        "with --abandon"
    )
    return TransferRefused(msg, faults=faults)


def _of_another() -> TransferRefused:
    msg = (
        "another copy into this database was begun and not ended, of another hub or an earlier one; "
        "make a new database, or give that copy up with --abandon"
    )
    return TransferRefused(msg)


def _parts(keys: list[Key]) -> Iterator[list[Key]]:
    for start in range(0, len(keys), _ROWS_AT_ONCE):
        yield keys[start : start + _ROWS_AT_ONCE]


def _packed(value: object) -> str:
    return f"b{value.hex()}" if isinstance(value, bytes) else f"{type(value).__name__[0]}{value}"


def _unpacked(text: str) -> object:
    read: dict[str, Callable[[str], object]] = {"b": bytes.fromhex, "i": int, "s": str}
    return read[text[0]](text[1:])


def _shown(url: str) -> str:
    """Return where a database is, without the user, the password and the parameters."""
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"
