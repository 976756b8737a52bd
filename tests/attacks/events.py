"""A receiver of the events of the project that is attacked."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.attacks.target import Target, TargetUnfit
from tests.support.running import PATIENCE
from tests.support.scripted import Seen, reply, scripted


@dataclass
class Listener:
    """What a receiver is told of."""

    target: Target
    told: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue[dict[str, Any]])

    async def answer(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        self.told.put_nowait(json.loads(seen.body))
        await reply()(writer, seen)

    async def next(self) -> dict[str, Any]:
        """
        Return the next event.

        Raises:
            TargetUnfit: there is none in time.
        """
        if self.target.tell is not None:
            await self.target.tell()
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.told.get()
        except TimeoutError:
            msg = "the hub delivers no events to a receiver on this machine"
            raise TargetUnfit(msg) from None


@asynccontextmanager
async def listening(target: Target, *events: str) -> AsyncGenerator[Listener]:
    listener = Listener(target)
    async with scripted(listener.answer) as server:
        body = {"url": f"{server.url}/events", "events": list(events)}
        webhook = await target.ask("POST", "/jackfield/webhooks", json=body)
        try:
            yield listener
        finally:
            await target.ask("DELETE", f"/jackfield/webhooks/{webhook['id']}")
