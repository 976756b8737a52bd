"""The recovery key of a new hub: shown to who sits at the terminal, and to nobody else."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def at_a_terminal(data_dir: Path, *words: str) -> tuple[str, str]:
    """Run a command until it says nothing more; return its output, and what the terminal showed."""
    terminal, theirs = os.openpty()
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jackfield", *words),
        env={"JACKFIELD_DATA_DIR": str(data_dir), "PATH": os.defpath},
        stdout=asyncio.subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = await asyncio.to_thread(os.read, terminal, 65536)
        except OSError:
            # Nobody has the other end any more.
            break
        shown += part
        if b"listens on" in part:
            running.terminate()
    os.close(terminal)
    out, _ = await running.communicate()
    assert running.returncode == 0, shown
    return out.decode(), shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    "words", [("keys", "create", "--name", "x", "--json"), ("serve", "--port", "0")]
)
async def test_the_first_start_at_a_terminal_shows_the_recovery_key_once(
    words: tuple[str, ...], data_dir: Path, jackfield: Command
) -> None:
    out, first = await at_a_terminal(data_dir, *words)
    _, second = await at_a_terminal(data_dir, *words)
    keyring = data_dir / "keyring.json"
    kept = keyring.read_bytes()
    keyring.unlink()

    (key,) = re.findall(r"^recovery key: (AGE-SECRET-KEY-\S+)$", first, re.MULTILINE)
    recovered = await jackfield("vault", "recover", stdin=key)

    assert recovered.status == 0, recovered.err
    assert keyring.read_bytes() == kept
    assert "recovery" not in second
    assert key not in out
    assert key.encode() not in kept


async def test_a_first_start_that_is_logged_makes_no_recovery_key(jackfield: Command) -> None:
    created = await jackfield("keys", "create", "--name", "x")
    made = await jackfield("vault", "recovery", "--json")

    assert created.status == 0
    assert "AGE-SECRET-KEY" not in created.out + created.err
    assert made.status == 0, made.err
    assert made.json["recovery_key"].startswith("AGE-SECRET-KEY-")
