"""A restoration that is killed when everything is written leaves nothing half done."""

import shutil
import signal
from pathlib import Path

import pytest

from tests.cli import killed_restore
from tests.cli.killed import status_of
from tests.cli.test_shredding import (
    PLACES,
    World,
    away,
    backups,
    of,
    restored,
    target_url,
    what_is_in,
    world,
)
from tests.support.backups import RECIPIENT, key_file

__all__ = ["away", "backups", "target_url", "world"]

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def killed(step: str, file: Path, place: dict[str, str]) -> int:
    words = ("restore", str(file), "--key-file", str(key_file(file.parent.parent)))
    return await status_of(killed_restore, step, *words, **place)


@pytest.mark.parametrize("database_url", PLACES, indirect=True)
async def test_accounts_whose_keys_are_destroyed_are_marked_by_whatever_restoration_there_is(
    world: World, target_url: str | None, backups: Path, away: Path
) -> None:
    jackfield, here, there = world.jackfield, of(world.url, world.data_dir), of(target_url, away)
    monday = backups / "monday.backup"
    async with world.hub(world.data_dir, world.url) as hub:
        deleted, kept = await hub.link(), await hub.link(origin_owner_id="stays")
        made = await jackfield("backup", str(monday), "--to", RECIPIENT, **here)
        await hub.api.delete(f"/accounts/{deleted}")
        await jackfield("backup", str(backups / "tuesday.backup"), "--to", RECIPIENT, **here)
    shutil.copy(world.data_dir / "keyring.json", away)

    ends = [await killed(step, monday, there) for step in killed_restore.STEPS]
    left = what_is_in(away)
    empty = await jackfield("projects", "list", **there)
    said = await restored(jackfield, monday, away, url=target_url)
    found = await jackfield("audit", "export", **there)
    verified = await jackfield("audit", "verify", **there)
    async with world.hub(away, target_url) as hub:
        rows = await hub.hub.db.unscoped("select id, status from accounts order by id")

    assert made.status == 0, made.err
    assert ends == [-signal.SIGKILL] * 2
    assert "jackfield.db" not in left
    assert empty.status != 0
    assert said.status == 0, said.err
    assert {row["id"]: row["status"] for row in rows} == {deleted: "error", kept: "active"}
    records = [found.out.count(kind) for kind in ("credentials.forgotten", "backup.restored")]
    assert records == [1, 1]
    assert verified.status == 0, verified.err
