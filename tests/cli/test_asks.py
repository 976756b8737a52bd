"""What operators of other hubs ask for, of a hub in a process of its own: docs/operating/asks.md."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import Command
from tests.support import forked
from tests.support.running import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def start(data_dir: Path, *options: str, **settings: str) -> forked.Forked:
    words = ("serve", "--port", "0", *options)
    return await forked.start(*words, DATA_DIR=str(data_dir), **settings)


@contextlib.asynccontextmanager
async def serving(data_dir: Path, *options: str, **settings: str) -> AsyncGenerator[str]:
    process = await start(data_dir, *options, **settings)
    try:
        async with asyncio.timeout(PATIENCE):
            while not (found := re.search(rb"listens on (http://[^\s\"]+)", await line(process))):
                assert process.returncode is None
        yield found[1].decode()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def line(process: forked.Forked) -> bytes:
    said = await process.stderr.readline()
    assert said, "it ended"
    return said


async def test_a_hub_with_a_wrong_key_ends_with_one_sentence_that_names_the_key_it_needs(
    jackfield: Command, data_dir: Path, tmp_path: Path
) -> None:
    await jackfield("keys", "create", "--name", "first")
    needed = json.loads((data_dir / "keyring.json").read_text("utf-8"))["current"]
    await jackfield("keys", "create", "--name", "other", DATA_DIR=str(tmp_path / "other"))
    (data_dir / "keyring.json").write_bytes((tmp_path / "other/keyring.json").read_bytes())

    process = await start(data_dir)
    _, said = await asyncio.wait_for(process.communicate(), PATIENCE)

    (told,) = [each for each in said.decode().splitlines() if "keyring" in each]
    assert process.returncode == 1
    assert f"key {needed}" in told
    assert "Traceback" not in said.decode()


async def test_what_a_stranger_says_of_the_outside_is_not_believed(
    jackfield: Command, data_dir: Path
) -> None:
    key = (await jackfield("keys", "create", "--name", "operator", "--json")).json["key"]
    outside = "https://hub.example.com/below"
    lies = {
        "forwarded": "for=203.0.113.7;host=evil.example;proto=http",
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-host": "evil.example",
        "x-forwarded-prefix": "/evil",
        "x-forwarded-proto": "http",
        "host": "evil.example",
    }
    owner = {"origin_owner_id": "acme", "origin_owner_name": "Acme"}

    async with (
        serving(data_dir, PUBLIC_URL=outside) as url,
        httpx2.AsyncClient(base_url=url, headers=lies) as client,
    ):
        made = await client.post("/connect_sessions", auth=(key, ""), json=owner)
        page = await client.get("/dashboard")

    assert made.json()["auth_link_url"].startswith(f"{outside}/")
    for answer in (made, page):
        assert "evil" not in answer.text + str(answer.headers)


async def test_a_hub_is_reached_where_there_is_nothing_but_ipv6(data_dir: Path) -> None:
    async with serving(data_dir, "--host", "::1") as url, httpx2.AsyncClient() as client:
        ready = await client.get(f"{url}/readyz")

    assert url.startswith("http://[::1]:")
    assert ready.status_code == 200
