"""`jackfield projects delete`: what is asked, a hub that runs, a kill, and backups from before."""

import os
import shutil
import signal
from pathlib import Path

import httpx2
import pytest

from jackfield.members.project_deletion import service as deletion
from jackfield.profiles import service as profiles
from jackfield.projects import service as projects
from tests.cli import killed_deletion
from tests.cli.killed import status_of
from tests.cli.test_shredding import (
    PLACES,
    World,
    away,
    backups,
    checkpoint,
    of,
    opens,
    restored,
    sealed_in,
    target_url,
    world,
)
from tests.support.actor import TESTER
from tests.support.backups import RECIPIENT
from tests.support.clock import StoppedTime
from tests.support.filled_project import fill, rows_of
from tests.support.running import Running, serving_hub

__all__ = ["away", "backups", "target_url", "world"]

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

EVERYTHING = "1 account, 1 API key, 0 webhooks, 0 members"


async def account_in(hub: Running, project: str) -> tuple[str, str]:
    """Return an API key of a project, made if there is none, and an account that it linked."""
    made = await projects.ensure_project(hub.hub, TESTER, project)
    await profiles.ensure_defaults(hub.hub, made.id, TESTER)
    key = await hub.key(project=project)
    hub.api.auth = httpx2.BasicAuth(key, "")
    account = await hub.link()
    hub.api.auth = httpx2.BasicAuth(hub.api_key, "")
    return key, account


@pytest.mark.parametrize("database_url", PLACES, indirect=True)
async def test_a_project_is_deleted_beside_a_hub_that_runs_and_what_it_did_is_still_proved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = StoppedTime()
    monkeypatch.setattr("jackfield.db.project_cache.time", stopped)
    jackfield, here = world.jackfield, of(world.url, world.data_dir)
    async with serving_hub(world.sandbox, data_dir=world.data_dir, database_url=world.url) as hub:
        key, _ = await account_in(hub, "doomed")
        doomed = await projects.get_project(hub.hub.db, "doomed")
        kept = await hub.link()
        before = await hub.api.get("/accounts", auth=(key, ""))
        asked = await jackfield("projects", "delete", "doomed", stdin="default\n", **here)
        done = await jackfield("projects", "delete", "doomed", "--json", stdin="doomed\n", **here)
        stopped.now += 1
        after = await hub.api.get("/accounts", auth=(key, ""))
        ran = await hub.run(kept, "iterable_list_channels")
        left = await rows_of(hub.hub.db, doomed.id)
        again = await jackfield("projects", "delete", "doomed", "--yes", **here)
        last = await jackfield("projects", "delete", "default", "--yes", **here)
        listed = await jackfield("projects", "list", "--json", **here)
    verified = await jackfield("audit", "verify", **here)

    assert EVERYTHING in asked.err
    assert "jackfield revoke --project doomed" in asked.err
    assert (asked.status, "nothing was changed" in asked.err) == (1, True)
    assert done.status == 0, done.err
    assert done.json == {
        "id": doomed.id,
        "name": "doomed",
        "deleted": {"accounts": 1, "keys": 1, "webhooks": 0, "members": 0},
    }
    assert [each.status_code for each in (before, after, ran)] == [200, 401, 200]
    assert not any(left.values())
    assert (again.status, "project_not_found" in again.err) == (1, True)
    assert (last.status, "last_project" in last.err) == (1, True)
    assert [each["name"] for each in listed.json["data"]] == ["default"]
    assert verified.status == 0, verified.err
    assert doomed.id in verified.out


@pytest.mark.parametrize("database_url", PLACES, indirect=True)
async def test_a_deletion_that_is_killed_at_any_step_is_gone_on_with(world: World) -> None:
    jackfield, here = world.jackfield, of(world.url, world.data_dir)
    async with world.hub(world.data_dir, world.url) as hub:
        doomed = await projects.ensure_project(hub.hub, TESTER, "doomed")
        await fill(hub.hub.db, doomed.id, rows=2)
        for step in ("_tell_installation", "runs", "accounts", "_drop_project"):
            assert await status_of(killed_deletion, "doomed", step, **here) == -signal.SIGKILL, step
        listed = await jackfield("projects", "list", **here)
        done = await jackfield("projects", "delete", "doomed", **here)
        left = await rows_of(hub.hub.db, doomed.id)
        records = await hub.hub.db.unscoped(
            "select project_id from audit_records where kind = 'project.deleted' order by 1"
        )
    verified = await jackfield("audit", "verify", **here)

    assert "'doomed' is being deleted" in listed.err
    assert done.status == 0, done.err
    assert "had begun" in done.err
    assert not any(left.values())
    assert sorted(row["project_id"] for row in records) == ["installation", doomed.id]
    assert verified.status == 0, verified.err


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_keys_of_a_deleted_project_are_not_left_in_the_file_of_sqlite(
    world: World,
) -> None:
    keys = [os.urandom(32) for _ in range(1000)]
    async with world.hub(world.data_dir) as hub:
        doomed = await projects.ensure_project(hub.hub, TESTER, "doomed")
        for key in keys:
            await hub.hub.db.unscoped(
                "insert into shredding_keys (project_id, owner_id, key) values (:id, :owner, :key)",
                id=doomed.id,
                owner=f"acc_{key.hex()}",
                key=key,
            )
        checkpoint(world.data_dir)
        before = database_in(world.data_dir)
        await deletion.cut_off(hub.hub, doomed, TESTER)
        checkpoint(world.data_dir)
        after = database_in(world.data_dir)

    assert all(key in before for key in keys)
    assert not any(key in after for key in keys)


def database_in(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.glob("jackfield.db*"))


@pytest.mark.parametrize("database_url", PLACES, indirect=True)
async def test_no_backup_opens_what_a_project_had_that_was_deleted_before_the_newest(
    world: World, target_url: str | None, backups: Path, away: Path
) -> None:
    jackfield, here = world.jackfield, of(world.url, world.data_dir)
    first, second = backups / "monday.backup", backups / "tuesday.backup"
    async with world.hub(world.data_dir, world.url) as hub:
        kept, vault = await hub.link(), hub.hub.vault
        key, account = await account_in(hub, "doomed")
        doomed = await projects.get_project(hub.hub.db, "doomed")
        made = await jackfield("backup", str(first), "--to", RECIPIENT, **here)
        deleted = await jackfield("projects", "delete", "doomed", "--yes", **here)
        again = await jackfield("backup", str(second), "--to", RECIPIENT, **here)
        left = await hub.hub.db.unscoped("select key from shredding_keys")

    assert [each.status for each in (made, deleted, again)] == [0, 0, 0], deleted.err
    of_doomed = [row for row in sealed_in(first) if row["project_id"] == doomed.id]
    assert {row["owner_id"] for row in of_doomed} >= {account}
    assert not any(opens(vault, row, each["key"]) for row in of_doomed for each in left)
    assert not [row for row in sealed_in(second) if row["project_id"] == doomed.id]

    shutil.copy(world.data_dir / "keyring.json", away)
    said = await restored(jackfield, first, away, url=target_url)
    async with world.hub(away, target_url) as hub:
        hub.api.auth = httpx2.BasicAuth(key, "")
        gone = (await hub.api.get(f"/accounts/{account}")).json()
        hub.api.auth = httpx2.BasicAuth(await hub.key(), "")
        ran = await hub.run(kept, "iterable_list_channels")

    assert said.status == 0, said.err
    assert [each["code"] for each in gone["status_reasons"]] == ["credentials_unreadable"]
    assert ran.status_code == 200
