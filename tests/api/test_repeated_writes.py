"""A write whose outcome did not reach its client is not done again when the client repeats it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.http.connection import BoundedProtocol
from jackfield.sandbox.iterable.server import Sandbox
from tests.api.test_writes import ACME, Provider, actions, code, hang_up
from tests.support.running import PATIENCE, Running, serving_hub, write_connectors
from tests.support.scripted import Answer, Seen, reply, scripted

pytestmark = pytest.mark.anyio

MAKE = {"action": "acme_make"}


@asynccontextmanager
async def listening(
    then: Answer, tmp_path: Path, data_dir: Path, sandbox: Sandbox
) -> AsyncGenerator[tuple[Running, str, Provider]]:
    provider = Provider(then)
    async with scripted(provider.answer) as provider.server:
        text = ACME.format(url=provider.server.url) + actions()
        connectors = write_connectors(tmp_path / "connectors", {"acme": text})
        async with serving_hub(
            sandbox, data_dir=data_dir, connectors=connectors, allow_private_networks=True
        ) as hub:
            account = await hub.link_to("acme", {"token": "t" * 20})
            yield hub, account, provider


class Slow:
    """Answers once it is let, and says when it was asked."""

    def __init__(self, body: str = '{"id": 7}') -> None:
        self.body = body
        self.asked, self.let = asyncio.Event(), asyncio.Event()

    async def __call__(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        self.asked.set()
        await self.let.wait()
        await reply(self.body)(writer, seen)


def asking(hub: Running, account: str, path: str, body: Any) -> Any:
    return hub.api.post(path, headers={"x-account-id": account}, json=body)


async def hang_up_on(hub: Running, account: str, path: str, body: Any, slow: Slow) -> None:
    order = asyncio.create_task(asking(hub, account, path, body))
    await slow.asked.wait()
    order.cancel()
    await asyncio.wait({order})


async def settled(hub: Running, account: str, path: str, body: Any) -> httpx2.Response:
    async with asyncio.timeout(PATIENCE):
        while (response := await asking(hub, account, path, body)).status_code == 409:
            pass
    return response


@pytest.mark.parametrize(
    ("path", "body"),
    [("/actions/rpc", MAKE), ("/unified/proxy", {"method": "put", "path": "/w"})],
)
async def test_a_write_whose_client_hung_up_is_not_done_again_and_gives_its_first_outcome(
    path: str, body: Any, tmp_path: Path, data_dir: Path, sandbox: Sandbox
) -> None:
    slow = Slow()
    async with listening(slow, tmp_path, data_dir, sandbox) as (hub, account, provider):
        await hang_up_on(hub, account, path, body, slow)
        meanwhile = await asking(hub, account, path, body)
        slow.let.set()
        after = await settled(hub, account, path, body)
        asked = len(provider.asked)
        later = await asking(hub, account, path, body)

    assert code(meanwhile) == (409, "write_in_progress")
    assert after.status_code == 200, after.text
    assert after.json()["data"] == {"id": 7}
    assert asked == 1
    assert later.status_code == 200
    assert len(provider.asked) == 2


async def test_a_write_of_unknown_outcome_is_not_done_again_by_whoever_repeats_it(
    tmp_path: Path, data_dir: Path, sandbox: Sandbox
) -> None:
    async with listening(hang_up, tmp_path, data_dir, sandbox) as (hub, account, provider):
        answers = [await asking(hub, account, "/actions/rpc", MAKE) for _ in range(3)]
        other = await asking(hub, account, "/actions/rpc", {"action": "acme_put"})
        keyed = await hub.api.post(
            "/actions/rpc",
            headers={"x-account-id": account, "idempotency-key": "mine"},
            json=MAKE,
        )

    assert {code(each) for each in (*answers, other, keyed)} == {(502, "outcome_unknown")}
    assert len(provider.asked) == 3


async def test_equal_writes_that_are_answered_or_waited_for_are_all_done(
    tmp_path: Path, data_dir: Path, sandbox: Sandbox
) -> None:
    answer = reply('{"id": 7}')
    async with listening(answer, tmp_path, data_dir, sandbox) as (hub, account, provider):
        await asyncio.gather(*[asking(hub, account, "/actions/rpc", MAKE) for _ in range(4)])
        await asking(hub, account, "/actions/rpc", MAKE)

    assert len(provider.asked) == 5


@pytest.mark.parametrize(
    ("path", "body"),
    [("/actions/rpc", MAKE), ("/unified/proxy", {"method": "put", "path": "/w"})],
)
async def test_a_write_with_a_large_answer_is_not_done_again_and_said_to_be_answered(
    path: str, body: Any, tmp_path: Path, data_dir: Path, sandbox: Sandbox
) -> None:
    slow = Slow(f'{{"id": "{"x" * 300_000}"}}')
    async with listening(slow, tmp_path, data_dir, sandbox) as (hub, account, provider):
        await hang_up_on(hub, account, path, body, slow)
        slow.let.set()
        async with asyncio.timeout(PATIENCE):
            while code(after := await asking(hub, account, path, body))[1] == "write_in_progress":
                pass
        asked = len(provider.asked)
        later = await asking(hub, account, path, body)

    assert code(after) == (409, "answer_not_kept")
    assert asked == 1
    assert later.status_code == 200


async def test_a_write_whose_answer_waits_for_a_client_that_takes_nothing_is_not_done_again(
    tmp_path: Path, data_dir: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections: list[BoundedProtocol] = []
    connection_made = BoundedProtocol.connection_made

    def noted(self: BoundedProtocol, transport: asyncio.Transport) -> None:
        connections.append(self)
        connection_made(self, transport)

    monkeypatch.setattr(BoundedProtocol, "connection_made", noted)
    slow = Slow()
    async with listening(slow, tmp_path, data_dir, sandbox) as (hub, account, provider):
        for each in connections:
            # As where earlier answers fill the connection.
            each.pause_writing()
        order = asyncio.create_task(asking(hub, account, "/actions/rpc", MAKE))
        await slow.asked.wait()
        slow.let.set()
        async with asyncio.timeout(PATIENCE):
            while any(not each.is_done for each in hub.hub.recent_writes.all()):
                await hub.api.get("/healthz")
        await hub.api.get("/healthz")
        order.cancel()
        await asyncio.wait({order})
        after = await settled(hub, account, "/actions/rpc", MAKE)

    assert after.json()["data"] == {"id": 7}
    assert len(provider.asked) == 1
