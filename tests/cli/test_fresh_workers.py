"""What one worker was asked to forbid or to change holds in the others within a second."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest

from jackfield.client import AsyncHub
from tests.cli.conftest import Command
from tests.clients.conftest import link
from tests.support.running import PATIENCE
from tests.support.scripted import Seen, reply, scripted
from tests.support.workers import serving_workers

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.database]

# Connections, each to a worker by chance: that one is left out is as likely as 1 in 30,000.
_CONNECTIONS = 16
_OLD, _NEW = "a" * 32, "b" * 32
_READ = {"action": "iterable_list_channels"}


async def test_a_revoked_key_a_suspended_account_and_a_replaced_credential_hold_within_a_second(
    data_dir: Path, database_url: str | None, jackfield: Command
) -> None:
    settings = {} if database_url is None else {"DATABASE_URL": database_url}
    keys = [
        (await jackfield("keys", "create", "--name", name, "--json", **settings)).json
        for name in ("ours", "theirs")
    ]
    ours, theirs = keys[0]["key"], keys[1]["key"]
    async with (
        scripted(_answer) as provider,
        serving_workers(data_dir, provider.url, **settings) as hub,
        httpx2.AsyncClient(
            base_url=hub.url,
            # Each request on a connection of its own.
            limits=httpx2.Limits(max_keepalive_connections=0),
        ) as api,
    ):
        async with AsyncHub(hub.url, ours) as client:
            suspended, rotated = [await link(client, _OLD, multiple=True) for _ in "ab"]

        async def ask(key: str, account: str) -> httpx2.Response:
            return await api.post(
                "/actions/rpc", json=_READ, headers={"x-account-id": account}, auth=(key, "")
            )

        before = await asyncio.gather(
            *(ask(theirs, account) for account in (suspended, rotated) * _CONNECTIONS)
        )
        async with AsyncHub(hub.url, ours) as client:
            await client.request("POST", f"/jackfield/accounts/{suspended}/suspend")
            await client.request(
                "PATCH",
                f"/accounts/{rotated}",
                body={"credentials": {"api_key": _NEW, "region": "us"}},
            )
        ended = await jackfield("keys", "revoke", keys[1]["id"], **settings)
        assert ended.status == 0, ended.err
        changed = time.monotonic()
        seconds = await asyncio.gather(
            _until(lambda: ask(theirs, rotated), lambda r: r.status_code == 401),
            _until(lambda: ask(ours, suspended), lambda r: r.status_code == 412),
            _until(lambda: ask(ours, rotated), lambda r: "new" in r.text),
        )

    assert Counter(each.status_code for each in before) == {200: 2 * _CONNECTIONS}
    assert max(seconds) < changed + 1


async def _answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
    """Answer with which key was shown."""
    shown = "new" if seen.headers["api-key"] == _NEW else "old"
    await reply(json.dumps({"channels": [{"id": 1, "name": shown}]}))(writer, seen)


async def _until(
    ask: Callable[[], Awaitable[httpx2.Response]], is_so: Callable[[httpx2.Response], bool]
) -> float:
    """Ask until it is so on all connections; return when the last was asked on which it was not."""
    last = 0.0
    async with asyncio.timeout(PATIENCE):
        while True:
            asked = time.monotonic()
            answers = await asyncio.gather(*(ask() for _ in range(_CONNECTIONS)))
            if all(map(is_so, answers)):
                return last
            last = asked
