"""A hub in processes of its own, which are killed at any instant and started again."""

import asyncio
import random
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from tests.support.forked import Forked, start
from tests.support.running import PATIENCE

# Between a start and a kill; and how long a request may take that is then under way.
_REQUESTS: Final = (10, 150)
_POINT_SECONDS: Final = 0.05


@dataclass(slots=True)
class Processes:
    """The hub's processes; `url` is where it listened last, `errors` what they logged as errors."""

    settings: Mapping[str, str]
    commands: tuple[str, ...]
    url: str = ""
    errors: list[str] = field(default_factory=list[str])
    up: asyncio.Event = field(default_factory=asyncio.Event)
    _requests: int = 0
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[str, tuple[Forked, asyncio.Task[None]]] = field(
        default_factory=dict[str, tuple[Forked, asyncio.Task[None]]]
    )

    async def start(self) -> None:
        """Start those that do not run, and wait until they work."""
        async with asyncio.timeout(PATIENCE):
            for command in self.commands:
                if command not in self._running:
                    await self._start(command)
        self.up.set()

    def count_request(self) -> None:
        """Count a request that a client sends."""
        self._requests += 1
        self._asked.set()

    async def work(self, chosen: random.Random) -> None:
        """Let them work for some requests, and to any point of the next."""
        until = self._requests + chosen.randint(*_REQUESTS)
        async with asyncio.timeout(PATIENCE):
            while self._requests < until:
                self._asked.clear()
                await self._asked.wait()
        await asyncio.sleep(chosen.uniform(0, _POINT_SECONDS))

    async def kill_some(self, chosen: random.Random) -> None:
        """Kill one of them, or all."""
        await self.kill(*chosen.choice([*([name] for name in self.commands), self.commands]))

    async def kill(self, *names: str) -> None:
        """Kill some of them; all if none is named."""
        for name in names or tuple(self._running):
            process, log = self._running.pop(name)
            if name.startswith("serve"):
                self.up.clear()
            process.kill()
            await log
            await process.communicate()

    def pid(self, name: str) -> int:
        return self._running[name][0].pid

    async def stop(self, name: str) -> None:
        """Ask one of them to stop, and wait until it has."""
        process, log = self._running.pop(name)
        process.terminate()
        async with asyncio.timeout(PATIENCE):
            await log
            await process.communicate()

    async def end(self, name: str) -> int:
        """Wait until one of them has ended by itself, and return its exit status."""
        process, log = self._running.pop(name)
        async with asyncio.timeout(PATIENCE):
            await log
            await process.communicate()
        if name.startswith("serve"):
            self.up.clear()
        return await process.wait()

    async def _start(self, command: str) -> None:
        settings = {**self.settings, "LOG_LEVEL": "error"}
        process = await start(*command.split(), **settings)
        said = (await process.stderr.readline()).decode()
        found = re.search(r"listens on (\S+)|working", said)
        assert found is not None, f"{command} did not start by itself: {said}"
        self.url = found[1] or self.url
        log = asyncio.create_task(self._read(process.stderr))
        self._running[command] = process, log

    async def _read(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self.errors.append(line.decode())


@asynccontextmanager
async def processes(*commands: str, **settings: str) -> AsyncGenerator[Processes]:
    """Yield processes that are not started yet; the last of them end with the block."""
    running = Processes({"ALLOW_PRIVATE_NETWORKS": "1", **settings}, commands)
    try:
        yield running
    finally:
        await running.kill()


async def say(settings: Mapping[str, str], *words: str) -> Any:
    """Run a command to its end, and return the JSON it says."""
    process = await start(*words, "--json", **settings)
    out, _ = await process.communicate()
    assert process.returncode == 0, out
    return msgspec.json.decode(out)
