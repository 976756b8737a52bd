"""`jackfield logs`: runs found and followed from a shell."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from jackfield.client import AsyncHub, Hub
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.test_killed import serving
from tests.clients.conftest import link
from tests.support.forked import start
from tests.support.logged_runs import REFUSED, log_runs
from tests.support.running import PATIENCE, Running, serving_hub

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_runs_are_found_by_words_as_a_table_or_a_line_each(
    jackfield: Command, data_dir: Path, sandbox: Sandbox
) -> None:
    async with serving_hub(sandbox, data_dir=data_dir) as hub:
        settings = {"URL": hub.hub.public_url, "API_KEY": hub.api_key}
        strange = {"origin_owner_name": "Acme \x1b[2J"}
        # Logs of long ago are pruned.
        ids = await log_runs(hub, REFUSED, {}, strange, until=hub.hub.clock())

        table = await jackfield("logs", "status:ok", **settings)
        lines = await jackfield("logs", "--json", "--limit", "2", **settings)
        quoted = await jackfield("logs", "customer:a b", "--", "-code:none", **settings)
        refused = await jackfield("logs", "state:ok", **settings)
        await jackfield("run", "iterable_list_lists", "--account", "acc_none", **settings)
        await hub.hub.write_buffer.flush()
        own = await jackfield("logs", "--json", "source:cli", **settings)

    assert [each in table.out for each in ids] == [False, True, True]
    assert "\x1b" not in table.out
    assert [json.loads(line)["id"] for line in lines.out.splitlines()] == ids[:0:-1]
    assert (quoted.status, quoted.err) == (0, "no run matches\n")
    assert (own.json["account_id"], own.json["source"]) == ("acc_none", "cli")
    assert (refused.status, "there is no word 'state'" in refused.err) == (1, True)


async def test_new_runs_are_followed_as_they_come(data_dir: Path, sandbox: Sandbox) -> None:
    async with serving_hub(sandbox, data_dir=data_dir) as hub:
        async with AsyncHub(hub.hub.public_url, hub.api_key) as client:
            account = await link(client, hub.us_key)
        (old,) = await log_runs(hub, {}, until=hub.hub.clock())
        process = await start(
            "logs", "--follow", "--json", URL=hub.hub.public_url, API_KEY=hub.api_key
        )
        try:
            first = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
            await hub.run(account, "iterable_list_channels")
            second = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        finally:
            process.terminate()
            await process.communicate()

    assert json.loads(first)["id"] == old
    assert json.loads(second)["action"] == "iterable_list_channels"


async def test_a_text_of_a_caller_cannot_pass_for_another_run(
    data_dir: Path, sandbox: Sandbox
) -> None:
    forged = "none\n2026-11-29 20:00:00.000  200  iterable_list_channels"
    async with serving_hub(sandbox, data_dir=data_dir) as hub:
        await log_runs(hub, {"action_id": forged}, {}, until=hub.hub.clock())
        process = await start("logs", "--follow", URL=hub.hub.public_url, API_KEY=hub.api_key)
        try:
            first = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
            second = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        finally:
            process.terminate()
            await process.communicate()

    assert rb"none\n2026-11-29" in first
    assert second.startswith(b"20")
    assert b"none" not in second


async def of_the_client(hub: Running) -> str:
    async with AsyncHub(hub.hub.public_url, hub.api_key) as client:
        async for line in client.follow("/jackfield/logs/live", query={"query": "status:ok"}):
            return line
    return ""


async def of_the_client_in_a_thread(hub: Running) -> str:
    def work() -> str:
        with Hub(hub.hub.public_url, hub.api_key) as client:
            return next(client.follow("/jackfield/logs/live", query={"query": "status:ok"}))

    return await asyncio.to_thread(work)


@pytest.mark.parametrize("first_line", [of_the_client, of_the_client_in_a_thread])
async def test_both_clients_read_what_goes_on_line_by_line(
    data_dir: Path, sandbox: Sandbox, first_line: Callable[[Running], Awaitable[str]]
) -> None:
    async with serving_hub(sandbox, data_dir=data_dir) as hub:
        assert await first_line(hub) == ":\n"


async def test_a_stream_ends_at_once_and_whole_when_the_hub_stops(
    data_dir: Path, sandbox: Sandbox, jackfield: Command
) -> None:
    lines: list[str] = []
    async with serving(data_dir, sandbox.us.url) as (url, process):
        key = (await jackfield("keys", "create", "--name", "reader", "--json")).json["key"]
        async with AsyncHub(url, key) as client:
            async for line in client.follow("/jackfield/logs/live"):
                if not lines:
                    process.send_signal(signal.SIGTERM)
                lines.append(line)
        status = await asyncio.wait_for(process.wait(), PATIENCE)

    # Cut off after the grace, it would not say so.
    assert "event: end\n" in lines
    assert status == 0
