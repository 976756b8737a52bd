"""A disk that is full: what cannot be written is 503, and all is well once there is room."""

from pathlib import Path

import asyncpg
import pytest

from jackfield.db.sqlite import SqliteDatabase
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.clock import FrozenClock
from tests.support.running import OWNER, Running, running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def allow_pages(hub: Running, more: int | None) -> None:
    """Let the file grow by so many pages, as far as the disk has room for."""
    assert isinstance(hub.hub.db, SqliteDatabase)
    (row,) = await hub.hub.db.unscoped("select page_count from pragma_page_count()")
    most = 2**31 if more is None else row["page_count"] + more
    await hub.hub.db.unscoped(f"pragma max_page_count = {most}")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("hub_database_url", ["sqlite"], indirect=True)
async def test_a_full_disk_is_503_until_there_is_room(hub: Running) -> None:
    large = {**OWNER, "metadata": {"note": "x" * 50_000}}
    account = await hub.link()
    assert (await hub.api.get("/readyz")).status_code == 200

    await allow_pages(hub, 0)
    refused = [await hub.api.post("/connect_sessions", json=large) for _ in range(3)]
    waiting = [await hub.api.get("/readyz") for _ in range(2)]
    read = await hub.api.get(f"/accounts/{account}")
    ran = await hub.run(account, "iterable_list_channels")
    alive = await hub.api.get("/healthz")

    await allow_pages(hub, None)
    ready = await hub.api.get("/readyz")
    made = await hub.api.post("/connect_sessions", json=large)

    assert {each.status_code for each in (*refused, *waiting)} == {503}
    assert {each.json()["code"] for each in (*refused, *waiting)} == {"database_not_writable"}
    assert {each.headers["retry-after"] for each in (*refused, *waiting)} == {"10"}
    assert [each.status_code for each in (read, ran, alive)] == [200, 200, 200]
    assert [each.status_code for each in (ready, made)] == [200, 201]


@pytest.mark.parametrize("hub_database_url", ["sqlite"], indirect=True)
async def test_a_write_that_finds_room_by_itself_needs_nobody_to_ask(hub: Running) -> None:
    large = {**OWNER, "metadata": {"note": "x" * 50_000}}
    await allow_pages(hub, 0)
    refused = await hub.api.post("/connect_sessions", json=large)
    await allow_pages(hub, None)
    made = await hub.api.post("/connect_sessions", json=large)
    listed = await hub.api.get("/jackfield/connect_sessions")

    assert (refused.status_code, made.status_code) == (503, 201)
    assert len(listed.json()["data"]) == 1


# A server whose disk is full says so of any statement that needs room.
FULL = """
create function refuse() returns trigger language plpgsql as $$
begin raise 'could not extend file: No space left on device' using errcode = '53100'; end $$;
create trigger full_disk before insert or update on connect_sessions
    for each statement execute function refuse();
create trigger full_disk before insert on migrations for each statement execute function refuse();
"""
ROOM = "drop function refuse() cascade"
READ_ONLY = """
alter database {name} set default_transaction_read_only = on;
select pg_terminate_backend(pid) from pg_stat_activity
 where datname = '{name}' and pid <> pg_backend_pid()
"""
# Sessions that are there stay as they began.
WRITABLE = "set default_transaction_read_only = off; alter database {name} reset all"


async def connect_anew(hub: Running) -> None:
    """Let the hub notice connections that the server closed."""
    while (await hub.api.get("/accounts")).status_code != 200:
        pass


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize(("spoil", "mend"), [(FULL, ROOM), (READ_ONLY, WRITABLE)])
async def test_a_server_that_cannot_be_written_is_503_until_it_can(
    sandbox: Sandbox,
    data_dir: Path,
    clock: FrozenClock,
    database_url: str,
    spoil: str,
    mend: str,
) -> None:
    name = database_url.rpartition("/")[2]
    async with running_hub(
        sandbox, data_dir=data_dir, clock=clock, database_url=database_url
    ) as hub:
        account = await hub.link()
        operator = await asyncpg.connect(database_url)
        await operator.execute(spoil.format(name=name))
        await connect_anew(hub)
        refused = [await hub.api.post("/connect_sessions", json=OWNER) for _ in range(2)]
        waiting = [await hub.api.get("/readyz") for _ in range(2)]
        read = await hub.api.get(f"/accounts/{account}")

        await operator.execute(mend.format(name=name))
        await connect_anew(hub)
        await operator.close()
        ready = await hub.api.get("/readyz")
        made = await hub.api.post("/connect_sessions", json=OWNER)

    assert {each.status_code for each in (*refused, *waiting)} == {503}
    assert {each.json()["code"] for each in (*refused, *waiting)} == {"database_not_writable"}
    assert read.status_code == 200
    assert [each.status_code for each in (ready, made)] == [200, 201]
