"""Machines whose clocks differ go by the one of their database server."""

import io
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest

from jackfield.db.lease import Leases
from jackfield.db.postgres import PostgresDatabase
from jackfield.db.server_clock import ServerClock
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.ids import ProjectId
from jackfield.projects.repo import Projects
from tests.support.actor import TESTER
from tests.support.clock import NOW, FrozenClock

pytestmark = [pytest.mark.anyio, pytest.mark.database]

OURS = ProjectId.new(NOW)
LEASES = Leases("idempotency_keys", "lease_until", key=("id",))


@dataclass(frozen=True, slots=True)
class Machine:
    clock: ServerClock
    db: PostgresDatabase

    async def claim(self) -> list[str]:
        found = await LEASES.claim(
            self.db,
            """
            due as materialized (
                select i.id from idempotency_keys as i
                 where (i.lease_until is null or i.lease_until <= :now)
                   for update of i skip locked
            )
            """,
            until=self.clock() + timedelta(minutes=1),
            returning="id",
        )
        return [row["id"] for row in found]


class Machines:
    """Machines on one database, each with a clock of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._open = AsyncExitStack()

    async def start(self, own: Clock) -> Machine:
        clock = ServerClock(own)
        db = await PostgresDatabase.open(self._url, clock=clock)
        self._open.push_async_callback(db.close)
        return Machine(clock, db)

    async def stop(self) -> None:
        await self._open.aclose()


@pytest.fixture
async def machines(database_url: str) -> AsyncGenerator[Machines]:
    opened = Machines(database_url)
    yield opened
    await opened.stop()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_what_one_machine_has_is_not_free_for_one_whose_clock_is_minutes_ahead(
    machines: Machines,
) -> None:
    ours = await machines.start(FrozenClock(NOW))
    theirs = await machines.start(FrozenClock(NOW + timedelta(minutes=10)))
    for each in (ours, theirs):
        await each.clock.follow(each.db)
    async with ours.db.write(OURS, TESTER) as tx:
        await Projects(tx).add("ours")
        await tx.run(
            """
            insert into idempotency_keys (project_id, digest, id, state, lease_until, expires_at)
            values (:project_id, :digest, 'a', 'working', :now, :now)
            """,
            digest=b"1",
        )

    assert [await ours.claim(), await theirs.claim()] == [["a"], []]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_clock_that_differs_is_told_once_and_one_that_is_right_is_left_alone(
    machines: Machines, log_lines: io.StringIO
) -> None:
    wrong = await machines.start(lambda: system_clock() - timedelta(minutes=1))
    right = await machines.start(system_clock)
    for each in (wrong, wrong, right):
        await each.clock.follow(each.db)

    assert right.clock.ahead == timedelta(0)
    assert abs(wrong.clock() - system_clock()) < timedelta(seconds=5)
    assert log_lines.getvalue().count("clock_differs") == 1


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_clock_that_is_set_while_the_server_answers_is_compared_the_next_time(
    machines: Machines,
) -> None:
    times = iter([NOW, NOW, NOW + timedelta(hours=1)])
    machine = await machines.start(lambda: next(times))

    await machine.clock.follow(machine.db)

    assert machine.clock.ahead == timedelta(0)
