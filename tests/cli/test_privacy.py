"""A hub that runs keeps its memory to itself."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.awaited import said, started

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

# What `serve` does first, and PR_GET_DUMPABLE.
PROBE = """
import ctypes
from jackfield.cli.privacy import keep_private
from jackfield.settings import Settings
keep_private(Settings.read())
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


async def test_a_hub_leaves_no_core_dump_and_lets_no_debugger_in(data_dir: Path) -> None:
    async with started(data_dir, "serve", "--port", "0") as process:
        await said(process, "listens on")
        limits = await asyncio.to_thread(Path(f"/proc/{process.pid}/limits").read_text, "utf-8")

    assert re.search(r"^Max core file size\s+0\s+0\s", limits, re.MULTILINE)


@pytest.mark.parametrize(("setting", "dumpable"), [("0", 0), ("1", 1)])
def test_debuggers_are_let_in_where_a_setting_says_so(setting: str, dumpable: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={"PATH": os.defpath, "JACKFIELD_DEBUGGABLE": setting},
        check=True,
        capture_output=True,
        text=True,
    )

    assert int(ran.stdout.splitlines()[-1]) == dumpable
