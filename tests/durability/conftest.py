from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.durability.processes import Processes, processes
from tests.support.running import EU, US


@pytest.fixture
async def hub_processes(
    commands: tuple[str, ...], database_url: str | None, data_dir: Path, sandbox: Sandbox
) -> AsyncGenerator[Processes]:
    """Return the hub's processes, one for each of a test file's `commands`, not started yet."""
    settings = {
        "DATA_DIR": str(data_dir),
        "PROVIDER_REWRITE": f"{US}={sandbox.us.url},{EU}={sandbox.eu.url}",
        **({} if database_url is None else {"DATABASE_URL": database_url}),
    }
    async with processes(*commands, **settings) as found:
        yield found
