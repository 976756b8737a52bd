"""`jackfield migrate --from … --to …`: a whole installation moves to another database."""

import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from jackfield.db.sqlite import SqliteDatabase
from jackfield.db.transfer import move
from jackfield.db.transfer.end import TransferRefused
from jackfield.db.transfer.tables import tables
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.support.clock import FrozenClock
from tests.support.earlier import opened

pytestmark = [
    pytest.mark.slow,
    pytest.mark.anyio,
    pytest.mark.parametrize("database_url", ["postgres"], indirect=True),
]


@asynccontextmanager
async def ends(file: Path, url: str) -> AsyncGenerator[tuple[move.End, move.End]]:
    async with move.opened(file, alone=True) as old, move.opened(url, alone=True) as new:
        yield old, new


async def has_rows(url: str) -> bool:
    async with move.opened(url, alone=False) as end:
        return any([await end.has_rows(table) for table in tables()])


async def test_a_moved_installation_runs_with_the_credentials_that_were_sealed(
    jackfield: Command,
    installation: dict[str, Any],
    data_dir: Path,
    database_url: str,
    clock: FrozenClock,
    sandbox: Sandbox,
) -> None:
    place = {"DATABASE_URL": database_url}
    moved = await jackfield("migrate", "--from=sqlite", "--to=postgresql", "--json", **place)
    back = data_dir / "back.db"
    returned = await jackfield(
        *("migrate", "--from=postgresql", f"--to=sqlite://{back}", "--json"), **place
    )
    async with opened(installation, data_dir, database_url, clock, sandbox) as earlier:
        known = earlier.facts["iterable"]
        ran = await earlier.run(known["account_id"], "iterable_list_channels")

    assert moved.status == 0, moved.err
    sums = {each["table"]: each["rows"] for each in moved.json["tables"]}
    assert set(sums) == {table.name for table in tables()}
    assert all(sums.values())
    assert returned.json == moved.json
    assert ran.status_code == 200, ran.text
    assert [each.headers["api-key"] for each in earlier.seen] == [known["api_key"]]


@pytest.mark.usefixtures("installation")
async def test_a_row_that_did_not_arrive_as_it_was_is_named_and_nothing_is_kept(
    data_dir: Path, database_url: str
) -> None:
    operator = await asyncpg.connect(database_url)
    await operator.execute("""
        create function change() returns trigger language plpgsql as $$
        begin new.label = 'another'; return new; end $$;
        create trigger change before insert on accounts for each row execute function change();
        create function drop() returns trigger language plpgsql as $$ begin return null; end $$;
        create trigger drop before insert on runs for each row execute function drop();
    """)
    await operator.close()

    async with ends(data_dir / "jackfield.db", database_url) as (old, new):
        with pytest.raises(TransferRefused) as refused:
            await move.move(old, new, is_trial=False, on_row=lambda _: None)

    assert [(each.path, each.message) for each in refused.value.faults] == [
        ("accounts", "2 rows were read, 2 written, and they differ"),
        ("runs", "1 rows were read, 0 written"),
    ]
    assert not await has_rows(database_url)


@pytest.mark.usefixtures("installation")
async def test_a_database_with_rows_in_it_is_refused_and_left_as_it_is(
    jackfield: Command, database_url: str
) -> None:
    operator = await asyncpg.connect(database_url)
    await operator.execute("insert into projects values ('prj_1', 'theirs', 0, now())")
    there = await operator.fetch("select id, name from projects")
    await operator.close()

    said = await jackfield("migrate", "--from=sqlite", f"--to={database_url}")

    operator = await asyncpg.connect(database_url)
    left = await operator.fetch("select id, name from projects")
    await operator.close()
    assert (said.status, said.out) == (1, "")
    assert "is not empty" in said.err
    assert "  projects: has rows" in said.err
    assert "Traceback" not in said.err
    assert left == there


@pytest.mark.usefixtures("installation")
async def test_a_move_that_is_cut_off_leaves_nothing_and_can_be_begun_anew(
    data_dir: Path, database_url: str
) -> None:
    def cut(table: str) -> None:
        if table == "runs":
            raise ConnectionAbortedError

    file = data_dir / "jackfield.db"
    async with ends(file, database_url) as (old, new):
        with pytest.raises(ConnectionAbortedError):
            await move.move(old, new, is_trial=False, on_row=cut)
    was_empty = not await has_rows(database_url)
    async with ends(file, database_url) as (old, new):
        await move.move(old, new, is_trial=False, on_row=lambda _: None)

    assert was_empty
    assert await has_rows(database_url)


@pytest.mark.usefixtures("installation")
async def test_a_hub_that_runs_can_be_tried_but_not_moved(
    jackfield: Command, data_dir: Path, database_url: str
) -> None:
    hub = SqliteDatabase(data_dir / "jackfield.db")
    await hub.unscoped("select 1 as one from projects")
    places = ("--from=sqlite", f"--to={database_url}")
    tried = await jackfield("migrate", *places, "--dry-run", "--json")
    refused = await jackfield("migrate", *places)
    await hub.close()

    assert (tried.status, tried.json["moved"]) == (0, False), tried.err
    assert not await has_rows(database_url)
    assert refused.status == 1
    assert "is in use; stop every hub" in refused.err


async def test_a_postgres_database_that_is_in_use_is_not_moved(
    database_url: str,
) -> None:
    async with move.opened(database_url, alone=False):
        with pytest.raises(TransferRefused, match="is in use"):
            async with move.opened(database_url, alone=True):
                pass


async def test_credentials_are_not_moved_without_the_keyring_that_opens_them(
    jackfield: Command, installation: dict[str, Any], data_dir: Path, database_url: str
) -> None:
    shutil.move(data_dir / "keyring.json", data_dir / "away.json")

    said = await jackfield("migrate", "--from=sqlite", f"--to={database_url}")

    (key,) = [each["id"] for each in installation["keyring"]["keys"]]
    assert said.status == 1
    assert f"are sealed with {key}" in said.err
    assert json.loads((data_dir / "away.json").read_bytes())["keys"][0]["key"] not in said.err
    assert not await has_rows(database_url)
