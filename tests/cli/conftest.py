"""The commands as a shell runs them, against a hub that listens on loopback."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jackfield.db.sqlite import SqliteDatabase
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.clock import FrozenClock
from tests.support.earlier import lay_out
from tests.support.filled import fill
from tests.support.forked import forker, of_a_shell
from tests.support.running import serving_hub


@dataclass(frozen=True, slots=True)
class Said:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.out)


Command = Callable[..., Awaitable[Said]]


@pytest.fixture
def jackfield(data_dir: Path) -> Command:
    """
    Run a command of an installation that has nothing but a data directory.

    `most_blocks` of 512 bytes are what a file of it may grow to. It is forked, unless Python itself
    must start otherwise.
    """

    async def run(
        *words: str,
        stdin: str | bytes = "",
        environment: Mapping[str, str] | None = None,
        most_blocks: int | None = None,
        **settings: str,
    ) -> Said:
        variables = {**of_a_shell(), "JACKFIELD_DATA_DIR": str(data_dir)}
        variables |= environment or {}
        variables |= {f"JACKFIELD_{name}": value for name, value in settings.items()}
        given = stdin.encode() if isinstance(stdin, str) else stdin
        if forker().suits(variables) and most_blocks is None:
            status, out, err = await forker().run(words, variables, given)
            return Said(status, out.decode(), err.decode())
        limited = ["sh", "-c", f'ulimit -f {most_blocks}; exec "$@"', "sh"] if most_blocks else []
        process = await asyncio.create_subprocess_exec(
            *limited,
            sys.executable,
            "-m",
            "jackfield",
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=variables,
        )
        out, err = await process.communicate(given)
        assert process.returncode is not None
        return Said(process.returncode, out.decode(), err.decode())

    return run


@pytest.fixture
async def served(data_dir: Path, sandbox: Sandbox) -> AsyncGenerator[dict[str, str]]:
    """Serve a hub, and yield the settings with which commands reach it."""
    async with serving_hub(sandbox, data_dir=data_dir) as hub:
        yield {"URL": hub.hub.public_url, "API_KEY": hub.api_key}


@pytest.fixture
async def installation(data_dir: Path, clock: FrozenClock) -> dict[str, Any]:
    """Lay out an installation on SQLite with rows in every table; return what is known of it."""
    facts = await lay_out(data_dir, None)
    db = SqliteDatabase(data_dir / "jackfield.db", clock=clock)
    await db.migrate()
    await db.close()
    with sqlite3.connect(data_dir / "jackfield.db") as connection:
        fill(connection)
    connection.close()
    clock.advance(hours=1)
    return facts
