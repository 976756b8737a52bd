"""Commands of tests are forked: that says what a command that is started by itself does."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

# What others have written takes most of the time to import.
EACH_FIRST = """
import os, sys
import aiohttp, asyncpg, click, cryptography.hazmat.primitives.ciphers.aead, httpx2, msgspec, structlog
from jackfield.cli import main
for each in main.list_commands(None):
    if os.fork() == 0:
        sys.exit(main.get_command(None, each) is None)
    if os.wait()[1] != 0:
        sys.exit(each)
"""


@pytest.mark.parametrize(
    ("command", "stdin", "status"),
    [
        ("--help", "", 0),
        ("keys list --json", "", 1),
        ("keys lost", "", 2),
        ("connectors check nowhere", "", 2),
        ("backup --verify nothing.backup", "", 1),
        ("mcp", "not JSON\n", 1),
    ],
)
async def test_a_command_that_is_forked_ends_and_says_what_one_of_its_own_does(
    jackfield: Command, command: str, stdin: str, status: int
) -> None:
    forked = await jackfield(*command.split(), stdin=stdin)
    # Python reads it when it starts.
    started = await jackfield(*command.split(), stdin=stdin, environment={"PYTHONHASHSEED": "1"})

    assert forked == started
    assert forked.status == status


async def test_a_command_has_its_own_folder_and_variables(
    jackfield: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    created = await jackfield("keys", "create", "--name", "x", DATA_DIR="beside")

    assert created.status == 0
    assert (tmp_path / "beside" / "jackfield.db").exists()


def test_the_module_of_each_command_can_be_imported_first() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", EACH_FIRST],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
