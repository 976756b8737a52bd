"""A provider may nest its answer as deep as it likes: the hub stays whole, and so does its log."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.support.clock import FrozenClock
from tests.support.running import running_hub
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

LINKED = '{"channels": [], "lists": []}'


@dataclass
class Deep:
    """A provider that answers deeply as soon as it is told to."""

    levels: int
    status: int
    is_linked: bool = False

    async def answer(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        deep = "[" * self.levels + "]" * self.levels
        content = f'{{"channels": [{{"id": {deep}}}], "nothing": "\\u0000", "msg": {deep}}}'
        told = reply(content, status=self.status) if self.is_linked else reply(LINKED)
        await told(writer, seen)


@pytest.mark.parametrize("advanced", [False, True])
@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("levels", [100, 600, 900, 5000])
async def test_a_deep_answer_is_passed_on_or_refused(
    data_dir: Path,
    clock: FrozenClock,
    sandbox: Sandbox,
    levels: int,
    status: int,
    advanced: bool,
) -> None:
    provider = Deep(levels, status)
    call = {"name": "iterable_list_channels", "arguments": {}}
    message: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    async with (
        scripted(provider.answer) as served,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=served.url) as hub,
    ):
        account = await hub.link(key="k" * 32)
        provider.is_linked = True
        await hub.api.patch("/jackfield/project", json={"advanced_logs": advanced})
        named = {"x-account-id": account}

        ran = await hub.run(account, "iterable_list_channels")
        proxied = await hub.api.post("/unified/proxy", headers=named, json={"path": "/api/x"})
        tool = await hub.api.post("/mcp", headers=named, json=message)
        await hub.hub.write_buffer.flush()
        logged = (await hub.api.post("/logs/actions", json={})).json()["data"]

    if (levels, status) == (5000, 200):
        for told in (ran.json(), tool.json()["result"]["structuredContent"]):
            assert told["code"] == "provider_answer_too_deep"
    assert ran.status_code == 502 if status == 400 else ran.status_code in (200, 502)
    assert (proxied.status_code, tool.status_code) == (200, 200)
    assert "result" in tool.text[:60]
    assert len(logged) == 3
