"""`jackfield migrate --online`: a hub moves to PostgreSQL while it writes to its SQLite file."""

import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from jackfield.db import copy_state
from jackfield.db.postgres import PostgresDatabase
from jackfield.db.sqlite import SqliteDatabase
from jackfield.db.transfer import followed_file, move, online
from jackfield.db.transfer.end import TransferRefused
from jackfield.db.transfer.sqlite_end import SqliteEnd, connect
from jackfield.db.transfer.sums import table_sum
from jackfield.db.transfer.tables import tables
from jackfield.db.tx import (
    DatabaseAway,
    DatabaseMoved,
    DatabaseNotWritable,
    DatabaseUnreachable,
    DatabaseUnusable,
)
from jackfield.kit.ids import ProjectId
from tests.cli import killed_copy
from tests.cli.conftest import Command
from tests.cli.killed import status_of
from tests.support import postgres
from tests.support.actor import TESTER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.anyio,
    pytest.mark.usefixtures("installation"),
    pytest.mark.parametrize("database_url", ["postgres"], indirect=True),
]

_STEPS = (
    "begin in",
    "copy accounts",
    "copy run_counts",
    "analyze",
    "follow",
    "compare runs",
    "cut over",
    "hold writes",
    "commit the cut-over",
    "open the new",
    "check references",
)
# Before and after those, the new database says nothing of a copy.
_OUTSIDE = frozenset({_STEPS[0], _STEPS[-1]})


_END_OTHERS = (
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where datname = current_database() and pid <> pg_backend_pid()"
)


_RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


@pytest.fixture(autouse=True)
def nobody_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(online, "NOTICE_SECONDS", 0)


@pytest.fixture
def file(data_dir: Path) -> Path:
    return data_dir / "jackfield.db"


