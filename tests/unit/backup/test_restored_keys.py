"""A restored hub has the shredding keys that it needs and no other, however many there are."""

import asyncio
import shutil
import sqlite3
import tracemalloc
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jackfield.backup.models import BackupRefused
from jackfield.backup.restoration import Restored
from jackfield.cli.backup import _made
from jackfield.cli.restore import _restored
from jackfield.installation import open_database
from jackfield.kit.clock import system_clock
from jackfield.kit.ids import ProjectId
from jackfield.kit.secret import Secret
from jackfield.secrets.keys import watch
from jackfield.secrets.store import SecretOwner, binding_of
from jackfield.settings import Settings
from tests.support import postgres
from tests.support.actor import TESTER
from tests.support.backups import KEYS, LOCKS

pytestmark = [pytest.mark.anyio, pytest.mark.database, pytest.mark.slow]

FIRST, SECOND = (ProjectId(f"prj_01KJMBQDE0000000000000000{n}") for n in (0, 1))

# Of an account that is no row any more, as in a project whose deletion was under way.
DELETED = "acc_01KJMBQDE00000000000000000"


def key_of(project: str, owner: str) -> bytes:
    return f"{project[-1]} {owner}".encode().ljust(32, b".")


@dataclass(frozen=True, slots=True)
class Installation:
    settings: Settings

    async def add(self, project: ProjectId, owners: Sequence[str]) -> None:
        """Seal a secret of each owner, with a shredding key of its own."""
        async with open_database(self.settings, creates=True) as db:
            await db.migrate()
            vault, held = await watch.open_keys(
                db, self.settings, system_clock, creates=True, joins=False
            )
            await db.unscoped(
                "insert into projects (id, name, created_at) values (:id, :id, :now)"
                " on conflict do nothing",
                id=project,
            )
            place = binding_of(SecretOwner(project, owners[0], 1), "key")
            # That of the first one opens; the others are there to be counted.
            sealed = vault.seal(Secret("x"), place, key_of(project, owners[0]))
            keys = [{"owner": each, "key": key_of(project, each)} for each in owners]
            async with db.write(project, TESTER) as tx:
                await tx.executemany(
                    "insert into shredding_keys (project_id, owner_id, key)"
                    " values (:project_id, :owner, :key)",
                    keys,
                )
                await tx.executemany(
                    "insert into credentials"
                    " (owner_id, field, project_id, generation, sealed, shredded_with)"
                    " values (:owner, 'key', :project_id, 1, :sealed, :owner)",
                    [{"owner": each["owner"], "sealed": sealed} for each in keys],
                )
            await watch.leave(db, held)

    async def shred(self, project: ProjectId, owner: str) -> None:
        async with open_database(self.settings) as db:
            for statement in (
                "delete from shredding_keys where project_id = :project and owner_id = :owner",
                "delete from credentials where project_id = :project and owner_id = :owner",
            ):
                await db.unscoped(statement, project=project, owner=owner)

    async def back_up(self, file: Path) -> int:
        """Make a backup, and return its number."""
        keys = file.with_name("shredding-keys.backup")
        made = await _made(file, keys, LOCKS, self.settings, has_logs=True, force=True)
        return made.header.number

    async def restore(self, file: Path, keys: Path | None) -> Restored:
        return await _restored(file, keys, KEYS, self.settings)

    async def rows(self, table: str) -> list[Any]:
        async with open_database(self.settings) as db:
            columns = {"shredding_keys": "project_id, owner_id, key"}.get(table, "owner_id")
            return await db.unscoped(f"select {columns} from {table} order by owner_id")  # pyright: ignore[reportArgumentType]


@pytest.fixture
def here(database_url: str | None, tmp_path: Path) -> Installation:
    return Installation(Settings(data_dir=tmp_path / "here", database_url=database_url))


@pytest.fixture
def targets(
    database_url: str | None, tmp_path: Path, request: pytest.FixtureRequest
) -> Generator[list[Settings]]:
    """Yield where three backups can be restored, on the same kind of database."""
    names = ["one", "two", "three"]
    if database_url is None:
        yield [Settings(data_dir=tmp_path / name) for name in names]
        return
    server = request.getfixturevalue("postgres_server")
    urls = [asyncio.run(postgres.bare_database(server, f"restored_{name}")) for name in names]
    yield [
        Settings(data_dir=tmp_path / name, database_url=url)
        for name, url in zip(names, urls, strict=True)
    ]
    for name in names:
        asyncio.run(postgres.drop_database(server, f"restored_{name}"))


@pytest.fixture
def away(targets: list[Settings]) -> list[Installation]:
    return [Installation(each) for each in targets]


def with_keyring(here: Installation, away: Installation) -> Installation:
    away.settings.data_dir.mkdir()
    shutil.copy(here.settings.data_dir / "keyring.json", away.settings.data_dir)
    return away


async def test_of_the_newest_keys_a_restored_hub_has_those_that_its_backup_needs(
    here: Installation, away: list[Installation], tmp_path: Path
) -> None:
    keys, monday = tmp_path / "shredding-keys.backup", tmp_path / "monday.backup"
    await here.add(FIRST, ["acc_kept", DELETED])
    await here.back_up(monday)
    await here.shred(FIRST, DELETED)
    await here.add(FIRST, ["acc_later"])
    await here.add(SECOND, ["acc_elsewhere", "acc_later_still"])
    await here.back_up(tmp_path / "tuesday.backup")

    old = with_keyring(here, away[0])
    done = await old.restore(monday, keys)
    new = with_keyring(here, away[1])
    again = await new.restore(tmp_path / "tuesday.backup", keys)

    assert (done.shredded, done.unused) == (1, 3)
    assert [dict(each) for each in await old.rows("shredding_keys")] == [
        {"project_id": FIRST, "owner_id": "acc_kept", "key": key_of(FIRST, "acc_kept")}
    ]
    assert [each["owner_id"] for each in await old.rows("credentials")] == ["acc_kept"]
    assert (again.shredded, again.unused) == (0, 0)
    assert await new.rows("shredding_keys") == await here.rows("shredding_keys")


