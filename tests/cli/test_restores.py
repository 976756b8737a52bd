"""`jackfield restore` takes all or nothing, and says what is in its way."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Generator
from pathlib import Path

import asyncpg
import pytest

from jackfield.backup import container
from jackfield.backup.copy import copied_tables
from jackfield.backup.models import End, Header
from jackfield.db.migrate import migrations as all_migrations
from jackfield.db.transfer.sums import RunningSum
from jackfield.kit.clock import system_clock
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command, Said
from tests.support import postgres
from tests.support.backups import LOCKS, RECIPIENT, key_file
from tests.support.clock import FrozenClock
from tests.support.forked import start
from tests.support.running import running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
async def file(
    jackfield: Command, sandbox: Sandbox, data_dir: Path, clock: FrozenClock, tmp_path: Path
) -> Path:
    """Make a backup of a hub with an account, and of a file of two megabytes."""
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        await hub.link()
    db = sqlite3.connect(data_dir / "jackfield.db")
    (project,) = db.execute("select id from projects").fetchone()
    values = [(os.urandom(9), project, os.urandom(100_000)) for _ in range(20)]
    insert = "insert into files values (?, ?, 'f', 'x', 1, ?, '2026-01-01T00:00:00.000000+00:00')"
    with db:
        db.executemany(insert, values)
    db.close()
    made = await jackfield("backup", str(tmp_path / "hub.backup"), "--to", RECIPIENT)
    assert made.status == 0, made.err
    return tmp_path / "hub.backup"


@pytest.fixture
def away(file: Path, data_dir: Path) -> Path:
    """Make a folder with nothing but the keyring of that hub."""
    folder = file.parent / "away"
    folder.mkdir()
    shutil.copy(data_dir / "keyring.json", folder)
    return folder


@pytest.fixture
def url(postgres_server: str) -> Generator[str]:
    yield asyncio.run(postgres.bare_database(postgres_server, "target"))
    asyncio.run(postgres.drop_database(postgres_server, "target"))


def what_is_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def restored(jackfield: Command, file: Path, folder: Path, **settings: str) -> Said:
    key = str(key_file(file.parent))
    return await jackfield(
        "restore", str(file), "--key-file", key, DATA_DIR=str(folder), **settings
    )


async def tables_of(url: str) -> int:
    connection = await asyncpg.connect(url)
    count = await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'")
    await connection.close()
    return count


async def test_an_installation_that_is_not_empty_is_left_as_it_is(
    jackfield: Command, file: Path, data_dir: Path
) -> None:
    before = (data_dir / "jackfield.db").read_bytes()

    said = await restored(jackfield, file, data_dir)

    assert (said.status, (data_dir / "jackfield.db").read_bytes()) == (1, before)
    assert "there is a database at" in said.err


async def test_what_is_left_of_another_database_is_not_taken_for_a_part_of_it(
    jackfield: Command, file: Path, away: Path
) -> None:
    (away / "jackfield.db-wal").write_bytes(b"left")

    said = await restored(jackfield, file, away)

    assert said.status == 1
    assert "is left of another database; move it away" in said.err
    assert what_is_in(away) == ["jackfield.db-wal", "keyring.json"]


async def test_a_database_that_is_migrated_and_empty_is_filled_and_a_full_one_refused(
    jackfield: Command, file: Path, away: Path, url: str
) -> None:
    migrated = await jackfield("migrate", DATABASE_URL=url)
    first = await restored(jackfield, file, away, DATABASE_URL=url)
    second = await restored(jackfield, file, away, DATABASE_URL=url)

    assert (migrated.status, first.status) == (0, 0), first.err
    assert second.status == 1
    assert "is not empty, and was not changed" in second.err
    assert "  projects: has rows" in second.err


async def test_a_database_that_was_migrated_further_than_the_backup_is_refused(
    jackfield: Command, away: Path, url: str, tmp_path: Path
) -> None:
    early = backup_of({1: first_migration()}, tmp_path / "early")
    await jackfield("migrate", DATABASE_URL=url)

    said = await restored(jackfield, early, away, DATABASE_URL=url)

    assert said.status == 1
    assert "restore into it before `jackfield migrate`" in said.err


async def test_without_the_keyring_nothing_is_written_and_its_key_is_named(
    jackfield: Command, file: Path, away: Path, data_dir: Path
) -> None:
    keyring = json.loads((data_dir / "keyring.json").read_bytes())
    (key,) = keyring["keys"]
    (away / "keyring.json").unlink()
    none = await restored(jackfield, file, away)
    left = what_is_in(away)
    # Of the same id, and another key: a keyring that somebody wrote by hand.
    key["key"] = "A" * 43 + "="
    (away / "keyring.json").touch(0o600)
    (away / "keyring.json").write_text(json.dumps(keyring), encoding="utf-8")
    other = await restored(jackfield, file, away)

    assert left == []
    assert what_is_in(away) == ["keyring.json"]
    for said in (none, other):
        assert (said.status, said.err.count("\n")) == (1, 1)
        assert f"sealed with key {key['id']}, which the keyring" in said.err
        assert "JACKFIELD_KEYRING" in said.err


async def test_a_damaged_backup_leaves_the_installation_empty(
    jackfield: Command, file: Path, away: Path, url: str
) -> None:
    damage(file)

    on_sqlite = await restored(jackfield, file, away)
    on_postgres = await restored(jackfield, file, away, DATABASE_URL=url)

    assert (on_sqlite.status, on_postgres.status) == (1, 1)
    assert "[backup_damaged]" in on_sqlite.err
    assert "[backup_damaged]" in on_postgres.err
    assert what_is_in(away) == ["keyring.json"]
    assert await tables_of(url) == 0


@pytest.mark.parametrize("place", ["sqlite", "postgres"])
async def test_a_restore_that_is_killed_leaves_the_installation_empty_and_can_be_repeated(
    jackfield: Command, file: Path, away: Path, url: str, place: str
) -> None:
    settings = {"DATABASE_URL": url} if place == "postgres" else {}
    await cut_off(most_of(file), file.parent, away, settings, by=signal.SIGKILL)
    left = what_is_in(away)
    tables = await tables_of(url)
    again = await restored(jackfield, file, away, **settings)

    assert "jackfield.db" not in left
    assert tables == 0
    assert again.status == 0, again.err
    found = ["jackfield.db", "keyring.json"] if place == "sqlite" else ["keyring.json"]
    assert what_is_in(away) == found


def damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)


def most_of(file: Path) -> bytes:
    content = file.read_bytes()
    return content[: len(content) * 3 // 4]


async def test_a_restore_that_is_told_to_end_leaves_no_file_behind(file: Path, away: Path) -> None:
    status = await cut_off(most_of(file), file.parent, away, {}, by=signal.SIGTERM)

    assert status == 128 + signal.SIGTERM
    assert what_is_in(away) == ["keyring.json"]


async def cut_off(
    content: bytes, folder: Path, away: Path, settings: dict[str, str], *, by: signal.Signals
) -> int | None:
    """Feed a restore a part of a backup through a pipe, and end it once it has taken that in."""
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    words = ("restore", str(pipe), "--key-file", str(key_file(folder)))
    process = await start(*words, **{"DATA_DIR": str(away), **settings})
    with pipe.open("wb") as out:
        await asyncio.to_thread(out.write, content)
        out.flush()
        assert process.returncode is None
        process.send_signal(by)
    await process.communicate()
    return process.returncode


async def test_a_backup_of_a_newer_version_is_refused_before_anything_is_made(
    jackfield: Command, away: Path, tmp_path: Path
) -> None:
    newer = backup_of({1: first_migration(), 9999: "x"}, tmp_path / "newer")
    changed = backup_of({1: "another"}, tmp_path / "changed")

    said = [await restored(jackfield, each, away) for each in (newer, changed)]
    verified = await jackfield(
        "backup", str(newer), "--verify", "--key-file", str(key_file(tmp_path))
    )

    assert {each.status for each in (*said, verified)} == {1}
    assert all("another version of Jackfield (9.9)" in each.err for each in (*said, verified))
    assert what_is_in(away) == ["keyring.json"]


def first_migration() -> str:
    return all_migrations()[0].hash


def backup_of(migrations: dict[int, str], file: Path) -> Path:
    """Make a backup of a database without rows."""
    tables = copied_tables(migrations, has_logs=True)
    with file.open("wb") as out, container.writer(out, LOCKS) as add:
        add(
            Header(
                format=1,
                hub="9.9",
                made_at=system_clock(),
                database="sqlite",
                migrations=migrations,
                tables=tables,
                has_logs=True,
                keys={},
                used_keys=(),
            )
        )
        add(End(tuple(RunningSum(name).result for name in tables)))
    return file
