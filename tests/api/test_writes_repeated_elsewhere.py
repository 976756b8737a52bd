"""A write whose outcome did not reach its client is not done again by another process either."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.actions.models import OutcomeUnknown
from jackfield.actions.undelivered_writes import service as undelivered
from jackfield.actions.undelivered_writes.repo import find_noted
from jackfield.sandbox.iterable.server import Sandbox
from tests.api.test_repeated_writes import MAKE, Slow, asking, hang_up_on, settled
from tests.api.test_writes import ACME, Provider, actions, code, hang_up
from tests.support.running import PATIENCE, Running, serving_hub, write_connectors
from tests.support.scripted import Answer, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.database, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class Both:
    """Two processes of one hub, an account, and its provider."""

    first: Running
    second: Running
    account: str
    provider: Provider

    async def ask_second(self) -> httpx2.Response:
        return await self.second.api.post(
            "/actions/rpc",
            headers={"x-account-id": self.account},
            json=MAKE,
            auth=(self.first.api_key, ""),
        )

    async def break_off(self, slow: Slow) -> bytes:
        """Hang up on a write at the first process; return its key once the second knows of it."""
        await hang_up_on(self.first, self.account, "/actions/rpc", MAKE, slow)
        (write,) = self.first.hub.recent_writes.all()
        await self.until_noted(write.key, "running")
        return write.key

    async def until_noted(self, key: bytes, state: str | None) -> None:
        """Wait until the second process knows of a write that it is in a state."""
        hub = self.second.hub
        marks = undelivered.marks(hub, key)
        async with asyncio.timeout(PATIENCE):
            while True:
                noted = await find_noted(
                    hub.db, self.first.project.id, marks, process=hub.recent_writes.process
                )
                if state == (noted and noted.state):
                    return
                await asyncio.sleep(0)


Start = Callable[[Answer], Any]


@pytest.fixture
async def start(
    tmp_path: Path, data_dir: Path, sandbox: Sandbox, hub_database_url: str | None
) -> AsyncGenerator[Start]:
    """Start two processes whose provider does what a test says."""
    async with AsyncExitStack() as stack:

        async def started(then: Answer) -> Both:
            provider = Provider(then)
            provider.server = await stack.enter_async_context(scripted(provider.answer))
            text = ACME.format(url=provider.server.url) + actions()
            connectors = write_connectors(tmp_path / "connectors", {"acme": text})
            hubs = [
                await stack.enter_async_context(
                    serving_hub(
                        sandbox,
                        data_dir=data_dir,
                        connectors=connectors,
                        allow_private_networks=True,
                        database_url=hub_database_url,
                    )
                )
                for _ in range(2)
            ]
            account = await hubs[0].link_to("acme", {"token": "t" * 20})
            first, second = hubs
            return Both(first, second, account, provider)

        yield started


async def test_a_write_whose_client_hung_up_is_not_done_again_by_another_process(
    start: Start,
) -> None:
    slow = Slow()
    both: Both = await start(slow)
    key = await both.break_off(slow)
    meanwhile = await both.ask_second()
    slow.let.set()
    await both.until_noted(key, "done")
    after = await both.ask_second()
    asked = len(both.provider.asked)
    # The process that did it still has the answer; once it has arrived, such a write is a new one.
    arrived = await settled(both.first, both.account, "/actions/rpc", MAKE)
    await both.until_noted(key, None)
    later = await both.ask_second()

    assert code(meanwhile) == (409, "write_in_progress")
    assert code(after) == (409, "answer_not_kept")
    assert asked == 1
    assert arrived.json()["data"] == {"id": 7}
    assert later.status_code == 200
    assert len(both.provider.asked) == 2


async def test_a_write_of_unknown_outcome_is_not_done_again_at_once_by_another_process(
    start: Start,
) -> None:
    both: Both = await start(hang_up)

    first = await asking(both.first, both.account, "/actions/rpc", MAKE)
    second = await both.ask_second()

    assert code(first) == code(second) == (502, "outcome_unknown")
    assert len(both.provider.asked) == 1


async def test_what_became_of_a_write_is_unknown_if_its_process_is_heard_of_no_more(
    start: Start,
) -> None:
    slow = Slow()
    both: Both = await start(slow)
    key = await both.break_off(slow)
    later = both.second.hub.clock() + timedelta(minutes=3)
    hub = replace(both.second.hub, clock=lambda: later)

    with pytest.raises(OutcomeUnknown):
        await undelivered.require_new(hub, both.first.project.id, key)
    slow.let.set()