async def test_a_restoration_of_many_accounts_takes_no_more_memory_than_one_of_few(
    here: Installation, away: list[Installation], tmp_path: Path
) -> None:
    few, many, earlier = (tmp_path / name for name in ("few", "many", "earlier"))
    keys = tmp_path / "shredding-keys.backup"
    await here.add(FIRST, [f"acc_{number:05}" for number in range(2000)])
    await here.back_up(few)
    shutil.copy(keys, earlier)
    await here.add(SECOND, [f"acc_{number:05}" for number in range(2000, 12_000)])
    await here.back_up(many)

    peaks = [
        await peak_of(with_keyring(here, each), file, given)
        for each, file, given in zip(away, (few, many, many), (earlier, keys, None), strict=True)
    ]

    # A set of their owners alone would be two megabytes more.
    assert max(peaks) - peaks[0] < 1_000_000, peaks
    assert await away[1].rows("shredding_keys") == await here.rows("shredding_keys")
    assert await away[2].rows("credentials") == []


async def peak_of(target: Installation, file: Path, keys: Path | None) -> int:
    tracemalloc.start()
    try:
        await target.restore(file, keys)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_which_shredding_keys_are_newer_is_told_though_the_clock_is_set_back(
    here: Installation, away: list[Installation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, first, second = (tmp_path / name for name in ("shredding-keys.backup", "1", "2"))
    earlier = tmp_path / "earlier"
    await here.add(FIRST, ["acc_kept"])
    numbers = [await here.back_up(first)]
    shutil.copy(keys, earlier)
    await here.add(FIRST, ["acc_later"])
    set_clock(monkeypatch, hours=-1)
    numbers.append(await here.back_up(second))

    with pytest.raises(BackupRefused, match=r"is number 1, of .* which is number 2"):
        await with_keyring(here, away[0]).restore(second, earlier)
    done = await with_keyring(here, away[1]).restore(first, keys)

    assert numbers == [1, 2]
    assert done.shredded == 0


async def test_numbers_grow_where_the_file_is_put_elsewhere_and_where_a_backup_is_restored(
    here: Installation, away: list[Installation], tmp_path: Path
) -> None:
    elsewhere, keys = tmp_path / "elsewhere", tmp_path / "shredding-keys.backup"
    elsewhere.mkdir()
    await here.add(FIRST, ["acc_1"])
    numbers = [await here.back_up(tmp_path / "1"), await here.back_up(elsewhere / "2")]
    numbers.append(await here.back_up(elsewhere / "3"))
    keys.unlink()
    numbers.append(await here.back_up(tmp_path / "4"))
    await with_keyring(here, away[0]).restore(elsewhere / "2", keys)
    shutil.rmtree(elsewhere)
    keys.unlink()
    numbers.append(await away[0].back_up(tmp_path / "5"))

    assert numbers == [1, 2, 3, 4, 5]
    assert keys.read_bytes().partition(b"\n")[0].split()[1:] == [FIRST.encode(), b"5"]


@pytest.mark.parametrize("number", [2 + 1_000_000, 10**15 - 1])
async def test_a_number_that_no_hub_wrote_does_not_use_up_those_there_are(
    here: Installation, tmp_path: Path, number: int
) -> None:
    keys, backup = tmp_path / "shredding-keys.backup", tmp_path / "1"
    await here.add(FIRST, ["acc_1"])
    await here.back_up(backup)
    content = keys.read_bytes()
    changed = content.replace(b" 1\n", f" {number}\n".encode(), 1)
    keys.write_bytes(changed)

    with pytest.raises(BackupRefused, match=f"number {number}, and the last one of this hub was"):
        await here.back_up(backup)
    assert keys.read_bytes() == changed

    keys.write_bytes(content)
    assert await here.back_up(backup) == 2


def set_clock(monkeypatch: pytest.MonkeyPatch, **by: float) -> None:
    monkeypatch.setattr(
        "jackfield.backup.copy.system_clock", lambda: system_clock() + timedelta(**by)
    )


async def test_no_key_that_is_destroyed_in_a_restored_hub_is_left_in_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, away = (Installation(Settings(data_dir=tmp_path / name)) for name in ("here", "away"))
    keys, backup = tmp_path / "shredding-keys.backup", tmp_path / "1"
    owners = [f"acc_{number:04}" for number in range(2000)]
    await here.add(FIRST, owners)
    await here.back_up(backup)
    # As SQLite is built where it is no part of Debian.
    monkeypatch.setattr(sqlite3, "connect", _forgetting_nothing(sqlite3.connect))
    await with_keyring(here, away).restore(backup, keys)

    for owner in owners[::5]:
        await away.shred(FIRST, owner)

    content = away.settings.sqlite_file.read_bytes()
    left = [each for each in owners[::5] if key_of(FIRST, each) in content]
    assert key_of(FIRST, owners[1]) in content
    assert left == []


def _forgetting_nothing(
    connect: Callable[..., sqlite3.Connection],
) -> Callable[..., sqlite3.Connection]:
    def connected(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        connection.execute("pragma secure_delete = off")
        return connection

    return connected
