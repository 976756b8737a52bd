"""Once an account is deleted, no backup opens its credentials, whoever has the keyring."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Generator
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.backup import container
from jackfield.backup.models import Rows
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command, Said
from tests.support import postgres
from tests.support.backups import KEYS, RECIPIENT, key_file
from tests.support.clock import FrozenClock
from tests.support.running import PATIENCE, Running, running_hub
from tests.support.shredding import opens, shredding_keys

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PLACES = ["sqlite", "postgres"]


@pytest.fixture
def target_url(database_url: str | None, request: pytest.FixtureRequest) -> Generator[str | None]:
    """Yield where a backup is restored: on the same kind of database as it is of."""
    if database_url is None:
        yield None
        return
    server = request.getfixturevalue("postgres_server")
    yield asyncio.run(postgres.bare_database(server, "restored"))
    asyncio.run(postgres.drop_database(server, "restored"))


def of(url: str | None, folder: Path) -> dict[str, str]:
    return {"DATA_DIR": str(folder), **({"DATABASE_URL": url} if url else {})}


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


@pytest.fixture
def away(tmp_path: Path) -> Path:
    folder = tmp_path / "away"
    folder.mkdir()
    return folder


async def restored(
    jackfield: Command, file: Path, away: Path, *words: str, url: str | None = None
) -> Said:
    key = str(key_file(file.parent.parent))
    return await jackfield(
        "restore", str(file), "--key-file", key, "--json", *words, **of(url, away)
    )


def sealed_in(file: Path) -> list[dict[str, Any]]:
    """Return what a backup has in `credentials`."""
    with file.open("rb") as content, container.reader(content, KEYS) as (header, parts):
        names = header.tables["credentials"]
        return [
            dict(zip(names, row, strict=True))
            for part in parts
            if isinstance(part, Rows) and part.table == "credentials"
            for row in part.rows
        ]


def what_is_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def contents_of(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


@dataclass(frozen=True, slots=True)
class World:
    """What the hubs of a test share, and where the one that is backed up has its database."""

    jackfield: Command
    sandbox: Sandbox
    clock: FrozenClock
    data_dir: Path
    url: str | None

    def hub(self, folder: Path, url: str | None = None) -> AbstractAsyncContextManager[Running]:
        return running_hub(self.sandbox, data_dir=folder, clock=self.clock, database_url=url)


@pytest.fixture
def world(
    jackfield: Command,
    sandbox: Sandbox,
    clock: FrozenClock,
    data_dir: Path,
    database_url: str | None,
) -> World:
    return World(jackfield, sandbox, clock, data_dir, database_url)


@pytest.mark.parametrize("database_url", PLACES, indirect=True)
async def test_no_backup_opens_what_was_deleted_before_the_newest(
    world: World, target_url: str | None, backups: Path, away: Path
) -> None:
    jackfield, data_dir = world.jackfield, world.data_dir
    first, second = backups / "monday.backup", backups / "tuesday.backup"
    here = of(world.url, data_dir)
    async with world.hub(data_dir, world.url) as hub:
        deleted, kept = await hub.link(), await hub.link(origin_owner_id="stays")
        known, vault, api_key = await shredding_keys(hub), hub.hub.vault, hub.api_key
        made = await jackfield("backup", str(first), "--to", RECIPIENT, **here)
        await hub.api.delete(f"/accounts/{deleted}")
        left = await shredding_keys(hub)
        again = await jackfield("backup", str(second), "--to", RECIPIENT, **here)

    # Whoever has the old backup, the keyring and all keys that there are opens the others alone.
    assert (made.status, again.status) == (0, 0), again.err
    rows = sealed_in(first)
    assert {each["owner_id"] for each in rows} >= {deleted, kept, f"identity:{deleted}"}
    for row in rows:
        is_shredded = row["shredded_with"] == deleted
        assert opens(vault, row, known[row["shredded_with"]])
        assert any(opens(vault, row, key) for key in left.values()) is not is_shredded

    shutil.copy(data_dir / "keyring.json", away)
    said = await restored(jackfield, first, away, url=target_url)
    assert said.status == 0, said.err
    assert said.json["shredded"] == 1
    async with world.hub(away, target_url) as hub:
        hub.api.auth = httpx2.BasicAuth(api_key, "")
        gone = (await hub.api.get(f"/accounts/{deleted}")).json()
        ran = [await hub.run(each, "iterable_list_channels") for each in (deleted, kept)]
        found = await shredding_keys(hub)

    assert [each["code"] for each in gone["status_reasons"]] == ["credentials_unreadable"]
    assert [each.status_code for each in ran] == [412, 200]
    assert sorted(found) == sorted(left)


async def test_a_destroyed_key_is_not_left_in_the_file_of_sqlite(
    sandbox: Sandbox, clock: FrozenClock, data_dir: Path
) -> None:
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        account = await hub.link()
        key = (await shredding_keys(hub))[account]
        checkpoint(data_dir)
        before = (data_dir / "jackfield.db").read_bytes()
        await hub.api.delete(f"/accounts/{account}")
        checkpoint(data_dir)
        after = (data_dir / "jackfield.db").read_bytes()

    assert key in before
    assert key not in after
    assert not any(
        key in (data_dir / name).read_bytes()
        for name in what_is_in(data_dir)
        if name.startswith("jackfield.db")
    )


def checkpoint(data_dir: Path) -> None:
    with closing(sqlite3.connect(data_dir / "jackfield.db", timeout=PATIENCE)) as connection:
        # It waits for what the hub is about.
        assert connection.execute("pragma wal_checkpoint(truncate)").fetchone()[0] == 0


@pytest.fixture
async def pair(
    jackfield: Command, sandbox: Sandbox, clock: FrozenClock, data_dir: Path, backups: Path
) -> tuple[Path, Path]:
    """Make a backup, keep its shredding keys as they were then, and make another one."""
    first, second = backups / "first.backup", backups / "second.backup"
    keys = backups / "shredding-keys.backup"
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        await hub.link()
        await jackfield("backup", str(first), "--to", RECIPIENT)
        keys.rename(backups / "earlier.backup")
        await hub.link(origin_owner_id="later")
        await jackfield("backup", str(second), "--to", RECIPIENT)
    return first, second


async def test_shredding_keys_that_do_not_belong_to_a_backup_are_refused(
    jackfield: Command, pair: tuple[Path, Path], data_dir: Path, away: Path, backups: Path
) -> None:
    first, second = pair
    keys, earlier = backups / "shredding-keys.backup", backups / "earlier.backup"
    damaged, other = backups / "damaged.backup", backups / "other.backup"
    damaged.write_bytes(keys.read_bytes()[:-40])
    other.write_bytes(keys.read_bytes().replace(b"keys prj_0", b"keys prj_X", 1))
    shutil.copy(data_dir / "keyring.json", away)

    async def refused(*words: str) -> str:
        said = await restored(jackfield, second, away, *words)
        assert said.status != 0
        assert what_is_in(away) == ["keyring.json"]
        assert "Traceback" not in said.err
        return said.err

    assert "older than the backup" in await refused("--shredding-keys", str(earlier))
    assert "damaged or incomplete" in await refused("--shredding-keys", str(damaged))
    assert "is of another hub (prj_X" in await refused("--shredding-keys", str(other))
    assert "is not a file of shredding keys" in await refused("--shredding-keys", str(first))
    missing = await refused("--shredding-keys", str(backups / "nowhere"))
    assert "there is no" in missing
    assert "--without-shredding-keys" in missing
    both = await refused("--shredding-keys", str(keys), "--without-shredding-keys")
    assert "not both" in both
    # The newest ones open the backup before as well; what came after it is not forgotten unasked.
    key, place = str(key_file(backups.parent)), {"DATA_DIR": str(away)}
    said = await jackfield("restore", str(first), "--key-file", key, **place)
    assert said.status == 0, said.err
    assert f"in {str(keys)!r} that nothing in this backup needs: 1" in said.err
    assert "copy that file away first" in said.err


async def test_without_shredding_keys_all_but_what_is_sealed_comes_back(
    world: World, pair: tuple[Path, Path], away: Path
) -> None:
    _, second = pair
    shutil.copy(world.data_dir / "keyring.json", away)

    said = await restored(world.jackfield, second, away, "--without-shredding-keys")
    async with world.hub(away) as hub:
        found = (await hub.api.get("/accounts")).json()

    assert said.status == 0, said.err
    assert said.json["shredded"] == 2
    reasons = [[reason["code"] for reason in each["status_reasons"]] for each in found]
    assert reasons == [["credentials_unreadable"]] * 2


async def test_a_backup_is_verified_with_its_shredding_keys(
    jackfield: Command, pair: tuple[Path, Path], backups: Path
) -> None:
    _, second = pair
    key, keys = str(key_file(backups.parent)), backups / "shredding-keys.backup"
    whole = await jackfield("backup", "--verify", str(second), "--key-file", key)
    keys.write_bytes(keys.read_bytes()[:-40])
    damaged = await jackfield("backup", "--verify", str(second), "--key-file", key)
    keys.unlink()
    missing = await jackfield("backup", "--verify", str(second), "--key-file", key)

    assert [each.status for each in (whole, damaged, missing)] == [0, 1, 1]
    assert "damaged or incomplete" in damaged.err
    assert "there is no" in missing.err


async def test_a_hub_whose_first_project_was_deleted_is_the_same_hub(
    jackfield: Command, pair: tuple[Path, Path], backups: Path
) -> None:
    assert pair
    made = await jackfield("projects", "create", "second")
    gone = await jackfield("projects", "delete", "default", "--yes")
    again = await jackfield("backup", str(backups / "third.backup"), "--to", RECIPIENT)

    assert [each.status for each in (made, gone, again)] == [0, 0, 0], gone.err + again.err


async def test_the_shredding_keys_of_another_hub_are_not_replaced(
    jackfield: Command, pair: tuple[Path, Path], away: Path, backups: Path
) -> None:
    assert pair
    keys = backups / "shredding-keys.backup"
    was = keys.read_bytes()
    await jackfield("keys", "create", "--name", "x", DATA_DIR=str(away))
    there, elsewhere = backups / "other.backup", backups / "other-keys.backup"

    refused = await jackfield("backup", str(there), "--to", RECIPIENT, DATA_DIR=str(away))
    left = what_is_in(backups)
    words = ("--to", RECIPIENT, "--shredding-keys", str(elsewhere))
    named = await jackfield("backup", str(there), *words, DATA_DIR=str(away))

    assert refused.status == 1
    assert "is of another hub (prj_" in refused.err
    assert keys.read_bytes() == was
    assert "other.backup" not in left
    assert named.status == 0, named.err
    assert elsewhere.exists()


async def test_a_backup_and_its_shredding_keys_are_two_files(
    jackfield: Command, pair: tuple[Path, Path], backups: Path
) -> None:
    keys, second = backups / "shredding-keys.backup", pair[1]
    before = contents_of(backups)
    to = ("--force", "--to", RECIPIENT)

    for file, named in ((keys, ()), (second, ("--shredding-keys", f"{backups}/./{second.name}"))):
        said = await jackfield("backup", str(file), *to, *named)
        assert said.status == 2
        assert "is where the shredding keys belong" in said.err

    assert contents_of(backups) == before


async def test_where_the_shredding_keys_are_a_link_no_earlier_ones_stay_behind_it(
    jackfield: Command, pair: tuple[Path, Path], backups: Path
) -> None:
    keys, there = backups / "shredding-keys.backup", backups / "there.keys"
    was = keys.read_bytes()
    keys.rename(there)
    keys.symlink_to(there)

    said = await jackfield("backup", str(pair[1]), "--force", "--to", RECIPIENT)

    assert said.status == 0, said.err
    assert keys.is_symlink()
    assert there.read_bytes() != was


async def test_only_a_file_is_replaced_by_a_backup(
    jackfield: Command, pair: tuple[Path, Path], backups: Path
) -> None:
    assert pair
    pipe = backups / "pipe"
    os.mkfifo(pipe)

    said = await jackfield("backup", str(pipe), "--force", "--to", RECIPIENT)

    assert said.status == 1
    assert "is no file that could be replaced" in said.err
    assert pipe.is_fifo()
