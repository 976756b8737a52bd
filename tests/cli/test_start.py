"""A command that asks the database alone starts without the parts of a hub that serves."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.support.awaited import said

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

LOADED = """
import json, sys
from jackfield.cli import main
try:
    main(sys.argv[1:])
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize("command", ["keys list", "keys revoke key_x", "migrate", "vault forget"])
async def test_a_command_of_the_database_loads_neither_connectors_nor_the_network(
    jackfield: Command, data_dir: Path, command: str
) -> None:
    await jackfield("keys", "create", "--name", "x")

    ran = subprocess.run(  # noqa: ASYNC221 - nothing else is done meanwhile
        [sys.executable, "-c", LOADED, *command.split()],
        env={**os.environ, "JACKFIELD_DATA_DIR": str(data_dir)},  # noqa: TID251 - as of a shell
        capture_output=True,
        text=True,
        check=False,
    )

    loaded = json.loads(ran.stderr.splitlines()[-1])
    assert "jackfield.db.sqlite" in loaded
    assert {"aiohttp", "jackfield.connectors.catalog", "jackfield.runtime"}.isdisjoint(loaded)


@pytest.mark.parametrize(
    ("words", "ready"),
    [(("serve", "--port", "0"), "listens on"), (("worker",), "working in the background")],
    ids=["serve", "worker"],
)
async def test_a_first_start_holds_no_more_than_one_that_has_its_connectors_from_the_cache(
    jackfield: Command, data_dir: Path, words: tuple[str, ...], ready: str
) -> None:
    await jackfield("keys", "create", "--name", "x")
    # A link to one that the tests share.
    (data_dir / "cache").unlink()

    first = await _megabytes_at_most(data_dir, words, ready)
    entries = sorted((data_dir / "cache").iterdir())
    later = await _megabytes_at_most(data_dir, words, ready)

    assert first < later + 5
    assert entries == sorted((data_dir / "cache").iterdir()) != []


async def _megabytes_at_most(data_dir: Path, words: tuple[str, ...], ready: str) -> float:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jackfield", *words),
        env={"PATH": os.defpath, "JACKFIELD_DATA_DIR": str(data_dir), "PYTHONWARNINGS": "error"},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await said(process, ready)
        return _most_held(process.pid)
    finally:
        process.kill()
        await process.communicate()


def _most_held(pid: int) -> float:
    held = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
    assert held is not None
    return int(held[1]) / 1024
