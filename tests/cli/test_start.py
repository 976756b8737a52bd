"""A command that asks the database alone starts without the parts of a hub that serves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command

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
