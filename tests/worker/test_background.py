"""Background work goes on, whatever happens to it."""

import asyncio
import io

import pytest

from jackfield.db.tx import DatabaseAway
from jackfield.runtime import Hub
from jackfield.worker.background import BackgroundJob, background
from tests.support.running import Running

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("every", [None, 0.0])
async def test_work_that_fails_is_begun_anew_and_the_failure_is_logged(
    hub: Running, log_lines: io.StringIO, every: float | None
) -> None:
    begun = 0
    went_on = asyncio.Event()

    async def work(_hub: Hub) -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            msg = "the database went away"
            raise ConnectionError(msg)
        went_on.set()
        await asyncio.Event().wait()

    async with background(hub.hub, (BackgroundJob("nightly", work, every),), pause=0):
        async with asyncio.timeout(5):
            await went_on.wait()

    assert begun == 2
    assert "the database went away" in log_lines.getvalue()
    assert "nightly" in log_lines.getvalue()


async def test_a_database_that_is_away_is_a_line_of_the_log_without_a_trace(
    hub: Running, log_lines: io.StringIO
) -> None:
    failed = asyncio.Semaphore(0)

    async def work(_hub: Hub) -> None:
        failed.release()
        raise DatabaseAway

    async with background(hub.hub, (BackgroundJob("nightly", work),), pause=0):
        async with asyncio.timeout(5):
            for _ in range(2):
                await failed.acquire()

    failures = [line for line in log_lines.getvalue().splitlines() if "nightly" in line]
    assert all("database_away" in each for each in failures)
    assert (len(failures) > 0, "Traceback" in log_lines.getvalue()) == (True, False)


async def test_a_job_is_done_again_and_again(hub: Running) -> None:
    done = asyncio.Semaphore(0)

    async def work(_hub: Hub) -> None:
        done.release()

    async with background(hub.hub, (BackgroundJob("often", work, every=0.001),)):
        async with asyncio.timeout(5):
            for _ in range(3):
                await done.acquire()
