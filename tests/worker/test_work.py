"""Background work goes on, whatever happens to it."""

import asyncio
import io

import pytest

from jackfield.worker.background import run_forever
from tests.support.running import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def test_work_that_fails_is_begun_anew_and_the_failure_is_logged(
    log_lines: io.StringIO,
) -> None:
    begun = 0
    went_on = asyncio.Event()

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            msg = "the database went away"
            raise ConnectionError(msg)
        went_on.set()
        await asyncio.Event().wait()

    working = asyncio.create_task(run_forever(work, pause=0))
    async with asyncio.timeout(PATIENCE):
        await went_on.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)

    assert begun == 2
    assert "the database went away" in log_lines.getvalue()
