"""Several workers on one database: together they renew more than one alone, and no token twice."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jackfield.accounts.repo import Accounts
from jackfield.accounts.tokens.repo import claim_tokens
from jackfield.accounts.tokens.store import put_tokens
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, REFRESH_TOKEN, Tokens
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.worker.token_renewal import renew_due
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import PATIENCE, HubWith, Running, running_hub, write_connectors
from tests.support.scripted import Seen, reply, scripted
from tests.support.token_provider import LIFE, account_of, document, profile_of

pytestmark = [pytest.mark.anyio, pytest.mark.database]

ACCOUNTS = 60
# How many one worker asks one host for at once.
ONE = 8
GIVEN = reply('{"access_token": "another-token", "refresh_token": "next", "expires_in": 3600}')


class SlowProvider:
    """A token endpoint that answers nothing until it is told to."""

    def __init__(self) -> None:
        self.asked = Counter[str]()
        self.may_answer = asyncio.Event()
        self._more = asyncio.Condition()

    async def __call__(self, writer: asyncio.StreamWriter, seen: Seen) -> None:
        found = re.search(rb"refresh_token=(first-\d+)", seen.body)
        assert found is not None, seen
        async with self._more:
            self.asked[found[1].decode()] += 1
            self._more.notify_all()
        await self.may_answer.wait()
        await GIVEN(writer, seen)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE), self._more:
            await self._more.wait_for(lambda: self.asked.total() >= count)


TwoHubs = Callable[[Mapping[str, str]], AbstractAsyncContextManager[tuple[Running, Running]]]


@pytest.fixture
def two_hubs(
    hub_database_url: str | None,
    tmp_path: Path,
    data_dir: Path,
    clock: FrozenClock,
    sandbox: Sandbox,
) -> TwoHubs:
    """Return how to open two hubs of the same installation."""

    @asynccontextmanager
    async def opened(documents: Mapping[str, str]) -> AsyncGenerator[tuple[Running, Running]]:
        given: Any = {
            "data_dir": data_dir,
            "clock": clock,
            "connectors": write_connectors(tmp_path / "connectors", documents),
            "allow_private_networks": True,
            "database_url": hub_database_url,
        }
        async with running_hub(sandbox, **given) as one, running_hub(sandbox, **given) as other:
            yield one, other

    return opened


async def fill(running: Running, clock: FrozenClock) -> None:
    """Link accounts whose tokens have just expired."""
    hub, project = running.hub, running.project.id
    profile = await profile_of(hub, project)
    async with hub.db.write(project, TESTER) as tx:
        for number in range(ACCOUNTS):
            account = account_of(tx.now, profile)
            await Accounts(tx).add(account)
            values = {ACCESS_TOKEN: "a-token", REFRESH_TOKEN: f"first-{number}"}
            tokens = Tokens(values, tx.now + timedelta(seconds=LIFE))
            await put_tokens(tx, hub.vault, account, tokens)
    clock.advance(seconds=LIFE + 1)


@pytest.mark.slow
async def test_two_workers_ask_a_slow_provider_for_twice_as_many_tokens_as_one_and_none_twice(
    two_hubs: TwoHubs, clock: FrozenClock
) -> None:
    provider = SlowProvider()
    async with scripted(provider) as server:
        documents = {"oat": document(server.url)}
        async with two_hubs(documents) as (one, other):
            await fill(one, clock)
            first = asyncio.create_task(renew_due(one.hub))
            await provider.until(ONE)
            alone = provider.asked.total()
            second = asyncio.create_task(renew_due(other.hub))
            await provider.until(2 * ONE)
            together = provider.asked.total()
            provider.may_answer.set()
            await asyncio.gather(first, second)
            await renew_due(one.hub)

    assert (alone, together) == (ONE, 2 * ONE)
    assert provider.asked == {f"first-{number}": 1 for number in range(ACCOUNTS)}


async def test_what_one_worker_has_claimed_is_left_to_it_until_its_claim_ends(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    async with hub_with({"oat": document("http://127.0.0.1:9")}) as running:
        await fill(running, clock)
        db = running.hub.db

        async def claimed() -> set[str]:
            until = clock() + timedelta(seconds=45)
            return {each.account_id for each in await claim_tokens(db, until=until, most=20)}

        claims = [await claimed() for _ in range(4)]
        clock.advance(seconds=46)
        again = await claimed()

    assert [len(each) for each in claims] == [20, 20, 20, 0]
    assert len(set().union(*claims)) == ACCOUNTS
    assert len(again) == 20
