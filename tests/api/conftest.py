import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import argon2
import pytest

from tests.support.clock import FrozenClock
from tests.support.oakdale import Provider, oakdale
from tests.support.running import HubWith, Running, running_hub
from tests.support.scripted import Seen, reply, scripted

KEY = "0123456789abcdef0123456789abcdef"

# What a hash of a password costs is tested where hashes are; here hundreds are made.
_CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    nobodys = f"$argon2id$v=19$m=8,t=1,p=1${'A' * 22}${'A' * 43}"
    monkeypatch.setattr("jackfield.members.passwords.hashes._HASHER", _CHEAP)
    monkeypatch.setattr("jackfield.members.passwords.hashes._NOBODYS", nobodys)


@pytest.fixture
async def oak(hub_with: HubWith) -> AsyncGenerator[tuple[Running, Provider]]:
    async with oakdale(hub_with) as running:
        yield running


@pytest.fixture
async def echoing(
    data_dir: Path, clock: FrozenClock, sandbox: Any
) -> AsyncGenerator[tuple[Running, list[Seen], str]]:
    """Run a hub whose provider says back what it was asked, with one account."""
    turns = [reply('{"channels": []}')]

    async def echo(writer: asyncio.StreamWriter, seen: Seen) -> None:
        if turns:
            await turns.pop()(writer, seen)
            return
        said = {"line": seen.line, "headers": seen.headers, "body": seen.body.decode("latin-1")}
        await reply(json.dumps(said), headers={"set-cookie": "a=b", "x-echo": KEY})(writer, seen)

    async with (
        scripted(echo) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        account_id = await hub.link(key=KEY)
        provider.seen.clear()
        yield hub, provider.seen, account_id
