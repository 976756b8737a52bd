"""What is left when a migration is killed: all of it or nothing, and the next one finishes."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest

from jackfield.installation import open_database
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.settings import Settings
from tests.support.clock import FrozenClock
from tests.support.earlier import Earlier, lay_out, opened
from tests.support.forked import Forked, start

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

_KILLED_IN_A_ROW = 2


@dataclass(slots=True)
class Installation:
    """What an earlier version left, in its data directory and database."""

    data_dir: Path
    url: str | None
    # Seconds from its begin after which a migration is about done.
    usual: float = 0.0
    found: Counter[str] = field(default_factory=Counter[str])

    async def migrate(self) -> Forked:
        named = {} if self.url is None else {"DATABASE_URL": self.url}
        return await start("migrate", DATA_DIR=str(self.data_dir), **named)

    async def time(self) -> float:
        """Return how long a migration takes from its begin to the end of its process."""
        process = await self.migrate()
        await self._begin_of(process)
        started = time.perf_counter()
        await process.communicate()
        assert process.returncode == 0
        return time.perf_counter() - started

    async def kill(self, chosen: random.Random) -> list[str]:
        """Kill a migration while it works, or a little later; return what it left to do."""
        for copy in self.data_dir.glob("jackfield.db.before-*"):
            copy.unlink()
        process = await self.migrate()
        await self._begin_of(process)
        seconds = chosen.uniform(0, self.usual)
        try:
            await asyncio.wait_for(process.communicate(), seconds)
        except TimeoutError:
            process.kill()
            await process.communicate()
            self.found["killed"] += 1
        left = await self.pending()
        self.found["nothing done" if left else "all done"] += 1
        # A process that is done has much else to do before it ends.
        self.usual = max(self.usual, seconds * 1.5) if left else seconds
        return left

    async def _begin_of(self, process: Forked) -> None:
        if self.url is None:
            while process.returncode is None and not await asyncio.to_thread(self._is_copied):
                pass
            return
        connection = await asyncpg.connect(self.url)
        locks = "select count(*) from pg_locks where locktype = 'advisory'"
        while process.returncode is None and not await connection.fetchval(locks):
            pass
        await connection.close()

    def _is_copied(self) -> bool:
        return any(self.data_dir.glob("jackfield.db.before-*"))

    async def pending(self) -> list[str]:
        async with open_database(Settings(data_dir=self.data_dir, database_url=self.url)) as db:
            return await db.pending()

    async def clear(self) -> None:
        for file in self.data_dir.glob("jackfield.db*"):
            file.unlink()
        if self.url is not None:
            connection = await asyncpg.connect(self.url)
            await connection.execute("drop schema public cascade; create schema public")
            await connection.close()


async def test_a_migration_that_is_killed_leaves_all_or_nothing_and_the_next_one_finishes(
    bare_database_url: str | None,
    data_dir: Path,
    sandbox: Sandbox,
    clock: FrozenClock,
    request: pytest.FixtureRequest,
) -> None:
    seed = request.config.option.randomly_seed
    chosen, there = random.Random(seed), Installation(data_dir, bare_database_url)  # noqa: S311
    await lay_out(data_dir, there.url)
    everything = await there.pending()
    there.usual = await there.time()
    clock.advance(hours=1)

    # One in three: each round starts four processes.
    for _ in range(-(-request.config.option.kills // 3)):
        await there.clear()
        facts = await lay_out(data_dir, there.url)
        for _ in range(_KILLED_IN_A_ROW):
            assert await there.kill(chosen) in ([], everything)
        assert await (await there.migrate()).wait() == 0
        assert await there.pending() == []
        async with opened(facts, data_dir, there.url, clock, sandbox) as earlier:
            await check_that_everything_opens(earlier)
    assert len(everything) > 1
    print(f"\nseed {seed}:", dict(there.found))  # noqa: T201 - what a person who runs it reads


async def check_that_everything_opens(earlier: Earlier) -> None:
    async with earlier.api as api:
        pending = earlier.facts["pending"]["id"]
        confirmed = await api.post(f"/jackfield/pending_links/{pending}/confirm")
    runs = [
        await earlier.run(account_id, action)
        for account_id, action in (
            (earlier.facts["iterable"]["account_id"], "iterable_list_channels"),
            (earlier.facts["acme"]["account_id"], "acme_list_things"),
            (confirmed.json()["account_id"], "iterable_list_channels"),
        )
    ]

    assert [each.status_code for each in (confirmed, *runs)] == [200, 200, 200, 200]
