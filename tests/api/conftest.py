import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import FrozenClock
from tests.support.oakdale import Provider, oakdale
from tests.support.running import HubWith, Running, running_hub
from tests.support.scripted import Seen, reply, scripted

KEY = "0123456789abcdef0123456789abcdef"


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
