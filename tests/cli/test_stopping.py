"""How `jackfield serve` ends when it is asked to."""

import asyncio
import io
import json
import os
import signal
import sqlite3
from pathlib import Path

import httpx2
import pytest

from jackfield.cli import failure
from jackfield.client import AsyncHub
from jackfield.kit import log
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.test_killed import ORDER, serving
from tests.clients.conftest import link
from tests.support.running import PATIENCE
from tests.support.scripted import Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
async def test_a_server_that_is_asked_to_stop_leaves_one_whole_file(
    data_dir: Path, sandbox: Sandbox, asked: signal.Signals
) -> None:
    async with serving(data_dir, sandbox.us.url) as (_, process):
        process.send_signal(asked)
        status = await asyncio.wait_for(process.wait(), PATIENCE)

    assert status == 0
    left = [name for name in os.listdir(data_dir) if name.startswith("jackfield.db")]  # noqa: PTH208 - a coroutine
    assert left == ["jackfield.db"]
    with sqlite3.connect(data_dir / "jackfield.db") as copy:
        assert copy.execute("select count(*) from projects").fetchone() == (1,)
    copy.close()


async def test_a_write_that_is_still_waited_for_when_the_hub_stops_is_said_to_be_unknown(
    data_dir: Path, jackfield: Command
) -> None:
    proxied = {"method": "post", "path": "/api/lists", "body": {"name": "VIP"}}
    writes: list[tuple[str, object, dict[str, str]]] = [
        ("/actions/rpc", ORDER, {}),
        ("/actions/rpc", ORDER, {"prefer": "heartbeat"}),
        ("/actions/rpc", ORDER, {"idempotency-key": "once"}),
        ("/unified/proxy", proxied, {}),
    ]
    asked = asyncio.Semaphore(0)

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        if seen.line.startswith("POST /api/lists"):
            asked.release()
            await asyncio.Event().wait()
        await reply('{"channels": [], "lists": []}')(writer, seen)

    key = (await jackfield("keys", "create", "--name", "stopped", "--json")).json["key"]
    async with scripted(answer) as provider, serving(data_dir, provider.url) as (url, process):
        async with AsyncHub(url, key) as client:
            account = {"x-account-id": await link(client, "k" * 32)}
        async with httpx2.AsyncClient(base_url=url, auth=(key, "")) as api:
            waiting = [
                asyncio.create_task(api.post(path, json=order, headers={**account, **more}))
                for path, order, more in writes
            ]
            for _ in writes:
                await asyncio.wait_for(asked.acquire(), PATIENCE)
            process.send_signal(signal.SIGTERM)
            responses = await asyncio.gather(*waiting)
        status = await asyncio.wait_for(process.wait(), PATIENCE)

    # What a heartbeat has sent ahead of its answer is a status of success.
    assert [each.status_code for each in responses] == [502, 200, 502, 502]
    told = [each.json() for each in responses]
    assert {(each["statusCode"], each["code"]) for each in told} == {(502, "outcome_unknown")}
    assert status == 0


async def test_all_that_a_server_says_is_lines_of_json(data_dir: Path, sandbox: Sandbox) -> None:
    async with serving(data_dir, sandbox.us.url) as (url, process):
        async with httpx2.AsyncClient(base_url=url) as api:
            await api.get("/healthz")
        process.send_signal(signal.SIGTERM)
        _, rest = await asyncio.wait_for(process.communicate(), PATIENCE)

    assert url.startswith("http://127.0.0.1:")
    assert all(isinstance(json.loads(line), dict) for line in rest.splitlines())


async def test_a_bug_of_a_server_is_a_line_of_json_too() -> None:
    said = io.StringIO()
    log.configure(stream=said)

    with pytest.raises(SystemExit) as ended:
        failure.end(RuntimeError("a bug"), command="serve")

    assert ended.value.code == 70
    assert json.loads(said.getvalue())["event"] == "process_crashed"