class Busy:
    """A hub's work on the file: each time it changes rows in every way that is hard to follow."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None, timeout=0)
        self._connection.execute("pragma foreign_keys = on")
        self._count = 0
        self.was_refused = False
        self.steps = list[str]()
        for name in ("one", "two"):
            self._copy("projects", id=f"prj_{name}", name=name)

    def work(self, step: str = "") -> None:
        self.steps.append(step)
        if step and len(self.steps) % 4:
            return
        self._count += 1
        number, at = self._count, f"2026-01-31T{self._count % 24:02}:00:00.000000+00:00"
        try:
            self._do("begin immediate")
            # One gets the name that the other had.
            self._do("update projects set name = 'none' where id = 'prj_one'")
            (row,) = self._connection.execute("select name from projects where id = 'prj_two'")
            self._do("update projects set name = ? where id = 'prj_two'", f"name {number}")
            self._do("update projects set name = ? where id = 'prj_one'", *row)
            endpoint = f"whe_{number}"
            self._copy("webhook_endpoints", id=endpoint)
            self._copy("webhook_subscriptions", endpoint_id=endpoint)
            # What refers to it goes with it.
            self._do("delete from webhook_endpoints where id = ?", f"whe_{number - 2}")
            self._copy("sign_in_links", digest=number.to_bytes(4))
            self._do("delete from sign_in_links where digest = ?", max(number - 3, 0).to_bytes(4))
            self._copy("run_counts", hour=at, outcome=f"o{number}")
            self._do("update run_counts set total = total + 1 where outcome = ?", f"o{number - 1}")
            self._do("update run_counts set provider = 'p' where outcome = ?", f"o{number}")
            self._copy("runs", id=f"run_{number}")
            self._do("commit")
        except sqlite3.IntegrityError as error:
            if str(error) != copy_state.FENCE:
                raise
            self._do("rollback")
            self.was_refused = True
        except sqlite3.OperationalError as error:
            # Writes are held otherwise.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise

    def close(self) -> None:
        self._connection.close()

    def _copy(self, table: str, **changed: object) -> None:
        names = [name for _, name, *_ in self._connection.execute(f"pragma table_info({table})")]
        listed = ", ".join(f":{name}" if name in changed else name for name in names)
        self._connection.execute(
            f"insert into {table} select {listed} from {table} where true limit 1"
            " on conflict do nothing",
            changed,
        )

    def _do(self, statement: str, *values: object) -> None:
        self._connection.execute(statement, values)


@pytest.fixture
def busy(file: Path) -> Generator[Busy]:
    found = Busy(file)
    yield found
    found.close()


async def sums_of(place: Path | str) -> dict[str, tuple[int, str]]:
    if isinstance(place, Path):
        # Also of a file that was moved, which is opened for nothing else.
        with closing(connect(place)) as connection:
            return await added_up(SqliteEnd(connection))
    async with move.opened(place, alone=False) as end:
        return await added_up(end)


async def added_up(end: move.End) -> dict[str, tuple[int, str]]:
    found = [await table_sum(end, table, lambda _: None) for table in tables()]
    return {each.table: (each.rows, each.checksum) for each in found}


async def constraints_of(url: str) -> set[tuple[str, str, bool]]:
    connection = await asyncpg.connect(url)
    found = await connection.fetch(
        "select conrelid::regclass::text, pg_get_constraintdef(oid), convalidated"
        " from pg_constraint where connamespace = current_schema()::regnamespace"
    )
    await connection.close()
    return {tuple(each) for each in found}


def schema_of(file: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("select name, sql from sqlite_master order by name").fetchall()


async def test_what_is_written_during_a_copy_is_in_the_new_database_and_nothing_is_after_it(
    file: Path, database_url: str, busy: Busy
) -> None:
    before = await constraints_of(database_url)

    sums = await online.copy(file, database_url, cuts_over=True, tell=busy.work)
    after = await constraints_of(database_url)
    old, new = await sums_of(file), await sums_of(database_url)
    busy.work()

    assert len(busy.steps) > len(tables())
    assert old == new
    assert {each.table: (each.rows, each.checksum) for each in sums} == new
    assert after == before
    assert busy.was_refused
    hub = SqliteDatabase(file)
    with pytest.raises(DatabaseMoved):
        async with hub.write(ProjectId("prj_one"), TESTER) as tx:
            await tx.touch()
    await hub.close()


@pytest.mark.slow
async def test_a_copy_that_is_killed_at_any_step_is_gone_on_with_and_loses_nothing(
    file: Path, database_url: str, busy: Busy
) -> None:
    for step in _STEPS:
        busy.work()
        assert await status_of(killed_copy, str(file), database_url, step) == -signal.SIGKILL, step
        busy.work()
        if step not in _OUTSIDE:
            with pytest.raises(DatabaseUnreachable):
                await PostgresDatabase.open(database_url)
    await online.copy(file, database_url, cuts_over=True, tell=busy.work)

    assert busy.was_refused
    assert await sums_of(file) == await sums_of(database_url)
    assert all(is_valid for *_, is_valid in await constraints_of(database_url))


async def test_a_copy_that_fails_at_any_step_can_be_given_up_and_both_sides_are_as_before(
    file: Path, database_url: str, busy: Busy
) -> None:
    file_before, constraints = schema_of(file), await constraints_of(database_url)
    for step in ("begin in", "copy accounts", "follow", "commit the cut-over"):

        def fail(said: str, step: str = step) -> None:
            busy.work()
            if said.startswith(step):
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await online.copy(file, database_url, cuts_over=True, tell=fail)
        await online.abandon(file, database_url)
        assert schema_of(file) == file_before
        assert await constraints_of(database_url) == constraints
        assert {rows for rows, _ in (await sums_of(database_url)).values()} == {0}

    with pytest.raises(TransferRefused, match="no copy"):
        await online.abandon(file, database_url)


async def test_a_copy_that_stays_is_gone_on_with_and_the_hub_works_until_the_cut_over(
    jackfield: Command, file: Path, database_url: str, busy: Busy
) -> None:
    places = ("migrate", "--online", "--from=sqlite", "--to=postgresql")
    place = {"DATABASE_URL": database_url}
    stayed = await jackfield(*places, "--no-cut-over", "--json", **place)
    busy.work()
    early = await jackfield("keys", "list", **place)
    moved = await jackfield(*places, **place)
    late = await jackfield("keys", "list")
    again = await jackfield(*places, "--json", **place)
    stale = [
        await jackfield("backup", str(file.parent / "stale.backup"), "--to", _RECIPIENT),
        await jackfield(
            "migrate", "--from=sqlite", f"--to=sqlite://{file.parent}/other.db", "--dry-run"
        ),
    ]
    given_up = await jackfield(*places, "--abandon", **place)

    assert stayed.json["moved"] is False, stayed.err
    assert (early.status, "is not complete" in early.err) == (1, True), early.err
    assert not busy.was_refused
    assert moved.status == 0, moved.err
    assert "start it with its new database" in moved.err
    assert (late.status, "this hub was moved to the database at 127.0.0.1" in late.err) == (1, True)
    assert [each.status for each in stale] == [1, 1]
    assert all("database_moved" in each.err for each in stale), stale
    assert again.json == {"moved": True, "tables": []}
    assert given_up.status == 1
    assert "only there" in given_up.err
    assert database_url not in stayed.err + early.err + moved.err + late.err
    assert await sums_of(file) == await sums_of(database_url)


async def test_what_does_not_arrive_as_it_was_is_named_and_the_hub_stays(
    file: Path, database_url: str, busy: Busy
) -> None:
    operator = await asyncpg.connect(database_url)
    await operator.execute("""
        create function change() returns trigger language plpgsql as $$
        begin new.label = 'another'; return new; end $$;
        create trigger change before insert on accounts for each row execute function change();
    """)
    await operator.close()

    with pytest.raises(TransferRefused) as refused:
        await online.copy(file, database_url, cuts_over=True, tell=busy.work)
    busy.work()

    assert [each.path for each in refused.value.faults] == ["accounts"]
    assert not busy.was_refused


async def test_a_copy_is_refused_where_it_could_mix_what_does_not_belong_together(
    file: Path, data_dir: Path, database_url: str, busy: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = data_dir / "other.db"
    shutil.copy(file, other)
    await online.copy(other, database_url, cuts_over=False, tell=lambda _: None)
    with pytest.raises(TransferRefused, match="another copy"):
        await online.copy(file, database_url, cuts_over=True, tell=busy.work)
    assert schema_of(file) != schema_of(other)

    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("insert into migrations values (9999, 'newer', 'x', '2026')")
    with pytest.raises(DatabaseUnusable):
        await online.copy(other, database_url, cuts_over=True, tell=lambda _: None)
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("delete from migrations where number = 9999")
        connection.execute("insert into online_copy_changes (number, name) values (1, 'x')")
    monkeypatch.setattr(followed_file, "MOST_CHANGES", 0)
    with pytest.raises(TransferRefused, match="more was changed"):
        await online.copy(other, database_url, cuts_over=True, tell=lambda _: None)


async def test_a_target_that_is_full_or_goes_away_leaves_the_hub_where_it_is_and_is_gone_on_with(
    file: Path, database_url: str, busy: Busy
) -> None:
    operator = await asyncpg.connect(database_url)
    await operator.execute("""
        create function fill() returns trigger language plpgsql as $$
        begin raise exception 'no room' using errcode = 'disk_full'; end $$;
        create trigger fill before insert on runs for each row execute function fill();
    """)
    await operator.close()
    with pytest.raises(DatabaseNotWritable):
        await online.copy(file, database_url, cuts_over=True, tell=busy.work)
    operator = await asyncpg.connect(database_url)
    await operator.execute("drop trigger fill on runs")
    await operator.close()

    for step in ("compare runs", "hold writes"):

        def cut_off(said: str, step: str = step) -> None:
            busy.work()
            if said.startswith(step):
                command = [postgres.binary("psql"), "-c", _END_OTHERS, database_url]
                subprocess.run(command, check=True, capture_output=True)

        with pytest.raises((DatabaseAway, DatabaseUnreachable)):
            await online.copy(file, database_url, cuts_over=True, tell=cut_off)
    busy.work()
    was_refused = busy.was_refused
    sums = await online.copy(file, database_url, cuts_over=True, tell=busy.work)

    assert not was_refused
    assert {each.table: (each.rows, each.checksum) for each in sums} == await sums_of(file)
    assert await sums_of(file) == await sums_of(database_url)
