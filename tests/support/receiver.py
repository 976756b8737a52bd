"""Somebody who is told of events, and how tests have a hub tell them."""

import asyncio
import json
from typing import Any

from jackfield.worker.deliveries import Deliverer
from tests.support.running import Running
from tests.support.scripted import Answer, ScriptedServer, Seen, reply

EVERYTHING = ["account.created", "account.updated", "account.deleted"]


class Receiver:
    """Answers each delivery with the next of `answers`; the last goes on."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [reply()]
        self.server: ScriptedServer

    async def __call__(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await answer(writer, seen)

    @property
    def url(self) -> str:
        return f"{self.server.url}/hooks"

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(seen.body) for seen in self.server.seen]


async def subscribe(hub: Running, url: str, events: list[str] | None = None) -> dict[str, Any]:
    response = await hub.api.post(
        "/jackfield/webhooks", json={"url": url, "events": events or EVERYTHING}
    )
    assert response.status_code == 201, response.text
    return response.json()


async def deliver(hub: Running) -> int:
    return await Deliverer(hub.hub).run_due()


async def deliveries(hub: Running, webhook: dict[str, Any], query: str = "") -> list[Any]:
    response = await hub.api.get(f"/jackfield/webhooks/{webhook['id']}/deliveries{query}")
    assert response.status_code == 200, response.text
    return response.json()["data"]
