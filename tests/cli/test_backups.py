"""`jackfield backup` and `restore`: a hub goes on elsewhere with all that it had."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.db.transfer.places import snapshot
from jackfield.db.transfer.tables import tables
from jackfield.db.tx import Database
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command, Said
from tests.support import postgres
from tests.support.backups import RECIPIENT, key_file
from tests.support.clock import FrozenClock
from tests.support.earlier import lay_out, opened
from tests.support.receiver import Receiver, deliver, subscribe
from tests.support.running import OWNER, Running, running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PLACES = ["sqlite", "postgres"]


@pytest.fixture
def target_url(request: pytest.FixtureRequest) -> Generator[str | None]:
    """Yield where a backup is restored: a database with nothing in it, or a SQLite file to be."""
    if request.param == "sqlite":
        yield None
        return
    server, name = request.getfixturevalue("postgres_server"), "restored"
    yield asyncio.run(postgres.bare_database(server, name))
    asyncio.run(postgres.drop_database(server, name))


@dataclass(frozen=True, slots=True)
class Scene:
    """What both hubs of a test share, the folder of the first and the one it is restored to."""

    jackfield: Command
    sandbox: Sandbox
    clock: FrozenClock
    here: Path
    away: Path

    async def back_up(self, url: str | None) -> Said:
        file = str(self.away / "hub.backup")
        return await self.jackfield(
            "backup", file, "--to", RECIPIENT, "--json", **to(url, self.here)
        )

    async def verify(self) -> Said:
        return await self.jackfield("backup", "--verify", *self._file_and_key)

    async def restore(self, url: str | None) -> Said:
        return await self.jackfield("restore", *self._file_and_key, **to(url, self.away))

    @property
    def _file_and_key(self) -> list[str]:
        key = key_file(self.away.parent)
        return [str(self.away / "hub.backup"), "--key-file", str(key), "--json"]


@pytest.fixture
def scene(
    jackfield: Command, sandbox: Sandbox, clock: FrozenClock, data_dir: Path, tmp_path: Path
) -> Scene:
    away = tmp_path / "away"
    away.mkdir()
    return Scene(jackfield, sandbox, clock, data_dir, away)


def to(url: str | None, folder: Path) -> dict[str, str]:
    """Return the settings of an installation in `folder`, with its database at `url`, if any."""
    return {"DATA_DIR": str(folder), **({"DATABASE_URL": url} if url else {})}


@contextlib.asynccontextmanager
async def running(scene: Scene, folder: Path, url: str | None) -> AsyncGenerator[Running]:
    async with running_hub(
        scene.sandbox,
        data_dir=folder,
        clock=scene.clock,
        database_url=url,
        allow_private_networks=True,
    ) as hub:
        yield hub


async def link_until(done: asyncio.Event, hub: Running) -> list[str]:
    """Write one thing after the other, accounts first; return those that were acknowledged."""
    linked = list[str]()
    while not done.is_set():
        owner = f"owner-{len(linked)}"
        # As many as the provider takes at once.
        if len(linked) < 40:
            linked.append(await hub.link(origin_owner_id=owner))
        else:
            await hub.session(origin_owner_id=owner)
    return linked


@pytest.mark.parametrize("database_url", PLACES, indirect=True)
@pytest.mark.parametrize("target_url", PLACES, indirect=True)
async def test_a_backup_of_a_hub_at_work_is_a_whole_hub_on_either_database(
    scene: Scene, database_url: str | None, target_url: str | None, receiver: Receiver
) -> None:
    once = {"json": OWNER, "headers": {"idempotency-key": "k"}}
    async with running(scene, scene.here, database_url) as hub:
        key, account = hub.api_key, await hub.link()
        webhook = await subscribe(hub, receiver.url)
        session = await hub.session(origin_owner_id="left open")
        first = await hub.api.post("/connect_sessions", **once)
        done = asyncio.Event()
        load = asyncio.create_task(link_until(done, hub))
        made = await scene.back_up(database_url)
        done.set()
        linked = await load
    (scene.here / "keyring.json").rename(scene.away / "keyring.json")
    verified, back = await scene.verify(), await scene.restore(target_url)

    assert made.status == 0, made.err
    assert back.status == 0, back.err
    assert back.json["tables"] == verified.json["tables"] == made.json["tables"]
    async with running(scene, scene.away, target_url) as hub:
        hub.api.auth = httpx2.BasicAuth(key, "")
        found = {each["id"] for each in (await hub.api.get("/accounts?page_size=100")).json()}
        ran = [await hub.run(each, "iterable_list_channels") for each in found]
        again = await hub.api.post("/connect_sessions", **once)
        linked_later = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})
        hooks = (await hub.api.get("/jackfield/webhooks")).json()
        await deliver(hub)

    # What was there when it began is there; of what came meanwhile, only what was acknowledged.
    assert account in found
    assert len(linked) > 1
    assert found <= {account, *linked}
    assert {each.status_code for each in ran} == {200}
    assert (again.headers["idempotency-replayed"], again.json()) == ("true", first.json())
    assert linked_later.status_code == 201, linked_later.text
    assert [each["id"] for each in hooks["data"]] == [webhook["id"]]
    assert linked_later.json()["id"] in {each["account_id"] for each in receiver.told}


@pytest.mark.parametrize("target_url", PLACES, indirect=True)
async def test_a_backup_of_an_earlier_version_is_restored_and_migrated(
    scene: Scene, bare_database_url: str | None, target_url: str | None
) -> None:
    facts = await lay_out(scene.here, bare_database_url)
    made = await scene.back_up(bare_database_url)
    (scene.here / "keyring.json").rename(scene.away / "keyring.json")
    back = await scene.restore(target_url)
    scene.clock.advance(hours=1)
    async with opened(facts, scene.away, target_url, scene.clock, scene.sandbox) as earlier:
        known = earlier.facts["iterable"]
        ran = await earlier.run(known["account_id"], "iterable_list_channels")

    assert made.status == 0, made.err
    assert back.status == 0, back.err
    assert ran.status_code == 200, ran.text
    assert [each.headers["api-key"] for each in earlier.seen] == [known["api_key"]]


async def test_the_audit_log_says_what_was_backed_up_and_restored(scene: Scene) -> None:
    await scene.jackfield("keys", "create", "--name", "x")
    made = await scene.back_up(None)
    here = await scene.jackfield("audit", "export")
    shutil.copy(scene.here / "keyring.json", scene.away)
    back = await scene.restore(None)
    there = await scene.jackfield("audit", "export", **to(None, scene.away))
    verified = await scene.jackfield("audit", "verify", "--json", **to(None, scene.away))

    assert (made.status, back.status) == (0, 0), back.err
    (first,), (second,) = of_backups(here), of_backups(there)
    assert (first["kind"], second["kind"]) == ("backup.made", "backup.restored")
    assert (first["actor"]["kind"], first["actor"]["id"]) == ("command", "backup")
    assert first["details"] == second["details"]
    assert first["details"]["made_at"] == made.json["made_at"].replace("Z", "+00:00")
    assert verified.status == 0, verified.err


def of_backups(exported: Said) -> list[dict[str, Any]]:
    records = [json.loads(line).get("record") for line in exported.out.splitlines()]
    return [each for each in records if each and each["kind"].startswith("backup.")]


async def test_what_is_written_during_a_backup_is_not_in_it_and_does_not_wait(
    own_db: Database, tmp_path: Path, database_url: str | None
) -> None:
    insert = "insert into projects (id, name, created_at) values (:id, :name, :now)"
    (table,) = [each for each in tables() if each.name == "projects"]
    await own_db.unscoped(insert, id="prj_1", name="before")
    async with snapshot(database_url or tmp_path / "test.db") as source:
        await own_db.unscoped(insert, id="prj_2", name="during")
        names = [row[1] async for row in source.rows(table)]
        await own_db.unscoped(insert, id="prj_3", name="later")
        again = [row[1] async for row in source.rows(table)]

    assert names == again == ["before"]
