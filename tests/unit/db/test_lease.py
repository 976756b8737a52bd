from datetime import timedelta

import pytest

from jackfield.db.lease import Leases
from jackfield.db.tx import Database
from jackfield.kit.ids import ProjectId
from jackfield.projects.repo import Projects
from tests.support.actor import TESTER
from tests.support.clock import NOW, FrozenClock

pytestmark = pytest.mark.anyio

OURS = ProjectId.new(NOW)
LEASES = Leases("idempotency_keys", "lease_until", key=("id",))
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def rows(db: Database) -> Database:
    """Return a database with two rows that nobody has."""
    async with db.write(OURS, TESTER) as tx:
        await Projects(tx).add("ours")
        await tx.executemany(
            """
            insert into idempotency_keys (project_id, digest, id, state, lease_until, expires_at)
            values (:project_id, :digest, :id, 'working', :now, :now)
            """,
            [{"digest": b"1", "id": "a"}, {"digest": b"2", "id": "b"}],
        )
    return db


async def test_a_row_is_claimed_by_one_worker_until_its_time_is_over(
    rows: Database, clock: FrozenClock
) -> None:
    taken = [await claim(rows, clock, most=1) for _ in range(3)]
    clock.advance(minutes=1)
    again = await claim(rows, clock, most=2)

    assert taken == [["a"], ["b"], []]
    assert again == ["a", "b"]


async def test_a_lease_that_was_renewed_lasts_longer(rows: Database, clock: FrozenClock) -> None:
    await claim(rows, clock, most=1)
    held = clock() + MINUTE
    async with rows.write(OURS, TESTER) as tx:
        assert await LEASES.renew(tx, held=held, until=held + MINUTE, id="a")

    clock.advance(minutes=1)

    assert await claim(rows, clock, most=2) == ["b"]


async def test_a_row_that_was_released_can_be_claimed_at_once(
    rows: Database, clock: FrozenClock
) -> None:
    await claim(rows, clock, most=2)
    async with rows.write(OURS, TESTER) as tx:
        await LEASES.release(tx, held=clock() + MINUTE, id="a")

    assert await claim(rows, clock, most=2) == ["a"]


async def test_a_worker_that_was_too_slow_changes_nothing_of_anothers_lease(
    rows: Database, clock: FrozenClock
) -> None:
    await claim(rows, clock, most=1)
    lost = clock() + MINUTE
    clock.advance(minutes=2)
    await claim(rows, clock, most=1)

    async with rows.write(OURS, TESTER) as tx:
        renewed = await LEASES.renew(tx, held=lost, until=lost + 9 * MINUTE, id="a")
        await LEASES.release(tx, held=lost, id="a")

    assert not renewed
    assert await claim(rows, clock, most=2) == ["b"]


async def claim(db: Database, clock: FrozenClock, *, most: int) -> list[str]:
    taken = await LEASES.claim(
        db,
        f"""
        due as materialized (
            select used.id
              from idempotency_keys used
             where {LEASES.free("used")}
             order by used.id
             limit :most
               for update of used skip locked)
        """,
        until=clock() + MINUTE,
        returning="id",
        most=most,
    )
    return sorted(row["id"] for row in taken)
