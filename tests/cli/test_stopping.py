"""How `jackfield serve` ends when it is asked to."""

import asyncio
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.test_killed import serving
from tests.support.running import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
async def test_a_server_that_is_asked_to_stop_leaves_one_whole_file(
    data_dir: Path, sandbox: Sandbox, asked: signal.Signals
) -> None:
    async with serving(data_dir, sandbox.us.url) as (_, process):
        process.send_signal(asked)
        status = await asyncio.wait_for(process.wait(), PATIENCE)

    assert status == 0
    left = [name for name in os.listdir(data_dir) if name.startswith("jackfield.db")]  # noqa: PTH208 - a coroutine
    assert left == ["jackfield.db"]
    with sqlite3.connect(data_dir / "jackfield.db") as copy:
        assert copy.execute("select count(*) from projects").fetchone() == (1,)
    copy.close()
